/** The access keys of a host: what they are looked up by, and how they are made. */
import { randomBytes, randomInt } from "node:crypto";
import { ServiceError } from "../errors.ts";
import { ACCOUNT_SCOPE } from "../store/tables.ts";
import type { AccessKeyRecord, RecordTable, Store } from "../store/types.ts";
import type { Seal } from "./seal.ts";

/** What of the store looks keys up. Where it has a `generation`, which changes with every change, keys are remembered as long as it stays. */
export interface KeyRecords {
	accessKeys: Pick<RecordTable<AccessKeyRecord>, "get" | "list">;
	generation?(): number;
}

export interface Key {
	id: string;
	account: string;
	secret: string;
}

/** Keys that are remembered at most; callers may make ids up, but only those that are there are kept. */
const CAPACITY = 1000;

export class Keyring {
	readonly #records: KeyRecords;
	readonly #seal: Seal;
	readonly #known = new Map<string, Key>();
	#any: boolean | undefined;
	#generation: number | undefined;

	constructor(records: KeyRecords, seal: Seal) {
		this.#records = records;
		this.#seal = seal;
	}

	/** Whether there is a key. From then on everybody needs one. */
	async any(): Promise<boolean> {
		this.#refresh();
		if (this.#any !== undefined) return this.#any;
		const before = this.#generation;
		const any = (await this.#records.accessKeys.list(ACCOUNT_SCOPE, 1)).items.length > 0;
		if (this.#isCurrent(before)) this.#any = any;
		return any;
	}

	/** Null if there is no such key. Throws SealError. */
	async find(id: string): Promise<Key | null> {
		this.#refresh();
		const known = this.#known.get(id);
		if (known) return known;
		const before = this.#generation;
		const record = await this.#records.accessKeys.get(ACCOUNT_SCOPE, id);
		if (!record) return null;
		const key = { id, account: record.account, secret: this.#seal.open(id, record.sealedSecret) };
		if (this.#isCurrent(before)) {
			if (this.#known.size >= CAPACITY) this.#known.clear();
			this.#known.set(id, key);
		}
		return key;
	}

	/** What was remembered before a change is forgotten. */
	#refresh(): void {
		const now = this.#records.generation?.();
		if (now === this.#generation) return;
		this.#generation = now;
		this.#known.clear();
		this.#any = undefined;
	}

	#isCurrent(generation: number | undefined): boolean {
		return generation !== undefined && generation === this.#records.generation?.();
	}
}

/** What everybody may know of a key. */
export type KeyView = Omit<AccessKeyRecord, "sealedSecret">;

export interface NewKey extends KeyView {
	/** Told this once. */
	secret: string;
}

/** Makes a key; on disk when it resolves. Throws ServiceError for an account that is none. */
export async function createKey(
	store: Pick<Store, "accessKeys">,
	seal: Seal,
	{ account, description }: { account: string; description: string },
): Promise<NewKey> {
	if (!/^\d{12}$/.test(account)) throw invalid("An account is 12 digits.");
	if (description.length > 200) throw invalid("A description is at most 200 characters.");
	const view = { id: newId(), account, description, createdAt: new Date().toISOString() };
	// 30 bytes are 40 characters of base64, as AWS's secrets are.
	const secret = randomBytes(30).toString("base64");
	await store.accessKeys.create({ ...view, sealedSecret: seal.seal(view.id, secret) });
	return { ...view, secret };
}

/** All keys, by id. */
export async function listKeys(store: Pick<Store, "accessKeys">): Promise<KeyView[]> {
	const keys: KeyView[] = [];
	let after: string | null = null;
	do {
		const page = await store.accessKeys.list(ACCOUNT_SCOPE, 100, after);
		keys.push(...page.items.map(({ sealedSecret: _, ...view }) => view));
		after = page.next;
	} while (after !== null);
	return keys;
}

/** False if there was none. */
export function removeKey(store: Pick<Store, "accessKeys">, id: string): Promise<boolean> {
	return store.accessKeys.delete(ACCOUNT_SCOPE, id);
}

/** As AWS's ids of keys that last: `AKIA` and 16 of A-Z and 2-7. */
function newId(): string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	return `AKIA${Array.from({ length: 16 }, () => letters[randomInt(32)]).join("")}`;
}

function invalid(message: string): ServiceError {
	return new ServiceError("InvalidParameterValueException", message);
}
