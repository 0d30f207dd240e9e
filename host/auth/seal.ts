/** Secrets at rest: AES-256-GCM under a key that is not in the store, but in a file which only the host's user reads. */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A sealed secret cannot be opened: it was sealed with another key, or for another name. The message says what to do. */
export class SealError extends Error {
	override name = "SealError";
}

export interface Seal {
	/** `name` is bound to the secret: under another it does not open. */
	seal(name: string, secret: string): string;
	/** Throws SealError. */
	open(name: string, sealed: string): string;
}

/** The seal whose key is in a file, which is made with the first secret. Throws SealError if it is no key. */
export function fileSeal(path: string): Seal {
	let known: Buffer | undefined;
	const key = (): Buffer => {
		known ??= readKey(path);
		return known;
	};
	return {
		seal(name, secret) {
			makeSecretFile(path, () => randomBytes(KEY_BYTES).toString("base64"));
			const nonce = randomBytes(NONCE_BYTES);
			const cipher = createCipheriv("aes-256-gcm", key(), nonce).setAAD(Buffer.from(name));
			const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
			return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64");
		},
		open(name, sealed) {
			const bytes = Buffer.from(sealed, "base64");
			try {
				const decipher = createDecipheriv("aes-256-gcm", key(), bytes.subarray(0, NONCE_BYTES), {
					authTagLength: TAG_BYTES,
				});
				decipher.setAAD(Buffer.from(name)).setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
				return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
			} catch (error) {
				if (error instanceof SealError) throw error;
				throw new SealError(`The secret of ${name} cannot be opened with the key in ${path}`, { cause: error });
			}
		},
	};
}

function readKey(path: string): Buffer {
	let text: string;
	try {
		text = readFileSync(path, "utf8").trim();
	} catch (error) {
		throw new SealError(`The key of the access keys' secrets, ${path}, cannot be read`, { cause: error });
	}
	const key = Buffer.from(text, "base64");
	if (key.length === KEY_BYTES) return key;
	throw new SealError(`${path} is no key: it holds ${KEY_BYTES} bytes in base64`);
}

/** A file that only this user reads, unless it is there. It is whole, or it is not there; of two processes that make it, one does. */
export function makeSecretFile(path: string, content: () => string): void {
	const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
	try {
		readFileSync(path);
		return;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
	}
	try {
		write(draft, `${content()}\n`);
		linkSync(draft, path);
		syncFolder(dirname(path));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
	} finally {
		rmSync(draft, { force: true });
	}
}

function write(path: string, text: string): void {
	const descriptor = openSync(path, "wx", 0o600);
	try {
		writeSync(descriptor, text);
		fsyncSync(descriptor);
	} finally {
		closeSync(descriptor);
	}
}

function syncFolder(path: string): void {
	const descriptor = openSync(path, "r");
	try {
		fsyncSync(descriptor);
	} finally {
		closeSync(descriptor);
	}
}
