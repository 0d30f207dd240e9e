import { describe, expect, it } from "vitest";
import { run } from "./command.ts";
import { count } from "./suite.ts";

describe("counts of a report", () => {
	const file = (status: string, ...tests: string[]) => ({
		status,
		name: "x.test.ts",
		assertionResults: tests.map((it) => ({ status: it })),
	});
	const report = (numbers: object, ...testResults: ReturnType<typeof file>[]) => ({
		success: true,
		numPassedTests: 0,
		numFailedTests: 0,
		numPendingTests: 0,
		numTodoTests: 0,
		...numbers,
		testResults,
	});

	it("are vitest's, with todo among the skipped", () => {
		const numbers = { numPassedTests: 5, numFailedTests: 2, numPendingTests: 3, numTodoTests: 1 };
		expect(count(report(numbers, file("failed", "failed", "failed")), 1)).toEqual({ passed: 5, failed: 2, skipped: 4 });
	});

	it("have a failure for a file that could not be loaded", () => {
		expect(count(report({ numPassedTests: 1 }, file("passed", "passed"), file("failed")), 1).failed).toBe(1);
	});

	it("have a failure where vitest failed for no test's sake, or left no report", () => {
		expect(count(report({ numPassedTests: 1 }, file("passed", "passed")), 1).failed).toBe(1);
		expect(count(report({ numPassedTests: 1 }, file("passed", "passed")), 0).failed).toBe(0);
		expect(count(null, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
	});
});

describe("a program that the script runs", () => {
	it("gives its exit code and all of its output", async () => {
		const script = "console.log('out'); console.error('err', process.env.X); process.exitCode = 3";
		const { code, output } = await run(process.execPath, ["-e", script], { env: { X: "1" } });
		expect(code).toBe(3);
		expect(output).toContain("out\n");
		expect(output).toContain("err 1\n");
	});

	it("may be missing, or die by a signal: no code", async () => {
		expect((await run("/nonexistent/program", [])).code).toBeNull();
		expect((await run(process.execPath, ["-e", "process.kill(process.pid, 'SIGKILL')"])).code).toBeNull();
	});
});
