/** SQLite's result codes as the store's errors (https://www.sqlite.org/rescode.html). */

import { StoreBusy, StoreError, StoreFull } from "../errors.ts";
import { Changed } from "../types.ts";

const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
const SQLITE_CONSTRAINT = 19;
const SQLITE_NOTADB = 26;
const SQLITE_CORRUPT = 11;
const SQLITE_CONSTRAINT_FOREIGNKEY = 787;
/** Result codes that concern the change alone; after any other the whole transaction is in doubt. */
const SQLITE_TOOBIG = 18;
const SQLITE_MISMATCH = 20;

const FULL = new Set(["ENOSPC", "EDQUOT"]);

/** The extended result code, or null for an error that is not SQLite's. */
export function resultCode(error: unknown): number | null {
	if (!(error instanceof Error) || !("errcode" in error)) return null;
	return typeof error.errcode === "number" ? error.errcode : null;
}

/** The disk or the file is at fault, not this one change. */
export function concernsAll(error: unknown): boolean {
	const code = resultCode(error);
	return code !== null && ![SQLITE_CONSTRAINT, SQLITE_TOOBIG, SQLITE_MISMATCH].includes(code & 0xff);
}

/** An error of SQLite or of the file system as the store's; any other stays as it is. */
export function storeError(error: unknown, folder: string): Error {
	const code = resultCode(error);
	if (error instanceof Error && code === null && systemCode(error) === "") return error;
	if (code === SQLITE_CONSTRAINT_FOREIGNKEY) return new Changed("What it belongs to is not there", { cause: error });
	if (code === SQLITE_FULL || FULL.has(systemCode(error)))
		return new StoreFull(`No room left for the data folder ${folder}: free some space`, { cause: error });
	if (code !== null && (code & 0xff) === SQLITE_BUSY)
		return new StoreBusy(`The data folder ${folder} is open in another host: stop it, or choose another folder`, {
			cause: error,
		});
	return new StoreError(`${advice(code, folder)}: ${error instanceof Error ? error.message : error}`, { cause: error });
}

function systemCode(error: unknown): string {
	return error instanceof Error && "code" in error ? String(error.code) : "";
}

function advice(code: number | null, folder: string): string {
	const primary = code === null ? null : code & 0xff;
	if (primary === SQLITE_NOTADB || primary === SQLITE_CORRUPT)
		return `The database in the data folder ${folder} is damaged, restore it or remove it`;
	return `The data folder ${folder} cannot be used`;
}
