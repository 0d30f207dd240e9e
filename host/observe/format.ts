/** The two forms of a function's log. A message is one line without newline; its time is kept beside it. */
import type { Failure, Usage } from "../engine/types.ts";
import type { InvocationStart } from "./types.ts";

/** The messages of one invocation. `time` is ISO 8601 with ms. */
export interface Formatter {
	start(time: string): string[];
	/** Null if the function's log level leaves it out. */
	line(time: string, stream: 1 | 2, text: string): string | null;
	/** Output was dropped. */
	dropped(time: string, lines: number, bytes: number): string;
	/** What went wrong, END and REPORT. */
	end(time: string, usage: Usage, failure: Failure | null): string[];
}

export interface Format {
	invocation(start: InvocationStart): Formatter;
	/** A line of the host's own, outside any invocation. */
	note(time: string, text: string): string;
}

const MIB = 2 ** 20;
/** Characters of a failure's message in the log; the caller has the whole. */
const MAX_MESSAGE = 16 * 1024;

/** The figures of REPORT, rounded as Lambda does. */
export interface Report {
	/** Two decimals. */
	durationMs: number;
	/** Whole ms, rounded up, with the initialisation (https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/). */
	billedDurationMs: number;
	memorySizeMB: number;
	maxMemoryUsedMB: number;
	initDurationMs: number | null;
	/** Time that the function's code held a core, three decimals. */
	cpuTimeMs: number;
	fuelUsed: number;
}

export function report(start: InvocationStart, usage: Usage): Report {
	return {
		durationMs: twoDecimals(usage.durationMs),
		billedDurationMs: Math.ceil(twoDecimals(usage.durationMs + (usage.initMs ?? 0))),
		memorySizeMB: start.memoryMb,
		maxMemoryUsedMB: Math.ceil(usage.memoryBytes / MIB),
		initDurationMs: usage.initMs === null ? null : twoDecimals(usage.initMs),
		cpuTimeMs: Math.round(usage.cpuMs * 1000) / 1000,
		fuelUsed: usage.fuel,
	};
}

/** What stands in the log for a failure that the guest did not report itself; `time` as in the formatter. */
export function failureText(start: InvocationStart, time: string, failure: Failure): string[] {
	if (failure.kind === "timeout")
		return [`${time} ${start.requestId} Task timed out after ${(start.timeoutMs / 1000).toFixed(2)} seconds`];
	const message = oneLine(failure.errorMessage);
	const prefix = `RequestId: ${start.requestId}`;
	return [message.startsWith(prefix) ? message : `${prefix} Error: ${message}`, oneLine(failure.errorType)];
}

/** The error object of a handled failure, bounded. */
export function failureObject(failure: Failure): { errorType: string; errorMessage: string; stackTrace: string[] } {
	const stackTrace: string[] = [];
	let left = MAX_MESSAGE;
	for (const frame of failure.stackTrace) {
		left -= frame.length + 1;
		if (left < 0) break;
		stackTrace.push(frame);
	}
	return {
		errorType: failure.errorType.slice(0, MAX_MESSAGE),
		errorMessage: failure.errorMessage.slice(0, MAX_MESSAGE),
		stackTrace,
	};
}

/** In the words of the host's log, for a person. */
export function droppedText(lines: number, bytes: number): string {
	return hostText(
		`${lines} ${lines === 1 ? "line" : "lines"} (${bytes} bytes) of output ${lines === 1 ? "was" : "were"} dropped here`,
	);
}

/** A line of the host's own, marked as such and bounded. */
export function hostText(message: string): string {
	return `[pilot] ${oneLine(message)}`;
}

function oneLine(text: string): string {
	return text.slice(0, MAX_MESSAGE).replace(/[\r\n]+/g, " ");
}

function twoDecimals(value: number): number {
	return Math.round(value * 100) / 100;
}
