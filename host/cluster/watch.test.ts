import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { type ThreadState, threadState, Watch } from "./watch.ts";

/** A watch that sees these states, one a look. */
function watching(...states: (ThreadState | null)[]): Watch {
	let look = 0;
	const watch = new Watch(1, () => states[Math.min(look++, states.length - 1)]!);
	watch.sign(0);
	return watch;
}

describe("a worker without a sign of life", () => {
	it("is left alone while it is merely late: the machine may be slow", () => {
		const watch = watching({ state: "R", cpuMs: 100 }, { state: "R", cpuMs: 400 });
		expect([watch.verdict(200), watch.verdict(350), watch.verdict(2500)]).toEqual([null, null, null]);
	});

	it("is ended if it was stopped", () => {
		expect(watching({ state: "T", cpuMs: 0 }).verdict(310)).toBe("it was stopped");
	});

	it("is ended if its main thread has used the CPU all the while", () => {
		const watch = watching({ state: "R", cpuMs: 1000 }, { state: "R", cpuMs: 1400 });
		expect([watch.verdict(310), watch.verdict(720)]).toEqual([null, "it was stuck"]);
	});

	it("is ended in the end, whatever it does", () => {
		expect(watching({ state: "D", cpuMs: 0 }).verdict(3100)).toBe("it gave no sign of life");
		expect(watching(null).verdict(1000)).toBeNull();
		expect(watching(null).verdict(1600)).toBe("it gave no sign of life");
	});

	it("is left alone until its first sign", () => {
		expect(new Watch(1, () => ({ state: "R", cpuMs: 10_000 })).verdict(10_000)).toBeNull();
	});

	it("begins anew with each sign", () => {
		const watch = watching({ state: "R", cpuMs: 1000 }, { state: "R", cpuMs: 1400 }, { state: "R", cpuMs: 1700 });
		expect(watch.verdict(310)).toBeNull();
		watch.sign(500);
		expect([watch.verdict(820), watch.verdict(900)]).toEqual([null, null]);
	});
});

describe.runIf(process.platform === "linux")("what the system tells", () => {
	it("is whether a process was stopped, and its CPU time, also where its name has brackets", async () => {
		const child = spawn(process.execPath, ["-e", "process.title = 'a) T ('; for (;;);"]);
		try {
			const until = async (check: (it: ThreadState) => boolean): Promise<void> => {
				for (let count = 0; count < 500 && !check(threadState(child.pid!)!); count++)
					await new Promise((resolve) => setTimeout(resolve, 20));
				expect(check(threadState(child.pid!)!)).toBe(true);
			};
			await until(({ cpuMs }) => cpuMs > 100);
			child.kill("SIGSTOP");
			await until(({ state }) => state === "T");
		} finally {
			child.kill("SIGKILL");
		}
		expect(threadState(2 ** 30)).toBeNull();
	});
});
