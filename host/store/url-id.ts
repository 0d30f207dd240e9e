/** Ids of function URLs. */
import { randomBytes } from "node:crypto";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** An id of a function URL, as AWS's look: 32 characters of a-z and 2-7, so one label of a host name. */
export const URL_ID = /^[a-z2-7]{32}$/;

/** A new id: 160 random bits, so nobody guesses the URL of a function. */
export function newUrlId(): string {
	// 32 characters divide 256 evenly: each is as likely as the next.
	return Array.from(randomBytes(32), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}
