/** A guest kind: how its export is called, and what its answer means. One file each, one line in `registry.ts`. */

import type { InstanceGuest } from "../guest.ts";
import type { HttpExchange } from "../http.ts";
import type { GuestMemory } from "../memory.ts";
import type { Failure, GuestKind, Payload, Task } from "../types.ts";

/** An instance's export, bound: what a kind needs to call it. */
export interface BoundExport {
	/** Calls the core function, which takes as many of these as it has parameters; its stack may be put aside. */
	call(...args: (number | bigint)[]): Promise<unknown>;
	/** The memory that arguments and results go through. */
	memory: GuestMemory;
	/** Gives the result's memory back to the guest (`post-return`), if it wants that. Call it once the result has been read. */
	postReturn(result: number): Promise<unknown> | undefined;
	guest: InstanceGuest;
}

export type CallResult = { ok: true; payload: Uint8Array } | { ok: false; failure: Failure };

/** One call in progress. */
export interface Call {
	/** What `wasi:cli/stdin` reads in this call. */
	readonly stdin?: Uint8Array;
	/** The exchange that `wasi:http` serves in this call. */
	readonly http?: HttpExchange;
	/** Takes the guest's stdout instead of the log. */
	stdout?(bytes: Uint8Array): void;
	/** Calls the guest: what its core function returns. Throws, or rejects, when it traps. */
	start(bound: BoundExport): Promise<unknown>;
	/** Reads the answer of a guest that returned. Throws Trap. */
	finish(bound: BoundExport, result: unknown): CallResult | Promise<CallResult>;
	/** The guest said `wasi:cli/exit`. Without it that is a failure. */
	exited?(status: number): CallResult;
	/** The guest was ended before `finish` was done: what hangs on the call (an HTTP body) fails. */
	abort?(reason: string): void;
}

export interface Kind {
	/** What the host's users know it as: several forms of one kind have one name. */
	name: GuestKind;
	/** The interface that the component exports, without version. */
	interface: string;
	/** Versions of it that are taken: `0.2`, `0.1`. */
	version: string;
	/** Its one function, and the type it must have (as `printFunc` writes it). */
	function: string;
	type: string;
	/** Can an instance serve another call afterwards? A command (`wasi:cli/run`) runs once. */
	reusable: boolean;
	begin(task: Task & { payload: Payload }): Call;
}

/** Largest answer that is read out of a guest, bytes: AWS's limit of 6 MB and what its error adds. */
export const MAX_RESPONSE = 6_291_556;

export function tooLarge(bytes: number): CallResult {
	const message = `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE} bytes).`;
	const failure = {
		kind: "response-too-large",
		errorType: "Function.ResponseSizeTooLarge",
		errorMessage: message,
	} as const;
	return { ok: false, failure: { ...failure, stackTrace: [`${bytes} bytes`] } };
}
