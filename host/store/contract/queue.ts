import { expect, it } from "vitest";
import { MAX_SYNC_PAYLOAD } from "../../invoker/types.ts";
import type { Subject } from "../contract.ts";
import { queuedEvent } from "../testing/records.ts";
import { AlreadyExists } from "../types.ts";

const NONE: ReadonlySet<string> = new Set();

export function queueContract(subject: Subject): void {
	const ids = async (now = 10_000, limit = 100, exclude = NONE, busy?: ReadonlySet<string>) =>
		(await subject.store.queue.due(now, limit, exclude, busy)).map((it) => it.id);

	it("keeps an event as it was given, also over a restart", async () => {
		const event = queuedEvent("e-1", {
			qualifier: "$LATEST",
			clientContext: '{"custom":{"é":"🕯"}}',
			traceId: "Root=1-2-3",
			tenantId: "tenant ü",
			acceptedAt: 1_795_391_207_761,
			attempts: 1,
			dueAt: 5000.25,
			hops: 3,
		});
		await subject.store.queue.put(event);
		await subject.reopen();
		expect(await subject.store.queue.due(10_000, 1, NONE)).toEqual([event]);
	});

	it("keeps payloads byte for byte: none, every byte, and the largest there is", async () => {
		const payloads = [
			new Uint8Array(0),
			Uint8Array.from({ length: 256 }, (_, index) => index),
			new Uint8Array(MAX_SYNC_PAYLOAD).map((_, index) => (index * 2_654_435_761) >>> 24),
			// A view into a larger buffer is stored as what it shows.
			new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 4),
		];
		for (const [index, payload] of payloads.entries())
			await subject.store.queue.put(queuedEvent(`e-${index}`, { payload }));
		await subject.reopen();
		const kept = await subject.store.queue.due(10_000, 10, NONE);
		for (const [index, payload] of payloads.entries()) expect(Buffer.compare(kept[index]!.payload, payload)).toBe(0);
	});

	it("refuses an id that is queued, and keeps the first event", async () => {
		await subject.store.queue.put(queuedEvent("e-1", { hops: 1 }));
		await expect(subject.store.queue.put(queuedEvent("e-1", { hops: 2 }))).rejects.toThrow(AlreadyExists);
		expect((await subject.store.queue.due(10_000, 10, NONE)).map((it) => it.hops)).toEqual([1]);
	});

	it("gives what is due, oldest due first, then oldest accepted", async () => {
		const due = { late: 3000, first: 1000, second: 2000, again: 2000, future: 3001 };
		for (const [id, dueAt] of Object.entries(due)) await subject.store.queue.put(queuedEvent(id, { dueAt }));
		expect(await ids(3000)).toEqual(["first", "second", "again", "late"]);
		expect(await ids(999)).toEqual([]);
		expect(await ids(3000, 2)).toEqual(["first", "second"]);
		expect(await ids(3000, 0)).toEqual([]);
	});

	it("leaves out what is excluded, and functions that are busy, before it counts to the limit", async () => {
		for (const id of ["a", "b", "c", "d"])
			await subject.store.queue.put(queuedEvent(id, { functionName: id === "c" ? "slow" : "f" }));
		expect(await ids(10_000, 2, new Set(["a", "nobody"]))).toEqual(["b", "c"]);
		expect(await ids(10_000, 2, new Set(["a"]), new Set(["slow"]))).toEqual(["b", "d"]);
		expect(await ids(10_000, 2, NONE, new Set(["slow", "f"]))).toEqual([]);
		expect(await ids(10_000, 9, new Set(["a", "b", "c", "d"]))).toEqual([]);
	});

	it("says when the next event falls due", async () => {
		expect(await subject.store.queue.nextDue(NONE)).toBeNull();
		await subject.store.queue.put(queuedEvent("late", { dueAt: 9_000_000_000_000, functionName: "slow" }));
		await subject.store.queue.put(queuedEvent("early", { dueAt: 5000.5 }));
		expect(await subject.store.queue.nextDue(NONE)).toBe(5000.5);
		expect(await subject.store.queue.nextDue(new Set(["early"]))).toBe(9_000_000_000_000);
		expect(await subject.store.queue.nextDue(NONE, new Set(["f"]))).toBe(9_000_000_000_000);
		expect(await subject.store.queue.nextDue(new Set(["early"]), new Set(["slow"]))).toBeNull();
	});

	it("puts a failed event back, with its attempts and its new time", async () => {
		const event = queuedEvent("e-1");
		await subject.store.queue.put(event);
		await subject.store.queue.retry("e-1", 1, 61_000.5);
		await subject.reopen();
		expect(await ids(61_000)).toEqual([]);
		expect(await subject.store.queue.due(61_001, 1, NONE)).toEqual([{ ...event, attempts: 1, dueAt: 61_000.5 }]);
	});

	it("does nothing to retry or finish an event that is gone", async () => {
		await subject.store.queue.retry("nobody", 1, 5000);
		await subject.store.queue.finish("nobody");
		await subject.store.queue.finish("nobody", [queuedEvent("next")]);
		expect(await subject.store.queue.size()).toBe(0);
	});

	it("finishes an event and accepts its destination's in one", async () => {
		await subject.store.queue.put(queuedEvent("e-1"));
		await subject.store.queue.put(queuedEvent("e-2"));
		const next = queuedEvent("e-3", { functionName: "destination", hops: 1 });
		await subject.store.queue.finish("e-1", [next]);
		await subject.store.queue.finish("e-2");
		await subject.reopen();
		expect(await subject.store.queue.due(10_000, 10, NONE)).toEqual([next]);
	});

	it("finishes once, so that a destination is called once", async () => {
		await subject.store.queue.put(queuedEvent("e-1"));
		await subject.store.queue.finish("e-1", [queuedEvent("next")]);
		await subject.store.queue.finish("next");
		await subject.store.queue.finish("e-1", [queuedEvent("next")]);
		expect(await subject.store.queue.size()).toBe(0);
	});

	it("does not finish an event whose destination's event it cannot accept", async () => {
		await subject.store.queue.put(queuedEvent("e-1"));
		await subject.store.queue.put(queuedEvent("taken"));
		await expect(subject.store.queue.finish("e-1", [queuedEvent("taken")])).rejects.toThrow(AlreadyExists);
		expect(await ids()).toEqual(["e-1", "taken"]);
	});

	it("takes the id of an event that is done again", async () => {
		await subject.store.queue.put(queuedEvent("e-1"));
		await subject.store.queue.finish("e-1");
		await subject.store.queue.put(queuedEvent("e-1", { hops: 5 }));
		expect((await subject.store.queue.due(10_000, 10, NONE)).map((it) => it.hops)).toEqual([5]);
	});

	it("keeps the order of thousands that come at once", async () => {
		const all = Array.from({ length: 3000 }, (_, index) => `e-${index}`);
		await Promise.all(all.map((id) => subject.store.queue.put(queuedEvent(id))));
		expect(await subject.store.queue.size()).toBe(3000);
		expect(await ids(10_000, 5000)).toEqual(all);
		expect(await ids(10_000, 2, new Set(all.slice(0, 2998)))).toEqual(["e-2998", "e-2999"]);
	});
}
