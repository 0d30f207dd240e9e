import { describe, expect, it } from "vitest";
import { createConsole, logLine, logSettings } from "./console.ts";

const NOW = new Date("2026-11-22T10:00:00.123Z");
const TEXT = { requestId: "id-1", json: false, level: "TRACE" as const };
const JSON_LOG = { ...TEXT, json: true };

describe("a line of the log", () => {
	it("has time, request, level and message, with tabs, as Lambda writes it", () => {
		expect(logLine("WARN", ["low", { left: 1 }], TEXT, NOW)).toBe(
			"2026-11-22T10:00:00.123Z\tid-1\tWARN\tlow { left: 1 }\n",
		);
	});

	it("says `undefined` for the request outside of invocations, and nothing in JSON, as on Lambda", () => {
		const outside = { requestId: undefined };
		expect(logLine("INFO", ["a"], { ...TEXT, ...outside }, NOW)).toBe("2026-11-22T10:00:00.123Z\tundefined\tINFO\ta\n");
		expect(JSON.parse(logLine("INFO", ["a"], { ...JSON_LOG, ...outside }, NOW)!)).not.toHaveProperty("requestId");
	});

	it("stays one line", () => {
		expect(logLine("INFO", ["a\nb"], TEXT, NOW)!.split("\n")).toHaveLength(2);
	});

	it("is JSON where the environment asks for it; a lone object stays an object", () => {
		expect(JSON.parse(logLine("INFO", ["n is %d", 1], JSON_LOG, NOW)!)).toEqual({
			timestamp: "2026-11-22T10:00:00.123Z",
			level: "INFO",
			requestId: "id-1",
			message: "n is 1",
		});
		expect(JSON.parse(logLine("INFO", [{ a: [1] }], JSON_LOG, NOW)!)).toMatchObject({ message: { a: [1] } });
	});

	it("gives an error's parts apart in JSON", () => {
		const line = JSON.parse(logLine("ERROR", ["failed:", new RangeError("far")], JSON_LOG, NOW)!);
		expect(line).toMatchObject({ errorType: "RangeError", errorMessage: "far", stackTrace: expect.any(Array) });
	});

	it("survives what cannot be JSON", () => {
		const cycle: Record<string, unknown> = {};
		cycle.self = cycle;
		expect(JSON.parse(logLine("INFO", [cycle], JSON_LOG, NOW)!).message).toBe("{ self: [Circular] }");
	});

	it("below the level is not written", () => {
		const settings = { ...JSON_LOG, level: "WARN" as const };
		expect(logLine("INFO", ["x"], settings, NOW)).toBeNull();
		expect(logLine("ERROR", ["x"], settings, NOW)).not.toBeNull();
	});
});

describe("console", () => {
	function record() {
		const lines: string[] = [];
		return { lines, console: createConsole(TEXT, (line) => lines.push(line.trim().split("\t").slice(2).join(" "))) };
	}

	it("maps its functions to Lambda's levels", () => {
		const { lines, console } = record();
		for (const name of ["log", "info", "debug", "trace", "warn", "error"]) console[name]!(name);
		expect(lines).toEqual(["INFO log", "INFO info", "DEBUG debug", "TRACE trace", "WARN warn", "ERROR error"]);
	});

	it("counts, asserts and takes times", () => {
		const { lines, console } = record();
		console.count!();
		console.count!();
		console.assert!(true, "not shown");
		console.assert!(false, "shown");
		console.time!("t");
		console.timeEnd!("t");
		console.timeEnd!("never began");
		expect(lines.slice(0, 3)).toEqual(["INFO default: 1", "INFO default: 2", "ERROR Assertion failed shown"]);
		expect(lines[3]).toMatch(/^INFO t: \d+ms$/);
		expect(lines).toHaveLength(4);
	});
});

describe("settings of the log", () => {
	it("are Lambda's variables; a level counts only in JSON", () => {
		expect(logSettings({})).toEqual({ json: false, level: "TRACE" });
		expect(logSettings({ AWS_LAMBDA_LOG_FORMAT: "Text", AWS_LAMBDA_LOG_LEVEL: "ERROR" })).toEqual({
			json: false,
			level: "TRACE",
		});
		expect(logSettings({ AWS_LAMBDA_LOG_FORMAT: "JSON", AWS_LAMBDA_LOG_LEVEL: "warn" })).toEqual({
			json: true,
			level: "WARN",
		});
		expect(logSettings({ AWS_LAMBDA_LOG_FORMAT: "JSON", AWS_LAMBDA_LOG_LEVEL: "LOUD" })).toEqual({
			json: true,
			level: "TRACE",
		});
	});
});
