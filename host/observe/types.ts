/** Logs and figures of invocations. Nothing here ever blocks or fails an invocation. */
import type { Failure, Usage } from "../engine/types.ts";
import type { LoggingConfig } from "../store/types.ts";

export interface InvocationStart {
	functionName: string;
	version: string;
	requestId: string;
	memoryMb: number;
	/** ms. */
	timeoutMs: number;
	logging: LoggingConfig;
}

/** The log of one invocation: START when it is made, then output, then END and REPORT. */
export interface InvocationLog {
	/** The guest's output, any bytes, any pieces: lines are put together here. Copies what it keeps. */
	output(stream: 1 | 2, bytes: Uint8Array): void;
	/** Writes END and REPORT. `failure` is null on success. */
	finish(usage: Usage, failure: Failure | null): void;
	/** START to REPORT, the last 4 KB at most; also before `finish`. */
	tail(): Uint8Array;
}

/** One line of the ledger: an invocation that ended. */
export interface InvocationSummary {
	functionName: string;
	version: string;
	requestId: string;
	/** ms since the epoch. */
	endedAt: number;
	usage: Usage;
	failure: { kind: string; errorType: string; errorMessage: string } | null;
}

export interface FunctionStats {
	invocations: number;
	errors: number;
	/** Newest first; a bounded number. */
	recent: InvocationSummary[];
}

/** What came to a function's figures since they were last asked for. */
export type StatsDelta = FunctionStats;

export interface Observer {
	begin(start: InvocationStart): InvocationLog;
	/** A line of the host's own in a function's log, outside any invocation: an event was dropped, and why. */
	note(functionName: string, logging: LoggingConfig, message: string): void;
	/** A function's log as text, oldest line first; with `follow` it goes on until the signal is aborted. */
	read(
		functionName: string,
		options: { follow: boolean; signal: AbortSignal; lastLines?: number },
	): AsyncIterable<string>;
	stats(functionName: string): FunctionStats;
	/** The function was deleted: its log goes. */
	remove(functionName: string): Promise<void>;
	/** Writes out what is buffered. */
	close(): Promise<void>;
}

/** An observer that is one of several, each in a process of its own. */
export interface SharedObserver extends Observer {
	/** Lines that another process has gathered; on disk when it resolves. Rejects if the disk does not take them. */
	take(functionName: string, lines: Uint8Array): Promise<void>;
	/** Figures that another process has gathered. */
	merge(functionName: string, delta: StatsDelta): void;
	/** Figures that were gathered here since this was called last. */
	deltas(): [functionName: string, delta: StatsDelta][];
	/** Writes out what is buffered now. */
	flush(): Promise<void>;
}
