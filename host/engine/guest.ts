/** What host functions know of an instance (`Guest`): its handles, what its function has, and its invocation. */
import { mayReach } from "./egress.ts";
import { HandleTable } from "./handles.ts";
import type { HttpExchange } from "./http.ts";
import type { Meter } from "./meter.ts";
import { Trap } from "./trap.ts";
import type { FunctionSpec } from "./types.ts";
import type { Guest, Mount } from "./wasi/types.ts";

/** What changes from one invocation to the next. */
export interface GuestInvocation {
	stdin: Uint8Array;
	http: HttpExchange | undefined;
	output(stream: 1 | 2, bytes: Uint8Array): void;
}

const EMPTY = new Uint8Array();
/** Why signals are aborted; made once, since a DOMException a call costs more than the call. */
const OVER = new Error("the invocation is over");

export class InstanceGuest implements Guest {
	readonly handles = new HandleTable();
	readonly env: readonly (readonly [string, string])[];
	readonly args: readonly string[] = ["function"];
	readonly mounts: readonly Mount[];
	private readonly egress: readonly string[];
	private readonly meter: Meter;
	private invocation: GuestInvocation;

	constructor(spec: FunctionSpec, meter: Meter, invocation: GuestInvocation) {
		this.env = Object.entries(spec.env);
		this.mounts = spec.mounts;
		this.egress = spec.egress ?? [];
		this.meter = meter;
		this.invocation = invocation;
	}

	/** Another invocation begins, or none: what still serves the last one is aborted. */
	serve(invocation: GuestInvocation): void {
		this.abort();
		this.invocation = invocation;
	}

	/** Made when somebody asks for it: most invocations wait for nothing. */
	private controller: AbortController | undefined;

	get signal(): AbortSignal {
		this.controller ??= new AbortController();
		return this.controller.signal;
	}

	/** Ends all I/O that serves the invocation. */
	abort(): void {
		this.controller?.abort(OVER);
		this.controller = undefined;
	}
	get stdin(): Uint8Array {
		return this.invocation.stdin;
	}
	get http(): HttpExchange | undefined {
		return this.invocation.http;
	}

	mayReach(scheme: string, authority: string): boolean {
		return mayReach(this.egress, scheme, authority);
	}

	output(stream: 1 | 2, bytes: Uint8Array): void {
		this.invocation.output(stream, bytes);
	}

	charge(bytes: number): void {
		this.meter.chargeBytes(bytes);
	}

	/** What the guest said to `wasi:cli/exit`, once it has. */
	get exitStatus(): number | undefined {
		return this.meter.stopped?.status;
	}

	exit(status: number): never {
		this.meter.stop({ kind: "exit", message: `exit status ${status}`, status });
		throw new Trap(`exit status ${status}`);
	}
}

/** For the time before and between invocations: nothing to read, nobody who listens. */
export function noInvocation(output: GuestInvocation["output"] = () => {}): GuestInvocation {
	return { stdin: EMPTY, http: undefined, output };
}
