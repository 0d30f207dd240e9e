/** `wasi:cli/run`: event on stdin, result on stdout; an exit code other than 0, or an `err`, is a failure. */
import type { Task } from "../types.ts";
import { Chunks } from "../wasi/http/chunks.ts";
import { type Call, type CallResult, type Kind, MAX_RESPONSE, tooLarge } from "./types.ts";

export const cli: Kind = {
	name: "cli",
	interface: "wasi:cli/run",
	version: "0.2",
	function: "run",
	type: "func() -> result",
	reusable: false,
	begin,
};

function begin(task: Task): Call {
	if (task.payload.kind !== "event") throw new Error("a command takes events");
	const written = new Chunks();
	let size = 0;
	return {
		stdin: task.payload.event,
		stdout(bytes) {
			size += bytes.length;
			// What is over the limit is only counted: the answer is an error then.
			if (size <= MAX_RESPONSE) written.push(bytes);
		},
		async run(bound) {
			const status = await exitStatus(
				() => bound.call(),
				() => bound.guest.exitStatus,
			);
			if (status !== 0) return failed(status);
			return size > MAX_RESPONSE ? tooLarge(size) : { ok: true, payload: written.all() };
		},
	};
}

/** 0 or 1 for the result that `run` returns, or what the guest said to `wasi:cli/exit`. */
async function exitStatus(run: () => Promise<unknown>, exited: () => number | undefined): Promise<number> {
	try {
		return (await run()) as number;
	} catch (error) {
		const status = exited();
		if (status === undefined) throw error;
		return status;
	}
}

function failed(status: number): CallResult {
	const errorMessage = `exit status ${status}`;
	return { ok: false, failure: { kind: "exit", errorType: "Runtime.ExitError", errorMessage, stackTrace: [] } };
}
