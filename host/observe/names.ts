/** The file of a function's log. */
import { createHash } from "node:crypto";

/** Names that are file names as they are, on any system; no capitals, since `Foo` and `foo` are one file on some. */
const PLAIN = /^[a-z0-9_][a-z0-9_-]{0,99}$/;
/** Windows keeps these for devices, whatever the extension. */
const DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/;

/** The file name without extension. Any other name gets a digest, after a `~`, which a plain name never has. */
export function fileName(functionName: string): string {
	if (PLAIN.test(functionName) && !DEVICE.test(functionName)) return functionName;
	const readable = functionName
		.slice(0, 64)
		.toLowerCase()
		.replace(/^-|[^a-z0-9_-]/g, "_")
		.slice(0, 64);
	return `${readable}~${createHash("sha256").update(functionName, "utf16le").digest("hex").slice(0, 32)}`;
}
