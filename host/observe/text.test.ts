import { describe, expect, it } from "vitest";
import { endOf, failureOf, startOf, TIME, usageOf } from "./testing.ts";
import { textFormat } from "./text.ts";

const start = startOf({ requestId: "id-1" });
const end = (...[usage, failure]: [Parameters<typeof endOf>[2], Parameters<typeof endOf>[3]]) =>
	endOf(textFormat, start, usage, failure);
const REPORT =
	"REPORT RequestId: id-1\tDuration: 1.23 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 12 MB";

describe("a log as text", () => {
	it("starts with START and has the guest's lines as they are", () => {
		const formatter = textFormat.invocation(start);
		expect(formatter.start(TIME)).toEqual(["START RequestId: id-1 Version: $LATEST"]);
		expect(formatter.line(TIME, 1, '{"level":"TRACE"}')).toBe('{"level":"TRACE"}');
		expect(formatter.line(TIME, 2, "")).toBe("");
	});

	it("ends with END and REPORT, tabs between the fields and after them", () => {
		expect(end(usageOf(), null)).toEqual(["END RequestId: id-1", `${REPORT}\tCPU Time: 1.000 ms\tFuel Used: 1234\t`]);
	});

	it("has Init Duration where there was one, which is billed too", () => {
		expect(end(usageOf({ initMs: 4.5678 }), null)[1]).toBe(
			`${REPORT.replace("Billed Duration: 2 ms", "Billed Duration: 6 ms")}\tInit Duration: 4.57 ms\tCPU Time: 1.000 ms\tFuel Used: 1234\t`,
		);
	});

	it("rounds durations to hundredths, bills whole ms, and counts memory in MB that were begun", () => {
		const line = end(usageOf({ durationMs: 2, initMs: 0, memoryBytes: 2 ** 20 + 1, fuel: 0 }), null)[1];
		expect(line).toContain("\tDuration: 2.00 ms\tBilled Duration: 2 ms\t");
		expect(line).toContain("\tMax Memory Used: 2 MB\tInit Duration: 0.00 ms\tCPU Time: 1.000 ms\tFuel Used: 0\t");
	});

	it("says of a timeout what Lambda says", () => {
		expect(end(usageOf({ durationMs: 3000.4 }), failureOf("timeout"))).toEqual([
			`${TIME} id-1 Task timed out after 3.00 seconds`,
			"END RequestId: id-1",
			expect.stringMatching(
				/\tDuration: 3000.40 ms\tBilled Duration: 3001 ms\t.*\tCPU Time: 1.000 ms\tFuel Used: 1234\tStatus: timeout$/,
			),
		]);
	});

	it("says of a crash what Lambda says, with the request id once", () => {
		for (const errorMessage of ["unreachable executed", "RequestId: id-1 Error: unreachable executed"])
			expect(end(usageOf(), failureOf("crash", { errorMessage }))).toEqual([
				"RequestId: id-1 Error: unreachable executed",
				"Runtime.ExitError",
				"END RequestId: id-1",
				`${REPORT}\tCPU Time: 1.000 ms\tFuel Used: 1234\tStatus: error\tError Type: Runtime.ExitError`,
			]);
	});

	it("has an error that the handler gave on one line, and no status", () => {
		const failure = failureOf("handled", {
			errorType: "Refused",
			errorMessage: "no\nway",
			stackTrace: ["at f (x.ts:1)"],
		});
		expect(end(usageOf(), failure)).toEqual([
			`${TIME}\tid-1\tERROR\tInvoke Error \t{"errorType":"Refused","errorMessage":"no\\nway","stackTrace":["at f (x.ts:1)"]}`,
			"END RequestId: id-1",
			`${REPORT}\tCPU Time: 1.000 ms\tFuel Used: 1234\t`,
		]);
	});

	it("lets no failure forge lines or fields, nor fill the log", () => {
		const failure = failureOf("exit", {
			errorType: `A\nREPORT RequestId: id-1\tStatus${"x".repeat(10_000)}`,
			errorMessage: `\r\nEND RequestId: id-1\n${"y".repeat(1_000_000)}`,
		});
		const lines = end(usageOf(), failure);
		expect(lines).toHaveLength(4);
		for (const line of lines) expect(line).not.toMatch(/[\r\n]/);
		expect(lines.join("").length).toBeLessThan(50_000);
		expect(lines[3]!.split("\t").at(-1)).toMatch(/^Error Type: A REPORT RequestId: id-1 Statusx+$/);
		const handled = failureOf("handled", {
			errorMessage: "z".repeat(1_000_000),
			stackTrace: Array(10_000).fill("frame"),
		});
		expect(end(usageOf(), handled)[0]!.length).toBeLessThan(100_000);
	});

	it("counts what was dropped", () => {
		const formatter = textFormat.invocation(start);
		expect(formatter.dropped(TIME, 1234, 56_789)).toBe("[pilot] 1234 lines (56789 bytes) of output were dropped here");
		expect(formatter.dropped(TIME, 1, 2)).toBe("[pilot] 1 line (2 bytes) of output was dropped here");
	});
});
