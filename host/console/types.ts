/** What the page's API gives: JSON, `/_pilot/api/…`. */
import type { Access } from "../auth/open.ts";
import type { Config } from "../config.ts";
import type { Engine } from "../engine/types.ts";
import type { Addresses } from "../gateway/addresses.ts";
import type { Invoker } from "../invoker/types.ts";
import type { FunctionStats, InvocationSummary, Observer } from "../observe/types.ts";
import type { AliasRecord, FunctionRecord, FunctionUrlRecord, Store, TriggerRecord } from "../store/types.ts";

/** The bus, as far as the page needs it. `add` and `remove` throw ServiceError for what the caller can mend. */
export interface Triggers {
	list(functionName?: string): Promise<TriggerRecord[]>;
	/** Checks what it is given. */
	add(input: unknown): Promise<TriggerRecord>;
	/** False if there was none. */
	remove(id: string): Promise<boolean>;
}

type EngineStats = ReturnType<Engine["stats"]>;

/** A process that accepts requests and runs instances. */
export interface WorkerView extends EngineStats {
	/** From 0. Whatever takes its place has the same. */
	slot: number;
	pid: number;
	/** Invocations under way. */
	running: number;
	/** Guests that wait for the core. */
	runnable: number;
	/** Of the invocations at once that the host allows, how many are this worker's, used or not. */
	permits: number;
}

export interface ConsoleDeps {
	/** Read at each request: with port 0 the ports are known only once the host listens. */
	config: Pick<Config, "host" | "port" | "urlPort" | "region" | "account" | "memoryBudget">;
	store: Store;
	/** Who may call; without it everybody may, and there are no keys to be had. */
	access?: Access;
	/** For events that are tried again. */
	invoker: Pick<Invoker, "enqueue">;
	/** Figures may have to be gathered from several processes. */
	engine: { stats(): EngineStats | Promise<EngineStats> };
	observer: Pick<Observer, "read"> & { stats(functionName: string): FunctionStats | Promise<FunctionStats> };
	/** The processes that run instances; without it there is one, this one. */
	workers?(): Promise<WorkerView[]>;
	triggers: Triggers;
	/** Of the package. */
	version: string;
	/** The host stops: logs that are followed end, so that nobody has to wait for their readers. */
	stopping?: AbortSignal;
	/** One line for who runs the host; stderr unless given. */
	log?(line: string): void;
}

/** A function URL with its addresses. */
export interface UrlView extends Pick<FunctionUrlRecord, "id" | "qualifier" | "authType" | "invokeMode"> {
	addresses: Addresses;
}

/** `GET functions`: a line of the list. */
export interface FunctionLine {
	name: string;
	kind: string;
	world: string;
	/** Bytes of the component. */
	size: number;
	memoryMb: number;
	timeoutSeconds: number;
	url: UrlView | null;
	invocations: number;
	errors: number;
	/** Newest first. */
	recent: Pick<InvocationSummary, "requestId" | "endedAt" | "usage" | "failure">[];
}

/** `GET functions/NAME`. The values of the environment are secrets, and the page has no need of them. */
export interface FunctionView {
	function: Omit<FunctionRecord, "environment"> & { environmentNames: string[] };
	/** What an instance can have of `memoryMb`: 4 GiB of a 32-bit memory, and no more than all instances together may have. */
	memoryAvailableMb: number;
	/** Numbers of the newest versions, newest first; some hundred at most. */
	versions: string[];
	aliases: Pick<AliasRecord, "name" | "version" | "weights">[];
	urls: UrlView[];
	stats: FunctionStats;
	triggers: TriggerRecord[];
}

/** `GET status`. */
export interface StatusView {
	version: string;
	node: string;
	uptimeSeconds: number;
	region: string;
	account: string;
	functions: number;
	codeBytes: number;
	engine: EngineStats;
	workers: WorkerView[];
}
