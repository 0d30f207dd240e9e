import { describe, expect, it } from "vitest";
import { AdmissionError, EngineBusy } from "../engine/types.ts";
import { ServiceError, WorkerGone } from "../errors.ts";
import { type Channel, type Frame, type Functions, Rpc } from "./rpc.ts";

/** Two ends of a channel, as two processes have them: what is sent is a copy, and arrives later. */
function pair<A extends Functions, B extends Functions>(a: A, b: B): { toB: Rpc<B>; toA: Rpc<A> } {
	const receivers: ((frame: Frame) => void)[] = [];
	const end = (own: number): Channel => ({
		send: (frame) => setImmediate(() => receivers[1 - own]!(structuredClone(frame))),
		receive: (receiver) => {
			receivers[own] = receiver;
		},
	});
	return { toB: new Rpc<B>(end(0), a), toA: new Rpc<A>(end(1), b) };
}

describe("calls", () => {
	it("give what the other side gives, bytes included, in any order", async () => {
		const { toB } = pair(
			{},
			{
				later: (ms: number) => new Promise<number>((resolve) => setTimeout(() => resolve(ms), ms)),
				double: (bytes: Uint8Array) => Uint8Array.from([...bytes, ...bytes]),
			},
		);
		const slow = toB.call("later", [20]);
		expect(await toB.call("double", [Uint8Array.of(1, 2)])).toEqual(Uint8Array.of(1, 2, 1, 2));
		expect(await slow).toBe(20);
	});

	it.each([
		new ServiceError("TooManyRequestsException", "Rate Exceeded.", { Reason: "x" }),
		new AdmissionError("no component"),
		new EngineBusy("full"),
		Object.assign(new Error("no space"), { code: "ENOSPC" }),
	])("reject with the other side's error, of its class: %s", async (error) => {
		const { toB } = pair({}, { fail: () => Promise.reject(error) });
		const got = await toB.call("fail", []).catch((it: unknown) => it);
		expect(got).toBeInstanceOf(error.constructor);
		expect(got).toMatchObject({ ...error, message: error.message });
	});

	it("pass on that the caller gave up, before or during the call, and not afterwards", async () => {
		const told: string[] = [];
		const work = (name: string, signal: AbortSignal) =>
			new Promise<string>((resolve) => {
				signal.addEventListener("abort", () => resolve(`${name} given up`));
				if (name === "quick") resolve("done");
			});
		const { toB } = pair({}, { work: work as (name: string) => Promise<string> });
		const controller = new AbortController();
		const during = toB.call("work", ["during"], controller.signal);
		const quick = await toB.call("work", ["quick"], controller.signal);
		controller.abort();
		told.push(quick, await during, await toB.call("work", ["before"], AbortSignal.abort()));
		expect(told).toEqual(["done", "during given up", "before given up"]);
	});

	it("reject once the other side is gone, those under way and later ones; what it asked for is given up", async () => {
		let given: AbortSignal | undefined;
		const { toB, toA } = pair(
			{
				hang: ((signal: AbortSignal) => {
					given = signal;
					return new Promise(() => {});
				}) as () => Promise<void>,
			},
			{ hang: () => new Promise<void>(() => {}) },
		);
		const under = toB.call("hang", []);
		toA.call("hang", []).catch(() => {});
		await new Promise((resolve) => setTimeout(resolve, 5));
		toB.close(new WorkerGone("it was killed"));
		await expect(under).rejects.toThrow("it was killed");
		await expect(toB.call("hang", [])).rejects.toBeInstanceOf(WorkerGone);
		expect(given!.aborted).toBe(true);
	});
});
