/** `wasi:cli/run`: event on stdin, result on stdout; an exit code other than 0, or an `err`, is a failure. */
import type { Task } from "../types.ts";
import { Chunks } from "../wasi/http/chunks.ts";
import { type BoundExport, type Call, type CallResult, type Kind, MAX_RESPONSE, tooLarge } from "./types.ts";

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
	return new CommandCall(task.payload.event);
}

class CommandCall implements Call {
	readonly stdin: Uint8Array;
	private readonly written = new Chunks();
	private size = 0;

	constructor(stdin: Uint8Array) {
		this.stdin = stdin;
	}

	stdout(bytes: Uint8Array): void {
		this.size += bytes.length;
		// What is over the limit is only counted: the answer is an error then.
		if (this.size <= MAX_RESPONSE) this.written.push(bytes);
	}

	start(bound: BoundExport): Promise<unknown> {
		return bound.call();
	}

	/** 0 or 1: the result that `run` returns. */
	finish(_bound: BoundExport, result: unknown): CallResult {
		return this.exited(result as number);
	}

	exited(status: number): CallResult {
		if (status !== 0) return failed(status);
		return this.size > MAX_RESPONSE ? tooLarge(this.size) : { ok: true, payload: this.written.all() };
	}
}

function failed(status: number): CallResult {
	const errorMessage = `exit status ${status}`;
	return { ok: false, failure: { kind: "exit", errorType: "Runtime.ExitError", errorMessage, stackTrace: [] } };
}
