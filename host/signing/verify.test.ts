import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hintOf, keyOfProfile, profileArn } from "./profile.ts";
import { bundleName, signBundle } from "./sign.ts";
import { MAX_BUNDLE, verifyCode } from "./verify.ts";

const PLACE = { name: "release", region: "us-east-1", account: "000000000000" };
const code = Buffer.from("\0asm and more");
const ec = (namedCurve = "P-256") => generateKeyPairSync("ec", { namedCurve }).privateKey;
const rsa = (modulusLength: number) => generateKeyPairSync("rsa", { modulusLength }).privateKey;
const arn = (key: KeyObject) => profileArn(key, PLACE);
const bundle = async (key: KeyObject, content: Uint8Array = code) => JSON.parse(await signBundle(content, key));
const verify = (made: object | string, publishers: string[], content: Uint8Array = code) =>
	verifyCode(content, Buffer.from(typeof made === "string" ? made : JSON.stringify(made)), publishers);

/** As `cosign attest-blob` makes them: a statement about the file, signed. */
function attestation(key: KeyObject, sha256: string): object {
	const payload = Buffer.from(
		JSON.stringify({ _type: "https://in-toto.io/Statement/v1", subject: [{ digest: { sha256 } }] }),
	);
	const type = "application/vnd.in-toto+json";
	const signed = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);
	return {
		mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
		verificationMaterial: { publicKey: { hint: "" } },
		dsseEnvelope: {
			payloadType: type,
			payload: payload.toString("base64"),
			signatures: [{ sig: sign("sha256", signed, key).toString("base64") }],
		},
	};
}
const sum = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

describe("signed code", () => {
	it.each([
		["P-256", ec()],
		["P-384", ec("P-384")],
		["RSA", rsa(2048)],
	])("is known by a key of an allowed publisher: %s", async (_, key) => {
		expect(await verify(await bundle(key), [arn(ec()), arn(key)])).toEqual({ ok: true, publisher: arn(key) });
	});

	it("may be attested, too", async () => {
		const key = ec();
		expect(await verify(attestation(key, sum(code)), [arn(key)])).toMatchObject({ ok: true });
		expect(await verify(attestation(key, sum(Buffer.from("other"))), [arn(key)])).toMatchObject({ altered: true });
		expect(await verify(attestation(ec(), sum(code)), [arn(key)])).toMatchObject({ ok: false, altered: false });
	});

	it("may have entries of logs and timestamps, which are nobody's to check here", async () => {
		const key = ec();
		const made = await bundle(key);
		made.verificationMaterial.timestampVerificationData = { rfc3161Timestamps: [{ signedTimestamp: "AAAA" }] };
		expect(await verify(made, [arn(key)])).toMatchObject({ ok: true });
	});

	const key = ec();
	it.each<[string, boolean, () => Promise<object | string>, Uint8Array?]>([
		["was changed", true, () => bundle(key), Buffer.from("\0asm and mOre")],
		["has another file's bundle", true, () => bundle(key, Buffer.from("other"))],
		["was signed with another key", false, () => bundle(ec())],
		[
			"has a bundle that claims the key",
			false,
			async () => ({ ...(await bundle(ec())), ...{ hint: await hintOf(key) } }),
		],
		[
			"has another file's signature",
			false,
			async () => {
				const made = await bundle(key);
				made.messageSignature.signature = (await bundle(key, Buffer.from("other"))).messageSignature.signature;
				return made;
			},
		],
		[
			"is signed by another digest",
			true,
			async () => {
				const made = await bundle(key);
				made.messageSignature.messageDigest.algorithm = "SHA2_512";
				return made;
			},
		],
		[
			"has a certificate",
			false,
			async () => ({
				...(await bundle(key)),
				verificationMaterial: { certificate: { rawBytes: "AAAA" }, tlogEntries: [] },
			}),
		],
		["has no JSON", true, async () => "no json"],
		["has an empty bundle", true, async () => ""],
		["has null", true, async () => "null"],
		["has a list", true, async () => "[]"],
		["has JSON of another kind", true, async () => "{}"],
		["has half a bundle", true, async () => ({ mediaType: (await bundle(key)).mediaType })],
		["has deep JSON", true, async () => "[".repeat(100_000)],
		["has a huge bundle", true, async () => " ".repeat(MAX_BUNDLE + 1)],
		["has bytes that are no text", true, async () => "\u{d800}"],
	])("is refused if it %s", async (_, isAltered, make, content) => {
		expect(await verify(await make(), [arn(key)], content)).toMatchObject({ ok: false, altered: isAltered });
	});

	it("is refused without a bundle, and without a publisher whose key is known", async () => {
		expect(await verifyCode(code, null, [arn(key)])).toMatchObject({ ok: false, altered: false });
		const aws = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/test";
		expect(await verify(await bundle(key), [aws, `${aws}/MvPHtAvrpx`])).toMatchObject({ ok: false, altered: false });
	});
});

describe("a profile's ARN", () => {
	it("holds its key", () => {
		const key = ec();
		expect(arn(key)).toMatch(/^arn:aws:signer:us-east-1:000000000000:\/signing-profiles\/release\/[A-Za-z0-9_-]{122}$/);
		expect(profileArn(keyOfProfile(arn(key))!, PLACE)).toBe(arn(key));
	});

	it.each([
		["no key", "arn:aws:signer:us-east-1:000000000000:/signing-profiles/p"],
		["what is no key", `arn:aws:signer:us-east-1:000000000000:/signing-profiles/p/${"A".repeat(122)}`],
		["an Ed25519 key", arn(generateKeyPairSync("ed25519").privateKey)],
		["a short RSA key", arn(rsa(1024))],
		["another curve", arn(ec("secp256k1"))],
		["another service", arn(ec()).replace("signer", "s3")],
	])("with %s names none", (_, text) => {
		expect(keyOfProfile(text)).toBeNull();
	});
});

it("a bundle is beside its .wasm", () => {
	expect([bundleName("a/main.wasm"), bundleName("Main.WASM")]).toEqual(["a/main.sigstore.json", "Main.sigstore.json"]);
});
