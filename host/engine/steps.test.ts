import { expect, it } from "vitest";
import { runInTurns, runNow, type Steps } from "./steps.ts";

function* work(steps: number, ms: number): Steps<number> {
	for (let i = 0; i < steps; i++) {
		for (const end = performance.now() + ms; performance.now() < end; );
		yield;
	}
	return steps;
}

it("work is done at once, or in turns, with the same result", async () => {
	expect(runNow(work(5, 0))).toBe(5);
	expect(await runInTurns(work(5, 0), async () => {})).toBe(5);
});

it("long work gives way again and again, short work does not", async () => {
	let turns = 0;
	const turn = async (): Promise<void> => void turns++;
	await runInTurns(work(20, 1), turn);
	expect(turns).toBeGreaterThan(4);
	turns = 0;
	await runInTurns(work(20, 0), turn);
	expect(turns).toBe(0);
});

it("work that fails fails both ways", async () => {
	function* failing(): Steps<void> {
		yield;
		throw new Error("no");
	}
	expect(() => runNow(failing())).toThrow("no");
	await expect(runInTurns(failing(), async () => {})).rejects.toThrow("no");
});
