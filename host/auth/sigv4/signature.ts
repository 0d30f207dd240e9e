/**
 * Signatures of requests, computed again by AWS's own signing library. It is loaded with the first signature: a host without
 * keys has no need of it.
 */
import { createHash, createHmac, type Hash, type Hmac, hash, timingSafeEqual } from "node:crypto";
import type { HttpRequest } from "@smithy/types";
import { ServiceError } from "../../errors.ts";
import type { Claim } from "./claim.ts";
import { ALGORITHM } from "./claim.ts";
import { fieldOf, parametersOf, type SignedRequest, splitTarget } from "./request.ts";

/** Node's SHA-256 in the shape that the library asks for. */
export class Sha256 {
	readonly #state: Hash | Hmac;

	constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
		this.#state = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as string);
	}

	update(data: Uint8Array): void {
		this.#state.update(data);
	}

	async digest(): Promise<Uint8Array> {
		return this.#state.digest();
	}

	reset(): void {}
}

type Signer = (request: SignedRequest, claim: Claim, payloadHash: string, secret: string) => Promise<string>;

async function loadSigner(): Promise<Signer> {
	const { SignatureV4Base, createScope, getCanonicalHeaders, getSigningKey } = await import("@smithy/signature-v4");

	class Signer extends SignatureV4Base {
		constructor() {
			// Key, region and service are each request's own.
			super({ credentials: { accessKeyId: "", secretAccessKey: "" }, region: "", service: "", sha256: Sha256 });
		}

		async signatureOf(request: HttpRequest, claim: Claim, payloadHash: string, secret: string): Promise<string> {
			const { keyId, date, region, service, time } = claim;
			const headers = getCanonicalHeaders(request, undefined, new Set(claim.signedHeaders));
			const canonical = this.createCanonicalRequest(request, headers, payloadHash);
			const text = await this.createStringToSign(time, createScope(date, region, service), canonical, ALGORITHM);
			const credentials = { accessKeyId: keyId, secretAccessKey: secret };
			const key = await getSigningKey(Sha256, credentials, date, region, service);
			return createHmac("sha256", key).update(text).digest("hex");
		}
	}

	const signer = new Signer();
	return async (request, claim, payloadHash, secret) =>
		signer.signatureOf(canonicalParts(request, claim), claim, payloadHash, secret);
}

let loading: Promise<Signer> | undefined;

/** Throws InvalidSignatureException unless the claim's signature is that of this request with this body. */
export async function checkSignature(
	request: SignedRequest,
	claim: Claim,
	body: Uint8Array,
	secret: string,
): Promise<void> {
	refuseUnsignedHeaders(request, claim);
	// As Lambda does: what the sender says of its body (x-amz-content-sha256) counts for nothing, the body for all.
	const payloadHash = hash("sha256", body, "hex");
	loading ??= loadSigner();
	const signer = await loading;
	const expected = await signer(request, claim, payloadHash, secret);
	if (!sameText(expected, claim.signature)) throw mismatch();
}

/** In a time that does not depend on where they differ. */
export function sameText(expected: string, given: string): boolean {
	const [a, b] = [Buffer.from(expected), Buffer.from(given)];
	return a.length === b.length && timingSafeEqual(a, b);
}

/** What a header says that is not signed, anybody on the way may have said. */
function refuseUnsignedHeaders({ fields }: SignedRequest, { signedHeaders }: Claim): void {
	const signed = new Set(signedHeaders);
	const inUrl = (name: string) => name === "x-amz-date";
	const missing = fields.find(([name]) => name.startsWith("x-amz-") && !signed.has(name) && !inUrl(name))?.[0];
	const unsigned = signed.has("host") ? missing : "host";
	if (unsigned === "host")
		throw new ServiceError(
			"InvalidSignatureException",
			"'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
		);
	if (unsigned !== undefined)
		throw new ServiceError(
			"InvalidSignatureException",
			`'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`,
		);
}

/** What the library canonicalises. Throws InvalidSignatureException for what cannot have been signed. */
function canonicalParts(request: SignedRequest, claim: Claim): HttpRequest {
	const [path, query] = splitTarget(request.target);
	const parameters = parametersOf(query);
	// The library has plain objects, in which this name stands for something else.
	if (parameters === null || parameters.has("__proto__")) throw mismatch();
	const headers: Record<string, string> = {};
	for (const name of claim.signedHeaders) {
		const value = fieldOf(request, name);
		if (value === undefined || name === "__proto__") throw mismatch();
		headers[name] = utf8(value);
	}
	return {
		method: request.method,
		protocol: "http:",
		hostname: "",
		path,
		query: Object.fromEntries(parameters),
		headers,
	};
}

/** Node reads fields as Latin-1; signers sign the characters of UTF-8, where it is some. */
function utf8(value: string): string {
	const bytes = Buffer.from(value, "latin1");
	const text = bytes.toString("utf8");
	return Buffer.from(text, "utf8").equals(bytes) ? text : value;
}

function mismatch(): ServiceError {
	return new ServiceError(
		"InvalidSignatureException",
		"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
	);
}
