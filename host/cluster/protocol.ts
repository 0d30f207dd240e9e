/** What control and workers ask of each other. */
import type { Config } from "../config.ts";
import type { FunctionSpec, Prepared } from "../engine/types.ts";
import type { InvokeRequest, InvokeResult } from "../invoker/types.ts";
import type { StatsDelta } from "../observe/types.ts";
import type { FunctionRecord, FunctionUrlRecord, Page, TableName, TriggerRecord } from "../store/types.ts";
import type { SentLog } from "./log-sender.ts";
import type { SentHead } from "./passed-body.ts";

/** What a worker needs to begin. */
export interface WorkerStart {
	config: Config;
	/** Which of the host's workers it is, from 0. */
	slot: number;
	/** Socket of control, for requests to API and page. */
	controlPath: string;
	/** Socket on which this worker takes invocations that others hand over. */
	ownPath: string;
	/** Inherited sockets to listen on (API port, port of function URLs by path), and those of other workers. */
	descriptors: { byHost: number; byPath: number; others: readonly number[] };
}

/** How busy a worker is; told many times a second, which is also the sign that it lives. */
export interface Load {
	/** Invocations under way. */
	running: number;
	/** Guests that wait for the core. */
	runnable: number;
	/** Linear memory of its instances. */
	memoryBytes: number;
}

/** Another worker, as one that may hand over sees it. */
export interface Peer extends Load {
	slot: number;
	/** Its socket; null while there is no process. */
	path: string | null;
}

/** What lives in a worker now. */
export interface WorkerStats extends Load {
	instances: number;
	busy: number;
	/** Permits that it holds, used or not. */
	permits: number;
}

/** An invocation without what cannot be sent. */
export type SentRequest = Omit<InvokeRequest, "payload" | "signal" | "onResponse" | "onStart"> & {
	payload: Uint8Array;
	/** The caller wants an http guest's answer while it is made: it is sent under this number. */
	stream?: number;
};
export type SentResult = Omit<InvokeResult, "logTail"> & { logTail: Uint8Array };

/** The functions of a worker. */
export type WorkerFunctions = {
	/** Resolves when it listens. */
	start(start: WorkerStart): Promise<void>;
	invoke(request: SentRequest): Promise<SentResult>;
	prepare(spec: FunctionSpec): Promise<Prepared>;
	retire(specId: string): void;
	/** Keeps so many instances ready; answers when they are there. */
	warm(spec: FunctionSpec, instances: number): Promise<void>;
	/** Forgets what it remembers of a function, before it answers. */
	changed(functionName: string): void;
	/** The function is gone: nothing more of its log comes. */
	removeLog(functionName: string): void;
	/** Sends what it has of logs and figures, and answers once control has all of it. */
	sync(): Promise<WorkerStats>;
	/** Gives back so many permits, if it has them to spare; answers with how many. */
	recall(key: string, count: number): number;
	/** The same; the rest of `count` it gives back as it comes free (`returned`). */
	owe(key: string, count: number): number;
	/** Tells of the others. */
	peers(peers: Peer[]): void;
	/** Takes no more, lets what runs go on for so long, and answers when nothing runs. */
	close(graceMs: number): Promise<void>;
	/** Ends what still lives, and answers when control has all of its logs. */
	end(): Promise<void>;
	/** The grace time is over now. */
	hasten(): void;
};

/** The functions of control. */
export type ControlFunctions = {
	beat(load: Load): void;
	functionOf(name: string): Promise<FunctionRecord | null>;
	sameLabel(label: string): Promise<string[]>;
	urlById(id: string): Promise<FunctionUrlRecord | null>;
	urlOf(functionName: string, qualifier: string | null): Promise<FunctionUrlRecord | null>;
	triggersOf(functionName: string): Promise<TriggerRecord[]>;
	recordOf(table: TableName, scope: string, key: string): Promise<object | null>;
	recordsOf(table: TableName, scope: string, limit: number): Promise<Page<object>>;
	/** Asks for permits; answers with how many there were, 0 to `count`. */
	lease(key: string, count: number): Promise<number>;
	/** Whole lines of functions' logs; on disk, or told to be lost, when it answers, with which of them are on disk. */
	logs(sent: SentLog[]): Promise<boolean[]>;
	/** An invocation whose answer is wanted while it is made has begun, as this version. */
	started(stream: number, executedVersion: string): void;
	/** Its answer begins. */
	answered(stream: number, head: SentHead): void;
	/** A part of it, or, with null, its end. Answers when it was taken; with false if nobody wants more. */
	chunk(stream: number, bytes: Uint8Array | null): Promise<boolean>;
	/** Permits that were asked back are. */
	returned(key: string, count: number): void;
	stats(deltas: [functionName: string, delta: StatsDelta][]): void;
};

/** The key of the permits for invocations of all functions. */
export const ACCOUNT = "account";

/** The key of the permits that are a function's own. */
export function keyOfReserved(functionName: string): string {
	return `function ${functionName}`;
}

/** A worker tells that it lives so often, ms. */
export const BEAT_MS = 100;
