/**
 * Whose signatures are trusted: signing profile versions, as AWS Signer names them. Here the version is the public key itself,
 * `arn:aws:signer:REGION:ACCOUNT:/signing-profiles/NAME/KEY` with KEY as base64url of its SubjectPublicKeyInfo (RFC 5280), so that
 * nothing else has to be registered, and an ARN cannot come to mean another key.
 */
import { createPublicKey, type KeyObject } from "node:crypto";

/** Curves that sigstore's bundles are signed with by SHA-256 or SHA-384. Ed25519 has no digest, which bundles of files have. */
const CURVES = new Set(["prime256v1", "secp384r1"]);
const MIN_RSA_BITS = 2048;

/** Where a profile is said to be; a signature does not depend on it. */
export interface ProfileName {
	name: string;
	region: string;
	account: string;
}

/** Null if a key can be used; else what is wrong with it. */
export function faultOfKey(key: KeyObject): string | null {
	const { namedCurve = "", modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
	if (key.asymmetricKeyType === "ec" && CURVES.has(namedCurve)) return null;
	if (key.asymmetricKeyType === "rsa" && modulusLength >= MIN_RSA_BITS) return null;
	return `it is ${key.asymmetricKeyType} ${namedCurve || modulusLength || ""}`.trim();
}

/** The ARN of a public key (or of a private key's public half). */
export function profileArn(key: KeyObject, { name, region, account }: ProfileName): string {
	return `arn:aws:signer:${region}:${account}:/signing-profiles/${name}/${derOf(key).toString("base64url")}`;
}

function derOf(key: KeyObject): Buffer {
	const half = key.type === "private" ? createPublicKey(key) : key;
	return half.export({ format: "der", type: "spki" });
}

/** How a bundle names its key: base64 of the SHA-256 of it. A hint, and no more. */
export async function hintOf(key: KeyObject): Promise<string> {
	return Buffer.from(await crypto.subtle.digest("SHA-256", new Uint8Array(derOf(key)))).toString("base64");
}

/** The key that an ARN names; null if it names none, as those of AWS's own profiles. */
export function keyOfProfile(arn: string): KeyObject | null {
	const text = /^arn:[^:]+:signer:[^:]*:[^:]*:\/signing-profiles\/[^/]+\/([A-Za-z0-9_-]{40,})$/.exec(arn)?.[1];
	if (text === undefined) return null;
	try {
		const key = createPublicKey({ key: Buffer.from(text, "base64url"), format: "der", type: "spki" });
		return faultOfKey(key) === null ? key : null;
	} catch {
		return null;
	}
}
