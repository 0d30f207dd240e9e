/**
 * The log as JSON objects (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html), with
 * levels (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html).
 */
import type { Failure, Usage } from "../engine/types.ts";
import type { LoggingConfig } from "../store/types.ts";
import { droppedText, type Format, type Formatter, failureObject, failureText, report } from "./format.ts";
import type { InvocationStart } from "./types.ts";

type Level = NonNullable<LoggingConfig["applicationLogLevel"]>;

/** From most to least. */
const LEVELS: readonly Level[] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const isLevel = (value: string): value is Level => LEVELS.some((level) => level === value);
const reaches = (level: Level, least: Level): boolean => LEVELS.indexOf(level) >= LEVELS.indexOf(least);

/** What a line is that says nothing of a level: console.error and its kin write to stderr. */
const STREAM_LEVELS = { 1: "INFO", 2: "ERROR" } as const;

export const jsonFormat: Format = {
	invocation: formatter,
	note: (timestamp, message) => JSON.stringify({ timestamp, level: "WARN", message }),
};

function formatter(start: InvocationStart): Formatter {
	return {
		start: (time) => system(start, "INFO", { time, type: "platform.start", record: platform(start) }),
		line: (time, stream, text) => applicationLine(start, time, stream, text),
		dropped: (time, lines, bytes) => application(start, time, "WARN", droppedText(lines, bytes)),
		end: (time, usage, failure) => [
			...explain(start, time, failure),
			...runtimeDone(start, time, usage, failure),
			...platformReport(start, time, usage, failure),
		],
	};
}

// The levels are Lambda's: "System log level event mapping" of the page above.
function runtimeDone(start: InvocationStart, time: string, usage: Usage, failure: Failure | null): string[] {
	const metrics = { durationMs: report(start, usage).durationMs };
	const record = { requestId: start.requestId, metrics, ...outcome(failure) };
	return system(start, failure ? "WARN" : "DEBUG", { time, type: "platform.runtimeDone", record });
}

function platformReport(start: InvocationStart, time: string, usage: Usage, failure: Failure | null): string[] {
	const { initDurationMs, ...figures } = report(start, usage);
	const metrics = initDurationMs === null ? figures : { ...figures, initDurationMs };
	const record = { requestId: start.requestId, metrics, ...outcome(failure) };
	return system(start, failure ? "WARN" : "INFO", { time, type: "platform.report", record });
}

function platform(start: InvocationStart): { requestId: string; version: string } {
	return { requestId: start.requestId, version: start.version };
}

function explain(start: InvocationStart, time: string, failure: Failure | null): string[] {
	if (failure === null) return [];
	const message = failure.kind === "handled" ? failureObject(failure) : failureText(start, time, failure).join(" ");
	return [application(start, time, "ERROR", message)];
}

function outcome(failure: Failure | null): { status: "success" | "timeout" | "error"; errorType?: string } {
	if (failure === null) return { status: "success" };
	if (failure.kind === "timeout") return { status: "timeout" };
	return { status: "error", errorType: failure.errorType.slice(0, 256) };
}

function system(start: InvocationStart, level: Level, record: object): string[] {
	return reaches(level, start.logging.systemLogLevel ?? "INFO") ? [JSON.stringify(record)] : [];
}

/** A line that is a JSON object stays as the guest wrote it, any other is wrapped. */
function applicationLine(start: InvocationStart, time: string, stream: 1 | 2, text: string): string | null {
	const least = start.logging.applicationLogLevel ?? "INFO";
	const object = parseObject(text);
	if (object) return reaches(levelOf(object), least) ? text : null;
	const level = STREAM_LEVELS[stream];
	return reaches(level, least) ? application(start, time, level, text) : null;
}

/** "If the level value field is invalid or missing, Lambda will assign the log output the level INFO." */
function levelOf(object: object): Level {
	const level = "level" in object && typeof object.level === "string" ? object.level.toUpperCase() : "";
	return isLevel(level) ? level : "INFO";
}

function application(start: InvocationStart, timestamp: string, level: Level, message: unknown): string {
	return JSON.stringify({ timestamp, level, message, requestId: start.requestId });
}

function parseObject(text: string): object | null {
	if (!text.trimStart().startsWith("{")) return null;
	try {
		return JSON.parse(text) as object;
	} catch {
		return null;
	}
}
