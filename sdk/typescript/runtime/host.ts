/** The one file that imports WASI. Handles are got when they are first used: one got while the component is built would be dead later. */
import environment from "wasi:cli/environment";
import stdout from "wasi:cli/stdout";
import clock from "wasi:clocks/monotonic-clock";
import preopens from "wasi:filesystem/preopens";
import random from "wasi:random/random";
import type { Clock } from "./timers.ts";

/** `blocking-write-and-flush` takes no more at once (wasi:io/streams). */
const MAX_WRITE = 4096;

let output: OutputStream | undefined;

/** Writes all bytes to standard output. A stream that is closed swallows them. */
export function writeOutput(bytes: Uint8Array): void {
	output ??= stdout.getStdout();
	try {
		for (let at = 0; at < bytes.length; at += MAX_WRITE) output.blockingWriteAndFlush(bytes.slice(at, at + MAX_WRITE));
	} catch {
		// Nobody reads: that must not fail the handler.
	}
}

export function readEnvironment(): Record<string, string> {
	return Object.fromEntries(environment.getEnvironment());
}

/** Unpredictable bytes; fit for keys. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
	return random.getRandomBytes(length);
}

/** Folders that were given to the function, with the path of each. */
export function directories(): [Descriptor, string][] {
	return preopens.getDirectories();
}

export const clockOfHost: Clock = {
	now: () => clock.now() / 1e6,
	wait(ms) {
		const pollable = clock.subscribeDuration(Math.ceil(ms * 1e6));
		pollable.block();
		pollable[Symbol.dispose]();
	},
};
