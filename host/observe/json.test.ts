import { describe, expect, it } from "vitest";
import type { LoggingConfig } from "../store/types.ts";
import { jsonFormat } from "./json.ts";
import { endOf, failureOf, startOf, TIME, usageOf } from "./testing.ts";

const startWith = (levels: Partial<LoggingConfig> = {}) =>
	startOf({ requestId: "id-1", logging: { format: "JSON", group: "g", ...levels } });
const line = (text: string, stream: 1 | 2 = 1, level?: LoggingConfig["applicationLogLevel"]) =>
	jsonFormat.invocation(startWith({ applicationLogLevel: level })).line(TIME, stream, text);
const end = (failure: Parameters<typeof endOf>[3], level?: LoggingConfig["systemLogLevel"]) =>
	endOf(jsonFormat, startWith({ systemLogLevel: level }), usageOf({ initMs: 4.5 }), failure).map((text) =>
		JSON.parse(text),
	);

const METRICS = {
	durationMs: 1.23,
	billedDurationMs: 6,
	memorySizeMB: 128,
	maxMemoryUsedMB: 12,
	initDurationMs: 4.5,
	cpuTimeMs: 1,
	fuelUsed: 1234,
};

describe("a log as JSON", () => {
	it("starts with platform.start", () => {
		expect(
			jsonFormat
				.invocation(startWith())
				.start(TIME)
				.map((text) => JSON.parse(text)),
		).toEqual([{ time: TIME, type: "platform.start", record: { requestId: "id-1", version: "$LATEST" } }]);
	});

	it("ends with platform.report", () => {
		expect(end(null)).toEqual([
			{ time: TIME, type: "platform.report", record: { requestId: "id-1", metrics: METRICS, status: "success" } },
		]);
	});

	it("has no initDurationMs where there was no initialisation", () => {
		const [report] = endOf(jsonFormat, startWith(), usageOf(), null).map((text) => JSON.parse(text));
		expect(report.record.metrics).not.toHaveProperty("initDurationMs");
	});

	it("says of a timeout what text says, and its status", () => {
		expect(end(failureOf("timeout"))).toEqual([
			{ timestamp: TIME, level: "ERROR", message: `${TIME} id-1 Task timed out after 3.00 seconds`, requestId: "id-1" },
			expect.objectContaining({ type: "platform.runtimeDone" }),
			{ time: TIME, type: "platform.report", record: { requestId: "id-1", metrics: METRICS, status: "timeout" } },
		]);
	});

	it("says of a crash what text says, and its type", () => {
		const [message, , report] = end(failureOf("crash"));
		expect(message).toMatchObject({ message: "RequestId: id-1 Error: it went wrong Runtime.ExitError" });
		expect(report.record).toMatchObject({ status: "error", errorType: "Runtime.ExitError" });
	});

	it("has an error that the handler gave as an object", () => {
		const [message] = end(failureOf("handled", { errorType: "Refused", stackTrace: ["at f"] }));
		expect(message.message).toEqual({ errorType: "Refused", errorMessage: "it went wrong", stackTrace: ["at f"] });
	});

	it.each([
		["DEBUG", ["platform.runtimeDone", "platform.report"], ["platform.runtimeDone", "platform.report"]],
		["INFO", ["platform.report"], ["platform.runtimeDone", "platform.report"]],
		["WARN", [], ["platform.runtimeDone", "platform.report"]],
	] as const)("at system level %s ends success with %j and failure with %j", (level, success, failure) => {
		const types = (records: { type?: string }[]) => records.flatMap(({ type }) => type ?? []);
		expect(types(end(null, level))).toEqual(success);
		expect(types(end(failureOf("crash"), level))).toEqual(failure);
		const starts = jsonFormat.invocation(startWith({ systemLogLevel: level })).start(TIME);
		expect(starts).toHaveLength(level === "WARN" ? 0 : 1);
	});
});

describe("a guest's line as JSON", () => {
	it("is wrapped, with the level of its stream", () => {
		expect(JSON.parse(line('say "größe"')!)).toEqual({
			timestamp: TIME,
			level: "INFO",
			message: 'say "größe"',
			requestId: "id-1",
		});
		expect(JSON.parse(line("oh", 2)!)).toMatchObject({ level: "ERROR", message: "oh" });
	});

	it.each(['{"a":1}', ' {"level":"info","nested":{"x":[1]}} ', "{}"])(
		"stays as it is when it is an object: %s",
		(text) => {
			expect(line(text)).toBe(text);
		},
	);

	it.each(["[1]", "1", "null", '"x"', "{", '{"a":1} x', "{a:1}", ""])("is wrapped when it is not: %s", (text) => {
		expect(JSON.parse(line(text)!)).toMatchObject({ message: text, level: "INFO" });
	});

	it.each([
		[undefined, ["INFO", "WARN", "ERROR", "FATAL", "warn", "other", 5]],
		["TRACE", ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "warn", "other", 5]],
		["WARN", ["WARN", "ERROR", "FATAL", "warn"]],
		["FATAL", ["FATAL"]],
	] as const)("is left out below the level %s", (least, expected) => {
		const levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "warn", "other", 5];
		const kept = levels.filter((level) => line(JSON.stringify({ level }), 1, least) !== null);
		expect(kept).toEqual(expected);
	});

	it("that says nothing of a level is left out by its stream", () => {
		expect(line("text", 1, "WARN")).toBeNull();
		expect(line("text", 2, "WARN")).not.toBeNull();
		expect(line("text", 2, "FATAL")).toBeNull();
	});

	it("of braces without end costs no more than its length", () => {
		expect(JSON.parse(line("{".repeat(200_000))!).message).toHaveLength(200_000);
	});
});

describe("the host's own lines as JSON", () => {
	it("are warnings", () => {
		expect(JSON.parse(jsonFormat.note(TIME, "[pilot] x"))).toEqual({
			timestamp: TIME,
			level: "WARN",
			message: "[pilot] x",
		});
		expect(JSON.parse(jsonFormat.invocation(startWith()).dropped(TIME, 2, 3))).toMatchObject({
			level: "WARN",
			message: "[pilot] 2 lines (3 bytes) of output were dropped here",
		});
	});
});
