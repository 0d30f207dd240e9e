/** Makes the sigstore bundle of a file, signed with a key of one's own: no certificate, no transparency log, no network. */
import { createHash, type KeyObject, sign } from "node:crypto";
import { hintOf } from "./profile.ts";

/** Where the bundle of a .wasm is: `NAME.sigstore.json` beside `NAME.wasm`. */
export function bundleName(wasmName: string): string {
	return `${wasmName.replace(/\.wasm$/i, "")}.sigstore.json`;
}

/** The bundle as its JSON text (sigstore's protobuf-specs, version 0.3). */
export async function signBundle(content: Uint8Array, key: KeyObject): Promise<string> {
	const { bundleToJSON, toMessageSignatureBundle } = await import("@sigstore/bundle");
	const bundle = toMessageSignatureBundle({
		digest: createHash("sha256").update(content).digest(),
		signature: sign("sha256", content, key),
		keyHint: await hintOf(key),
	});
	return `${JSON.stringify(bundleToJSON(bundle), null, "\t")}\n`;
}
