/** What host functions know of an instance (`Guest`): its handles, what its function has, and its invocation. */
import { mayReach } from "./egress.ts";
import { HandleTable } from "./handles.ts";
import type { HttpExchange } from "./http.ts";
import type { Meter } from "./meter.ts";
import { Trap } from "./trap.ts";
import type { FunctionSpec } from "./types.ts";
import type { Guest, Mount } from "./wasi/types.ts";

/** What an invocation brings for its guest. */
interface Served {
	readonly stdin?: Uint8Array;
	readonly http?: HttpExchange;
	stdout?(bytes: Uint8Array): void;
}

/** Where output goes that nobody else takes. */
export interface OutputSink {
	output(stream: 1 | 2, bytes: Uint8Array): void;
}

/** For the time before and between invocations: nothing to read, nobody who listens. */
const NOTHING: Served = {};
const NOBODY: OutputSink = { output() {} };

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
	private served = NOTHING;
	private sink: OutputSink;

	/** `sink` takes the output of initialisation. */
	constructor(spec: FunctionSpec, meter: Meter, sink: OutputSink = NOBODY) {
		this.env = Object.entries(spec.env);
		this.mounts = spec.mounts;
		this.egress = spec.egress ?? [];
		this.meter = meter;
		this.sink = sink;
	}

	/** An invocation begins. */
	serve(served: Served, sink: OutputSink): void {
		this.abort();
		this.served = served;
		this.sink = sink;
	}

	/** It is over: what still serves it is aborted. */
	rest(): void {
		this.serve(NOTHING, NOBODY);
	}

	/** Made when somebody asks for it: most invocations wait for nothing. */
	private controller: AbortController | undefined;

	get signal(): AbortSignal {
		this.controller ??= new AbortController();
		return this.controller.signal;
	}

	/** Ends all I/O that serves the invocation. */
	abort(): void {
		if (this.controller === undefined) return;
		this.controller.abort(OVER);
		this.controller = undefined;
	}

	get stdin(): Uint8Array {
		return this.served.stdin ?? EMPTY;
	}
	get http(): HttpExchange | undefined {
		return this.served.http;
	}

	/** It may have learned something from another host, which a snapshot would keep for good. */
	usedNetwork = false;

	mayReach(scheme: string, authority: string): boolean {
		const may = mayReach(this.egress, scheme, authority);
		this.usedNetwork ||= may;
		return may;
	}

	output(stream: 1 | 2, bytes: Uint8Array): void {
		if (stream === 1 && this.served.stdout !== undefined) this.served.stdout(bytes);
		else this.sink.output(stream, bytes);
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
