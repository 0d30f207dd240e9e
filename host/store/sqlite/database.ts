/** Opens the database file, and holds it alone. */
import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StoreError } from "../errors.ts";
import { storeError } from "./errors.ts";
import { migrate } from "./schema.ts";

/** The database of a data folder, and the folder, which its errors name. */
export interface Database {
	connection: DatabaseSync;
	folder: string;
}

/** How long to wait for a host that is just ending, ms. */
const BUSY_TIMEOUT_MS = 500;
/** The log of changes is cut back to this after a checkpoint, bytes; a large batch makes it grow for a while. */
const WAL_BYTES = 16 * 2 ** 20;

/** Throws StoreBusy, StoreFull and StoreError. */
export function openDatabase(folder: string): Database {
	let connection: DatabaseSync | null = null;
	try {
		makeFolder(resolve(folder));
		const file = join(resolve(folder), "pilot.db");
		makePrivate(file);
		connection = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
		settle(connection);
		migrate(connection);
		return { connection, folder };
	} catch (error) {
		connection?.close();
		throw storeError(error, folder);
	}
}

/**
 * An exclusive lock of SQLite is a lock of the operating system on the file, so it dies with its process. It is taken
 * with the first write transaction and, in this mode, kept (https://www.sqlite.org/pragma.html#pragma_locking_mode).
 */
function settle(connection: DatabaseSync): void {
	connection.exec(`
		PRAGMA locking_mode = EXCLUSIVE;
		PRAGMA journal_mode = WAL;
		PRAGMA synchronous = FULL;
		PRAGMA journal_size_limit = ${WAL_BYTES};
		BEGIN EXCLUSIVE;
		COMMIT;
	`);
	const mode = connection.prepare("PRAGMA journal_mode").get()?.journal_mode;
	if (mode !== "wal")
		throw new StoreError(`SQLite cannot keep a write-ahead log for ${connection.location()} (journal mode ${mode})`);
}

/** A new folder's name has to be on disk too, before anything in it is acknowledged. */
function makeFolder(folder: string): void {
	const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
	if (first === undefined) return;
	for (let path = folder; path.length >= first.length; path = dirname(path)) syncFolder(dirname(path));
}

function syncFolder(folder: string): void {
	// Windows cannot open a folder, and needs no sync of one.
	if (process.platform === "win32") return;
	const descriptor = openSync(folder, "r");
	try {
		fsyncSync(descriptor);
	} finally {
		closeSync(descriptor);
	}
}

/**
 * Functions' environments are secrets: the file is its owner's alone, and SQLite gives its write-ahead log the same mode.
 * A file that exists is not opened here: closing it would drop the locks that this process has on it (fcntl(2)).
 */
function makePrivate(file: string): void {
	try {
		closeSync(openSync(file, "wx", 0o600));
	} catch (error) {
		if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
	}
}
