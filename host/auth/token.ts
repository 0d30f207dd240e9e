/** The token by which this machine's user is known without a key: whoever can read the data folder's file. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeSecretFile } from "./seal.ts";

export interface AdminToken {
	value(): string;
}

export function tokenPath(data: string): string {
	return join(data, "admin.token");
}

/** The token of a data folder, made if it is not there. */
export function openToken(data: string): AdminToken {
	const path = tokenPath(data);
	makeSecretFile(path, () => randomBytes(32).toString("base64url"));
	const value = readFileSync(path, "utf8").trim();
	return { value: () => value };
}

/** Null if there is none, or if this user may not read it. */
export function readToken(data: string): string | null {
	try {
		return readFileSync(tokenPath(data), "utf8").trim();
	} catch {
		return null;
	}
}
