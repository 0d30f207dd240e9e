/** stdin, stdout and stderr: streams without a state of their own, so that they pass through a snapshot. */
import type { Guest } from "../types.ts";
import { STREAM_CHUNK } from "./limits.ts";
import type { InputStream, OutputStream, StandardStream } from "./types.ts";

interface Position {
	of: Uint8Array;
	offset: number;
}

/** How far a guest has read its stdin: kept by guest, since all handles of stdin share it, and anew for each input. */
const positions = new WeakMap<Guest, Position>();

function positionOf(guest: Guest): Position {
	const known = positions.get(guest);
	if (known !== undefined && known.of === guest.stdin) return known;
	const fresh = { of: guest.stdin, offset: 0 };
	positions.set(guest, fresh);
	return fresh;
}

/** What `wasi:cli/stdin` gives: all of it is there, then it is closed. */
export function standardInput(guest: Guest): InputStream {
	return {
		standard: "stdin",
		read(max) {
			const position = positionOf(guest);
			if (position.offset >= position.of.length) return "closed";
			const bytes = position.of.subarray(position.offset, position.offset + max);
			position.offset += bytes.length;
			return bytes;
		},
		ready: () => true,
		wait: async () => {},
	};
}

/** What `wasi:cli/stdout` and `stderr` give: always ready; what is written is the host's at once. */
export function standardOutput(guest: Guest, name: "stdout" | "stderr"): OutputStream {
	const stream = name === "stdout" ? 1 : 2;
	return {
		standard: name,
		checkWrite: () => STREAM_CHUNK,
		write(bytes) {
			if (bytes.length > 0) guest.output(stream, bytes);
			return undefined;
		},
		flush: () => undefined,
		ready: () => true,
		wait: async () => {},
	};
}

/** The output stream of a snapshot's image. */
export function reviveOutput(image: string, guest: Guest): OutputStream {
	return standardOutput(guest, image === ("stdout" satisfies StandardStream) ? "stdout" : "stderr");
}
