/**
 * Group commit. With `synchronous=FULL` a transaction costs a sync of the disk, so all changes that were asked for in one
 * turn of the event loop share one. Each caller hears of its own change alone, and only after the commit.
 */
import type { SQLInputValue, StatementSync } from "node:sqlite";
import { StoreError } from "../errors.ts";
import type { Database } from "./database.ts";
import { concernsAll, storeError } from "./errors.ts";

interface Change {
	/** Makes the change. May be called again after a roll back. */
	apply(): void;
	settle(failure: Error | null): void;
}

/** A transaction takes no more changes after so long, ms: the event loop stands still meanwhile, and for the commit. */
const BATCH_MS = 4;

/** Rows as SQLite gives them; the caller knows the columns, since it wrote the statement. */
type Row<T> = T | undefined;

/** The one writer of a database. All statements are prepared once, at the start. */
export class Committer {
	readonly #database: Database;
	readonly #pending: Change[] = [];
	readonly #begin: StatementSync;
	readonly #commit: StatementSync;
	readonly #savepoint: StatementSync;
	readonly #release: StatementSync;
	readonly #undo: StatementSync;
	#scheduled = false;
	#closed = false;

	constructor(database: Database) {
		this.#database = database;
		this.#begin = this.prepare("BEGIN IMMEDIATE");
		this.#commit = this.prepare("COMMIT");
		this.#savepoint = this.prepare("SAVEPOINT change");
		this.#release = this.prepare("RELEASE change");
		this.#undo = this.prepare("ROLLBACK TO change");
	}

	prepare(sql: string): StatementSync {
		return this.#database.connection.prepare(sql);
	}

	/** Reads committed rows; a change that nobody waited for is not among them. Throws StoreError. */
	async all<T>(statement: StatementSync, ...values: SQLInputValue[]): Promise<T[]> {
		return this.#read(() => statement.all(...values)) as T[];
	}

	/** The first row, if there is one. Throws StoreError. */
	async first<T>(statement: StatementSync, ...values: SQLInputValue[]): Promise<Row<T>> {
		return this.#read(() => statement.get(...values)) as Row<T>;
	}

	/**
	 * Queues a change; resolves to what `apply` gave, once that is on disk. `apply` runs later, synchronously, and what it
	 * throws (an AlreadyExists, a Changed) undoes its own statements only. Throws StoreFull and StoreError too.
	 */
	change<T>(apply: () => T): Promise<T> {
		const { promise, resolve, reject } = Promise.withResolvers<T>();
		if (this.#closed) reject(closed(this.#database.folder));
		else {
			let result: T;
			this.#pending.push({
				apply: () => {
					result = apply();
				},
				settle: (failure) => (failure ? reject(failure) : resolve(result)),
			});
			this.#schedule();
		}
		return promise;
	}

	/** Commits what is queued, then closes the database, which gives up the folder. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		while (this.#pending.length > 0) this.#flush();
		this.#database.connection.close();
	}

	#read<T>(query: () => T): T {
		if (this.#closed) throw closed(this.#database.folder);
		try {
			return query();
		} catch (error) {
			throw storeError(error, this.#database.folder);
		}
	}

	#schedule(): void {
		if (this.#scheduled || this.#pending.length === 0) return;
		this.#scheduled = true;
		// After the events of this turn: what they ask for comes along.
		setImmediate(() => {
			this.#scheduled = false;
			this.#flush();
			this.#schedule();
		});
	}

	#flush(): void {
		const first = this.#pending.shift();
		if (!first) return;
		const batch = [first];
		const until = performance.now() + BATCH_MS;
		const more = () => {
			const change = performance.now() < until ? this.#pending.shift() : undefined;
			if (change) batch.push(change);
			return change;
		};
		let failures: (Error | null)[];
		try {
			failures = this.#transaction(first, more);
		} catch {
			// The disk is full, say: a large change must not take small ones along that would fit.
			failures = batch.map((change) => this.#alone(change));
		}
		for (const [index, change] of batch.entries()) change.settle(failures[index] ?? null);
	}

	#alone(change: Change): Error | null {
		try {
			return this.#transaction(change)[0] ?? null;
		} catch (error) {
			return storeError(error, this.#database.folder);
		}
	}

	/** The failure of each change, from `first` on as long as there are more. Throws if nothing was committed. */
	#transaction(first: Change, more: () => Change | undefined = () => undefined): (Error | null)[] {
		this.#begin.run();
		try {
			const failures: (Error | null)[] = [];
			for (let change: Change | undefined = first; change; change = more()) failures.push(this.#apply(change));
			this.#commit.run();
			return failures;
		} catch (error) {
			// SQLite rolls back by itself after some errors (https://www.sqlite.org/lang_transaction.html).
			if (this.#database.connection.isTransaction) this.#database.connection.exec("ROLLBACK");
			throw error;
		}
	}

	#apply(change: Change): Error | null {
		this.#savepoint.run();
		try {
			change.apply();
			this.#release.run();
			return null;
		} catch (error) {
			if (concernsAll(error) || !this.#database.connection.isTransaction) throw error;
			this.#undo.run();
			this.#release.run();
			return storeError(error, this.#database.folder);
		}
	}
}

function closed(folder: string): StoreError {
	return new StoreError(`The store in ${folder} is closed`);
}
