import { describe, expect, it } from "vitest";
import { LogSender, type SentLog } from "./log-sender.ts";

const lines = (text: string): Buffer => Buffer.from(`${text}\n`);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A sender, what it sent, and the way to answer each message. */
function sender() {
	const sent: SentLog[][] = [];
	const answers: PromiseWithResolvers<boolean[]>[] = [];
	const it = new LogSender((logs) => {
		sent.push(logs);
		const answer = Promise.withResolvers<boolean[]>();
		answers.push(answer);
		return answer.promise;
	});
	return { it, sent, answers };
}

describe("lines of one turn", () => {
	it("go in one message, in their order, and those of the next in another", async () => {
		const { it, sent, answers } = sender();
		const kept = [it.keep("a", lines("1")), it.keep("b", lines("2")), it.keep("a", lines("3"))];
		expect(sent).toEqual([]);
		await turn();
		kept.push(it.keep("a", lines("4")));
		await turn();
		expect(sent).toEqual([
			[
				["a", lines("1")],
				["b", lines("2")],
				["a", lines("3")],
			],
			[["a", lines("4")]],
		]);
		answers[1]!.resolve([true]);
		await kept[3];
		answers[0]!.resolve([true, true, true]);
		await Promise.all(kept);
	});

	it("are lost to those alone whose log did not take them", async () => {
		const { it, answers } = sender();
		const kept = [it.keep("a", lines("1")), it.keep("full", lines("2")), it.keep("c", lines("3"))];
		await turn();
		answers[0]!.resolve([true, false, true]);
		const outcomes = await Promise.allSettled(kept);
		expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
	});

	it("are lost to all where there is nobody who keeps them", async () => {
		const { it, answers } = sender();
		const kept = [it.keep("a", lines("1")), it.keep("b", lines("2"))];
		await turn();
		answers[0]!.reject(new Error("gone"));
		for (const outcome of await Promise.allSettled(kept))
			expect(outcome).toMatchObject({ status: "rejected", reason: { message: "gone" } });
	});
});
