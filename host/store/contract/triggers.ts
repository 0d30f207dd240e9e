import { beforeEach, expect, it } from "vitest";
import type { Subject } from "../contract.ts";
import { functionRecord, queuedEvent, triggerRecord } from "../testing/records.ts";
import { AlreadyExists, Changed } from "../types.ts";

export function triggersContract(subject: Subject): void {
	beforeEach(async () => {
		await subject.store.functions.create(functionRecord("echo"));
		await subject.store.functions.create(functionRecord("other"));
	});

	it("keeps a record as it was given, also over a restart", async () => {
		const record = triggerRecord("t-1", "echo", {
			kind: "bucket",
			enabled: false,
			settings: { folder: "/srv/größe", nested: { list: [1, null, "x"] } },
		});
		await subject.store.triggers.create(record);
		await subject.reopen();
		expect(await subject.store.triggers.get("t-1")).toEqual(record);
		expect(await subject.store.triggers.get("t-2")).toBeNull();
	});

	it("refuses an id that is taken, and a function that is not there", async () => {
		await subject.store.triggers.create(triggerRecord("t-1", "echo"));
		await expect(subject.store.triggers.create(triggerRecord("t-1", "other"))).rejects.toThrow(AlreadyExists);
		await expect(subject.store.triggers.create(triggerRecord("t-2", "nobody"))).rejects.toThrow(Changed);
		expect((await subject.store.triggers.list()).map((it) => it.functionName)).toEqual(["echo"]);
	});

	it("lists all, or a function's, in order of creation", async () => {
		for (const [id, name] of Object.entries({ z: "echo", y: "other", x: "echo" }))
			await subject.store.triggers.create(triggerRecord(id, name));
		await subject.reopen();
		expect((await subject.store.triggers.list()).map((it) => it.id)).toEqual(["z", "y", "x"]);
		expect((await subject.store.triggers.list("echo")).map((it) => it.id)).toEqual(["z", "x"]);
		expect(await subject.store.triggers.list("nobody")).toEqual([]);
	});

	it("deletes a trigger with what it remembered", async () => {
		await subject.store.triggers.create(triggerRecord("t-1", "echo"));
		await subject.store.triggers.advance("t-1", "tick", "1");
		expect(await subject.store.triggers.delete("t-1")).toBe(true);
		expect(await subject.store.triggers.delete("t-1")).toBe(false);
		await subject.store.triggers.create(triggerRecord("t-1", "echo"));
		expect(await subject.store.triggers.checkpoints("t-1")).toEqual(new Map());
	});

	it("remembers what a trigger is told to, by key, over a restart", async () => {
		await subject.store.triggers.create(triggerRecord("t-1", "echo"));
		await subject.store.triggers.create(triggerRecord("t-2", "echo"));
		await subject.store.triggers.advance("t-1", "a file.txt", "etag-1");
		await subject.store.triggers.advance("t-1", "A file.txt", "");
		await subject.store.triggers.advance("t-1", "größe/漢字", "x");
		await subject.store.triggers.advance("t-1", "a file.txt", "etag-2");
		await subject.store.triggers.advance("t-2", "a file.txt", "of another");
		await subject.store.triggers.advance("t-1", "größe/漢字", null);
		await subject.store.triggers.advance("t-1", "never there", null);
		await subject.reopen();
		expect(await subject.store.triggers.checkpoint("t-1", "a file.txt")).toBe("etag-2");
		expect(await subject.store.triggers.checkpoint("t-1", "A file.txt")).toBe("");
		expect(await subject.store.triggers.checkpoint("t-1", "größe/漢字")).toBeNull();
		expect(await subject.store.triggers.checkpoints("t-1")).toEqual(
			new Map([
				["A file.txt", ""],
				["a file.txt", "etag-2"],
			]),
		);
	});

	it("has nothing remembered for a trigger that is not there", async () => {
		expect(await subject.store.triggers.checkpoint("nobody", "tick")).toBeNull();
		expect(await subject.store.triggers.checkpoints("nobody")).toEqual(new Map());
	});

	it("advances and accepts the event that goes with it", async () => {
		await subject.store.triggers.create(triggerRecord("t-1", "echo"));
		const event = queuedEvent("e-1", { functionName: "echo" });
		await subject.store.triggers.advance("t-1", "tick", "1", event);
		await subject.reopen();
		expect(await subject.store.triggers.checkpoint("t-1", "tick")).toBe("1");
		expect(await subject.store.queue.due(10_000, 10, new Set())).toEqual([event]);
	});

	it("does not advance when the event is refused", async () => {
		await subject.store.triggers.create(triggerRecord("t-1", "echo"));
		await subject.store.triggers.advance("t-1", "tick", "1", queuedEvent("e-1"));
		const again = (value: string | null) => subject.store.triggers.advance("t-1", "tick", value, queuedEvent("e-1"));
		await expect(again("2")).rejects.toThrow(AlreadyExists);
		await expect(again(null)).rejects.toThrow(AlreadyExists);
		expect(await subject.store.triggers.checkpoint("t-1", "tick")).toBe("1");
	});

	it("accepts no event of a trigger that is gone", async () => {
		const advance = subject.store.triggers.advance("nobody", "tick", "1", queuedEvent("e-1"));
		await expect(advance).rejects.toThrow(Changed);
		await expect(subject.store.triggers.advance("nobody", "tick", null)).rejects.toThrow(Changed);
		expect(await subject.store.queue.size()).toBe(0);
	});
}
