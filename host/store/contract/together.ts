import { expect, it } from "vitest";
import type { Subject } from "../contract.ts";
import { MUTATIONS } from "../testing/mutations.ts";
import { functionRecord, queuedEvent, triggerRecord } from "../testing/records.ts";
import { AlreadyExists } from "../types.ts";

/** What holds over all families: changes at once, and each change by itself. */
export function togetherContract(subject: Subject): void {
	it.each([...MUTATIONS])("has done %s when it resolves, and not before it is asked", async (_name, mutation) => {
		await mutation.prepare(subject.store, "key");
		expect(await mutation.state(subject.store, "key")).toBe("before");
		await mutation.act(subject.store, "key");
		expect(await mutation.state(subject.store, "key")).toBe("after");
		await subject.reopen();
		expect(await mutation.state(subject.store, "key")).toBe("after");
	});

	it("makes changes in the order they are asked for, without waiting between them", async () => {
		const changes = [
			subject.store.functions.create(functionRecord("echo")),
			subject.store.triggers.create(triggerRecord("t-1", "echo")),
			subject.store.triggers.advance("t-1", "tick", "1"),
			subject.store.triggers.advance("t-1", "tick", "2"),
			subject.store.functions.delete("echo"),
			subject.store.functions.create(functionRecord("echo")),
		];
		await Promise.all(changes);
		expect(await subject.store.functions.get("echo")).not.toBeNull();
		expect(await subject.store.triggers.get("t-1")).toBeNull();
	});

	it("lets one change fail and the others at the same time be done", async () => {
		await subject.store.queue.put(queuedEvent("taken"));
		await subject.store.queue.put(queuedEvent("e-0"));
		const changes = Array.from({ length: 30 }, (_, index) =>
			// Every third fails half-way: its event is removed, and put back.
			index % 3 === 0
				? subject.store.queue.finish("e-0", [queuedEvent("taken")])
				: subject.store.queue.put(queuedEvent(`new-${index}`)),
		);
		const results = await Promise.allSettled(changes);
		for (const [index, result] of results.entries()) {
			if (index % 3 === 0) expect(result).toMatchObject({ status: "rejected", reason: expect.any(AlreadyExists) });
			else expect(result.status).toBe("fulfilled");
		}
		await subject.reopen();
		expect(await subject.store.queue.size()).toBe(2 + 20);
	});

	it("has on disk what it was asked for before it is closed", async () => {
		const late = subject.store.functions.create(functionRecord("late"));
		await subject.reopen();
		await late;
		expect(await subject.store.functions.get("late")).not.toBeNull();
	});
}
