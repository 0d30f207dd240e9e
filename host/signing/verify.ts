/** Says whether code was signed by somebody who is trusted: sigstore's own library, with keys alone and without a network. */
import { createHash, type KeyObject } from "node:crypto";
import type { Bundle } from "@sigstore/bundle";
import { keyOfProfile } from "./profile.ts";

/** Bytes of a bundle. One with a certificate, a log entry and timestamps has about 10 KB. */
export const MAX_BUNDLE = 256 * 1024;

/** `altered`: what was signed is not this code, whoever signed it; else it is the signature or the signer that is missing. */
export type Verdict = { ok: true; publisher: string } | { ok: false; altered: boolean; reason: string };

const refused = (reason: string): Verdict => ({ ok: false, altered: false, reason });
const altered = (reason: string): Verdict => ({ ok: false, altered: true, reason });

/** Checks code and its bundle against signing profile versions. Nothing that a bundle holds makes it throw. */
export async function verifyCode(
	code: Uint8Array,
	bundle: Uint8Array | null,
	publishers: readonly string[],
): Promise<Verdict> {
	if (bundle === null) return refused("There is no sigstore bundle beside the .wasm in the zip.");
	if (bundle.length > MAX_BUNDLE) return altered(`The sigstore bundle has more than ${MAX_BUNDLE} bytes.`);
	const read = await readBundle(bundle);
	if (read === null) return altered("The sigstore bundle cannot be read.");
	if (read.verificationMaterial.content.$case !== "publicKey")
		return refused("The sigstore bundle has a certificate; here, keys alone are trusted.");
	if (!signs(read, code)) return altered("The sigstore bundle is another file's, or the file was changed since.");
	for (const publisher of publishers) {
		const key = keyOfProfile(publisher);
		if (key !== null && (await isSignedBy(read, code, key))) return { ok: true, publisher };
	}
	return refused("The code was not signed with the key of any allowed publisher.");
}

async function readBundle(bytes: Uint8Array): Promise<Bundle | null> {
	const { bundleFromJSON } = await import("@sigstore/bundle");
	try {
		const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
		return bundleFromJSON(JSON.parse(text));
	} catch {
		return null;
	}
}

/** Whether it says that it is this code that it signs. */
function signs({ content }: Bundle, code: Uint8Array): boolean {
	const digest = createHash("sha256").update(code).digest();
	if (content.$case === "messageSignature") {
		// `HashAlgorithm.SHA2_256` of sigstore's protobuf-specs. Others would do as well, but nobody makes them.
		const { algorithm, digest: signed } = content.messageSignature.messageDigest;
		return algorithm === 1 && digest.equals(signed);
	}
	const { payloadType, payload } = content.dsseEnvelope;
	return payloadType === "application/vnd.in-toto+json" && subjectsOf(payload).includes(digest.toString("hex"));
}

/** The SHA-256 sums of what an in-toto statement is about. */
function subjectsOf(payload: Uint8Array): string[] {
	try {
		const statement: unknown = JSON.parse(Buffer.from(payload).toString());
		const { subject } = statement as { subject: { digest?: { sha256?: unknown } }[] };
		return subject.map((it) => String(it.digest?.sha256));
	} catch {
		return [];
	}
}

async function isSignedBy(bundle: Bundle, code: Uint8Array, publicKey: KeyObject): Promise<boolean> {
	const { toSignedEntity, Verifier } = await import("@sigstore/verify");
	// A log's word or a clock's adds nothing to that of a key which is trusted itself.
	const verificationMaterial = {
		...bundle.verificationMaterial,
		tlogEntries: [],
		timestampVerificationData: undefined,
	};
	const trusted = {
		certificateAuthorities: [],
		timestampAuthorities: [],
		tlogs: [],
		ctlogs: [],
		publicKey: () => ({ publicKey, validFor: () => true }),
	};
	const verifier = new Verifier(trusted, { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 });
	try {
		verifier.verify(toSignedEntity({ ...bundle, verificationMaterial } as Bundle, Buffer.from(code)));
		return true;
	} catch {
		return false;
	}
}
