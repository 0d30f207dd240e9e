/**
 * Where lines of the log go. What a module's top level writes before the snapshot is in no invocation's time: it is kept, and
 * written by the first invocation of each instance, in whose log Lambda has the lines of a cold start.
 */
import { encodeUtf8 } from "./text.ts";

/** What is kept at most, bytes of UTF-8. */
const MAX_KEPT = 64 * 1024;

export interface Output {
	/** Writes a line, or keeps it. */
	print(line: string): void;
	/** From now on lines are written, those that were kept first. Gives how many there was no room for. */
	open(): number;
}

export function createOutput(write: (bytes: Uint8Array) => void): Output {
	let kept = "";
	let size = 0;
	let lost = 0;
	let isOpen = false;
	const keep = (line: string): void => {
		size += encodeUtf8(line).length;
		// Nothing after what had no room: a log with holes misleads.
		if (size <= MAX_KEPT) kept += line;
		else lost++;
	};
	return {
		print: (line) => (isOpen ? write(encodeUtf8(line)) : keep(line)),
		open() {
			isOpen = true;
			if (kept !== "") write(encodeUtf8(kept));
			kept = "";
			return lost;
		},
	};
}
