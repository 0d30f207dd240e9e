/** What the page's API gives: JSON, `/_pilot/api/…`. */
import type { Config } from "../config.ts";
import type { Engine } from "../engine/types.ts";
import type { Addresses } from "../gateway/addresses.ts";
import type { FunctionStats, InvocationSummary, Observer } from "../observe/types.ts";
import type { FunctionRecord, FunctionUrlRecord, Store, TriggerRecord } from "../store/types.ts";

/** The bus, as far as the page needs it. `add` and `remove` throw ServiceError for what the caller can mend. */
export interface Triggers {
	list(functionName?: string): Promise<TriggerRecord[]>;
	/** Checks what it is given. */
	add(input: unknown): Promise<TriggerRecord>;
	/** False if there was none. */
	remove(id: string): Promise<boolean>;
}

export interface ConsoleDeps {
	/** Read at each request: with port 0 the ports are known only once the host listens. */
	config: Pick<Config, "port" | "urlPort" | "region" | "account">;
	store: Pick<Store, "functions" | "urls">;
	engine: Pick<Engine, "stats">;
	observer: Pick<Observer, "stats" | "read">;
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
	engine: ReturnType<Engine["stats"]>;
}
