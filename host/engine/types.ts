/** What the engine promises to the invoker and to publishing. It knows neither Hono nor AWS. */
import type { HttpRequest, HttpResponse } from "./http.ts";
import type { Mount } from "./wasi/types.ts";

/**
 * How a function is called: by its exports, `pilot:function/handler` or `text-handler`, `wasi:http/incoming-handler` or
 * `wasi:cli/run`.
 */
export type GuestKind = "handler" | "http" | "cli";

/** A component made ready to run, as `build` leaves it on disk. */
export interface ArtifactInfo {
	/** `sha256:` and 64 hex digits: of the code as it was handed in. */
	digest: string;
	kind: GuestKind;
	/** The export that decided the kind, as the component names it: `wasi:http/incoming-handler@0.2.3`. */
	world: string;
	/** Bytes of the component as it was handed in. */
	size: number;
}

/**
 * What an instance keeps from one invocation to the next. `reuse`: all (Lambda's contract). `request`: nothing, it is put
 * back to its snapshot. `tenant`: all, but it serves one tenant only.
 */
export type Isolation = "reuse" | "request" | "tenant";

/** How often initialisation runs: `once` a version, whose instances start from a snapshot, or in `each` instance. */
export type Init = "once" | "each";

/** One function version as the engine runs it. Another code, environment or limit is another spec, with another id. */
export interface FunctionSpec {
	/** Unique to the version and its configuration; instances are pooled by it. */
	id: string;
	digest: string;
	kind: GuestKind;
	/** Cap over all linear memories of an instance, bytes. */
	memoryBytes: number;
	/** Limit an invocation, fuel units; null is none. */
	fuel: number | null;
	env: Readonly<Record<string, string>>;
	mounts: readonly Mount[];
	/** Authorities, `host` or `host:port`, that it may send requests to (`egress.ts`). Default: none. */
	egress?: readonly string[];
	/** Default: `reuse`. */
	isolation?: Isolation;
	/** Default: `once`. */
	init?: Init;
	/** Most instances at once; further invocations wait their turn until their deadline. */
	maxInstances: number;
}

/** The handler world's context record (`wit/world.wit`), but for the deadline, which counts from the handler's start. */
export interface HandlerContext {
	requestId: string;
	functionName: string;
	functionVersion: string;
	invokedFunctionArn: string;
	memoryLimitInMb: number;
	logGroupName: string;
	logStreamName: string;
	clientContext: string | undefined;
	tenantId: string | undefined;
	traceId: string | undefined;
}

export type Payload =
	| { kind: "event"; event: Uint8Array; context: HandlerContext }
	| { kind: "http"; request: HttpRequest };

/** What tells that nobody wants a thing any more: an AbortSignal, or something lighter that is as much of one. */
export interface CancelSignal {
	readonly aborted: boolean;
	addEventListener(type: "abort", listener: () => void): void;
	removeEventListener(type: "abort", listener: () => void): void;
}

/** One invocation, as the engine sees it. */
export interface Task {
	spec: FunctionSpec;
	payload: Payload;
	/** ms from the start of the handler until it is ended. Waiting for an instance and its initialisation do not count. */
	timeoutMs: number;
	/** The caller went away or the host stops: ends the invocation. */
	signal: CancelSignal;
	/** Who it is done for, where the spec keeps tenants apart. Without one, the instance serves nobody else. */
	tenantId?: string | undefined;
	/** The guest's output; called while it runs, must not block or throw. */
	output(stream: 1 | 2, bytes: Uint8Array): void;
	/** An http guest answered; its body goes on until the outcome. Once at most. */
	onResponse?(response: HttpResponse): void;
}

/** Why an invocation failed. `handled`: the guest said so itself and serves on. All others end its instance. */
export type FailureKind =
	| "handled"
	| "crash"
	| "exit"
	| "timeout"
	| "fuel"
	| "memory"
	| "init"
	| "cancelled"
	| "response-too-large";

export interface Failure {
	kind: FailureKind;
	/** As Lambda names it: `Runtime.ExitError`, `Sandbox.Timedout`, or the guest's own. */
	errorType: string;
	errorMessage: string;
	stackTrace: string[];
}

/** What one invocation cost. */
export interface Usage {
	/** Wall-clock time of the handler, ms with fraction. */
	durationMs: number;
	/** Wall-clock time of initialisation, ms, if this invocation had to wait for a new instance; else null. */
	initMs: number | null;
	/** Time that guest code held a core, ms. */
	cpuMs: number;
	fuel: number;
	/** Most bytes that the instance's linear memories had, up to now in its life. */
	memoryBytes: number;
}

/** `payload` is empty for an http guest, whose answer went to `onResponse`. */
export type Outcome = { usage: Usage } & ({ ok: true; payload: Uint8Array } | { ok: false; failure: Failure });

/** What came of preparing a version. */
export interface Prepared {
	/** Its instances start from a snapshot; else each initialises itself. */
	snapshot: boolean;
}

export interface Engine {
	/** Admits, links and meters code (a component, or a preview-1 core module); on disk when it resolves. Same code, same artifact, no work.
	 * Throws AdmissionError, whose message says what was found and what was expected. */
	build(code: Uint8Array): Promise<ArtifactInfo>;
	/** Initialises a version once and keeps its snapshot; on disk when it resolves. Throws AdmissionError if initialisation fails. */
	prepare(spec: FunctionSpec): Promise<Prepared>;
	/**
	 * Keeps at least so many instances of a version ready, whatever the limits of idle time and memory, until it is retired or
	 * the number is another one; 0 ends it. Resolves when they are there. Throws EngineBusy, InitError; what is missing
	 * then is tried again from time to time.
	 */
	warm(spec: FunctionSpec, instances: number): Promise<void>;
	/** Runs one invocation. Rejects with EngineBusy, and for faults of the host itself. */
	invoke(task: Task): Promise<Outcome>;
	/** The version is gone or replaced: its instances end when they are idle. */
	retire(specId: string): void;
	/** Removes what is on disk for anything but these versions. Only before others are built: nothing else knows them. */
	sweep(specs: readonly FunctionSpec[]): Promise<void>;
	/** What lives now, for the page and for tests. */
	stats(): { instances: number; busy: number; memoryBytes: number };
	/** Guests that wait for the core now. */
	runnable(): number;
	/** Linear memory of all instances now, bytes. */
	memoryBytes(): number;
	/** All instances may have so much linear memory from now on; those that are idle end if it is exceeded. */
	limitMemory(bytes: number): void;
	/** Waits until running invocations are done (at most `graceMs`), then ends all. */
	close(graceMs: number): Promise<void>;
}

/** The code cannot be a function here: what was found, what was expected. */
export class AdmissionError extends Error {
	override name = "AdmissionError";
}

/** There is no room for another instance now, and nothing idle that could end. The invocation may be tried again. */
export class EngineBusy extends Error {
	override name = "EngineBusy";
}
