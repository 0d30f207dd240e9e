/**
 * `console`, writing as Lambda's Node.js runtime does: `time TAB request id TAB LEVEL TAB message`, or one JSON object a
 * line where `AWS_LAMBDA_LOG_FORMAT` is `JSON` (AWS: "Log and monitor Node.js Lambda functions").
 */
import { format } from "./inspect.ts";
import { framesOf } from "./stack.ts";

export type Level = "TRACE" | "DEBUG" | "INFO" | "WARN" | "ERROR" | "FATAL";
const LEVELS: readonly Level[] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

export interface LogSettings {
	/** Undefined outside of invocations: text then says so, and JSON has none, as on Lambda. */
	requestId: string | undefined;
	json: boolean;
	/** Lines below it are not written. */
	level: Level;
}

/** One line of the log, with its line feed; null if the level is too low. */
export function logLine(level: Level, values: readonly unknown[], settings: LogSettings, now: Date): string | null {
	if (LEVELS.indexOf(level) < LEVELS.indexOf(settings.level)) return null;
	const timestamp = now.toISOString();
	// Carriage returns, as Lambda writes them: a log's event is one line.
	if (!settings.json)
		return `${[timestamp, String(settings.requestId), level, format(values).replaceAll("\n", "\r")].join("\t")}\n`;
	const line = { timestamp, level, requestId: settings.requestId, ...messageOf(values) };
	try {
		return `${JSON.stringify(line)}\n`;
	} catch {
		return `${JSON.stringify({ ...line, message: format(values) })}\n`;
	}
}

/** A lone object stays an object; an error among the values is given apart. */
function messageOf(values: readonly unknown[]): Record<string, unknown> {
	const [first] = values;
	const error = values.find((it) => it instanceof Error);
	const message = values.length === 1 && typeof first === "object" && !error ? first : format(values);
	if (!error) return { message };
	return { message, errorType: error.name, errorMessage: error.message, stackTrace: framesOf(error) };
}

type Print = (...values: unknown[]) => void;

/** A console that hands each line to `write`. */
export function createConsole(settings: LogSettings, write: (line: string) => void): Record<string, Print> {
	const at = (level: Level): Print => {
		return (...values) => {
			const line = logLine(level, values, settings, new Date());
			if (line !== null) write(line);
		};
	};
	const times = new Map<string, number>();
	const counts = new Map<string, number>();
	const info = at("INFO");
	const error = at("ERROR");
	return {
		log: info,
		info,
		debug: at("DEBUG"),
		trace: at("TRACE"),
		warn: at("WARN"),
		error,
		dir: (value) => info(value),
		table: (value) => info(value),
		group: (...values) => (values.length > 0 ? info(...values) : undefined),
		groupEnd: () => undefined,
		assert: (condition, ...values) => (condition ? undefined : error("Assertion failed", ...values)),
		count(label = "default") {
			const count = (counts.get(String(label)) ?? 0) + 1;
			counts.set(String(label), count);
			info(`${label}: ${count}`);
		},
		countReset: (label = "default") => void counts.delete(String(label)),
		time: (label = "default") => void times.set(String(label), Date.now()),
		timeEnd(label = "default") {
			const start = times.get(String(label));
			times.delete(String(label));
			if (start !== undefined) info(`${label}: ${Date.now() - start}ms`);
		},
	};
}

/** What the environment says about the log. An unknown level is none. */
export function logSettings(environment: Readonly<Record<string, string | undefined>>): Omit<LogSettings, "requestId"> {
	const json = environment.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === "JSON";
	const wanted = LEVELS.find((it) => it === environment.AWS_LAMBDA_LOG_LEVEL?.toUpperCase());
	return { json, level: (json ? wanted : undefined) ?? "TRACE" };
}
