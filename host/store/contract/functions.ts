import { expect, it } from "vitest";
import type { Subject } from "../contract.ts";
import { eventInvokeRecord, functionRecord, queuedEvent, triggerRecord, urlRecord } from "../testing/records.ts";
import { AlreadyExists, Changed, type FunctionRecord } from "../types.ts";

/** All pages, from the first. */
async function names(subject: Subject, limit: number): Promise<string[]> {
	const found: string[] = [];
	let after: string | null = null;
	do {
		const page: { items: FunctionRecord[]; next: string | null } = await subject.store.functions.list(limit, after);
		expect(page.items.length).toBeLessThanOrEqual(limit);
		found.push(...page.items.map((it) => it.name));
		after = page.next;
	} while (after !== null);
	return found;
}

export function functionsContract(subject: Subject): void {
	it("keeps a record as it was given, also over a restart", async () => {
		const record = functionRecord("echo", {
			fuel: 12_345_678_901,
			handler: "index.handler",
			description: "größer, 漢字, 🕯, \u0000, \u2028, a lone \ud83d",
			environment: { KEY: "value\nof two lines", EMPTY: "" },
			tags: { __proto__x: "1" },
			logging: { format: "JSON", group: "g", applicationLogLevel: "WARN", systemLogLevel: "DEBUG" },
		});
		await subject.store.functions.create(record);
		expect(await subject.store.functions.get("echo")).toEqual(record);
		await subject.reopen();
		expect(await subject.store.functions.get("echo")).toEqual(record);
	});

	it("has null for a function that is not there", async () => {
		expect(await subject.store.functions.get("nobody")).toBeNull();
		expect(await subject.store.functions.get("")).toBeNull();
	});

	it("refuses a name that is taken, and leaves the record as it was", async () => {
		await subject.store.functions.create(functionRecord("echo", { description: "first" }));
		await expect(subject.store.functions.create(functionRecord("echo", { description: "second" }))).rejects.toThrow(
			AlreadyExists,
		);
		expect((await subject.store.functions.get("echo"))?.description).toBe("first");
	});

	it("lets one of many that create the same name at once win", async () => {
		const tries = Array.from({ length: 20 }, (_, index) =>
			subject.store.functions.create(functionRecord("echo", { description: `${index}` })),
		);
		const results = await Promise.allSettled(tries);
		expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
		const winner = results.findIndex(({ status }) => status === "fulfilled");
		expect((await subject.store.functions.get("echo"))?.description).toBe(`${winner}`);
	});

	it("tells names apart that differ only by case", async () => {
		for (const name of ["Echo", "echo", "ECHO"])
			await subject.store.functions.create(functionRecord(name, { description: name }));
		expect((await subject.store.functions.get("Echo"))?.description).toBe("Echo");
		expect(await subject.store.functions.delete("ECHO")).toBe(true);
		expect(await names(subject, 10)).toEqual(["Echo", "echo"]);
	});

	it("finds the names that are one host name", async () => {
		for (const name of ["Echo", "echo", "echo2"]) await subject.store.functions.create(functionRecord(name));
		expect((await subject.store.functions.sameLabel("ECHO")).toSorted()).toEqual(["Echo", "echo"]);
		expect(await subject.store.functions.sameLabel("ech")).toEqual([]);
		expect(await subject.store.functions.sameLabel("echo%")).toEqual([]);
	});

	it("updates a record that is at the expected revision", async () => {
		await subject.store.functions.create(functionRecord("echo"));
		const changed = functionRecord("echo", { revisionId: "revision-2", memoryMb: 256 });
		await subject.store.functions.update(changed, "revision-1");
		await subject.reopen();
		expect(await subject.store.functions.get("echo")).toEqual(changed);
	});

	it("refuses an update from another revision, or of a function that is not there", async () => {
		await subject.store.functions.create(functionRecord("echo", { revisionId: "revision-2" }));
		const update = (name: string) =>
			subject.store.functions.update(functionRecord(name, { revisionId: "revision-3" }), "revision-1");
		await expect(update("echo")).rejects.toThrow(Changed);
		await expect(update("nobody")).rejects.toThrow(Changed);
		expect((await subject.store.functions.get("echo"))?.revisionId).toBe("revision-2");
		expect(await subject.store.functions.get("nobody")).toBeNull();
	});

	it("lets one of many that update the same revision at once win", async () => {
		await subject.store.functions.create(functionRecord("echo"));
		const tries = Array.from({ length: 20 }, (_, index) =>
			subject.store.functions.update(functionRecord("echo", { revisionId: `new-${index}` }), "revision-1"),
		);
		const results = await Promise.allSettled(tries);
		const winners = results.flatMap(({ status }, index) => (status === "fulfilled" ? [`new-${index}`] : []));
		expect(winners).toEqual([(await subject.store.functions.get("echo"))?.revisionId]);
	});

	it("deletes a function and all that hangs on it, and nothing of another", async () => {
		for (const name of ["echo", "other"]) {
			await subject.store.functions.create(functionRecord(name));
			await subject.store.urls.create(urlRecord(name, `${name}-url`));
			await subject.store.eventInvoke.put(eventInvokeRecord(name));
			await subject.store.triggers.create(triggerRecord(`${name}-trigger`, name));
			await subject.store.triggers.advance(`${name}-trigger`, "tick", "1");
			await subject.store.queue.put(queuedEvent(`${name}-event`, { functionName: name }));
		}
		expect(await subject.store.functions.delete("echo")).toBe(true);
		expect(await subject.store.functions.delete("echo")).toBe(false);
		await subject.reopen();
		expect(await names(subject, 10)).toEqual(["other"]);
		expect(await subject.store.urls.byId("echo-url")).toBeNull();
		expect(await subject.store.urls.byId("other-url")).not.toBeNull();
		expect(await subject.store.eventInvoke.get("echo", "$LATEST")).toBeNull();
		expect(await subject.store.eventInvoke.get("other", "$LATEST")).not.toBeNull();
		expect((await subject.store.triggers.list()).map((it) => it.id)).toEqual(["other-trigger"]);
		expect(await subject.store.triggers.checkpoint("echo-trigger", "tick")).toBeNull();
		expect(await subject.store.triggers.checkpoint("other-trigger", "tick")).toBe("1");
		expect((await subject.store.queue.due(9999, 10, new Set())).map((it) => it.id)).toEqual(["other-event"]);
	});

	it("starts a function that is created again with nothing of the old one", async () => {
		await subject.store.functions.create(functionRecord("echo"));
		await subject.store.urls.create(urlRecord("echo", "old"));
		await subject.store.functions.delete("echo");
		await subject.store.functions.create(functionRecord("echo"));
		expect(await subject.store.urls.list("echo")).toEqual([]);
	});

	it("lists in order of code units, page by page, each function once", async () => {
		// U+FF5E comes after U+1F56F's first code unit (U+D83D), but before it in order of code points.
		const all = ["b", "a", "B", "_", "-", "a-1", "a1", "a10", "a2", "Z", "é", "\uff5e", "\u{1f56f}"];
		for (const name of all) await subject.store.functions.create(functionRecord(name));
		const ordered = all.toSorted((one, two) => (one < two ? -1 : 1));
		for (const limit of [1, 2, 3, 12, 13, 14]) expect(await names(subject, limit)).toEqual(ordered);
	});

	it("lists from after a name, whether it is there or not", async () => {
		for (const name of ["a", "c", "e"]) await subject.store.functions.create(functionRecord(name));
		const after = async (name: string | null) => {
			const page = await subject.store.functions.list(1, name);
			return [page.items.map((it) => it.name), page.next];
		};
		expect(await after("a")).toEqual([["c"], "c"]);
		expect(await after("b")).toEqual([["c"], "c"]);
		expect(await after("c")).toEqual([["e"], null]);
		expect(await after("e")).toEqual([[], null]);
		expect(await after(null)).toEqual([["a"], "a"]);
		expect(await after("")).toEqual([["a"], "a"]);
	});

	it("goes on listing where functions come and go between pages", async () => {
		for (const name of ["a", "b", "c", "d"]) await subject.store.functions.create(functionRecord(name));
		const first = await subject.store.functions.list(2);
		await subject.store.functions.delete("b");
		await subject.store.functions.create(functionRecord("bb"));
		const second = await subject.store.functions.list(10, first.next);
		expect(second.items.map((it) => it.name)).toEqual(["bb", "c", "d"]);
	});

	it("lists a thousand", async () => {
		const all = Array.from({ length: 1000 }, (_, index) => `f-${String(index).padStart(4, "0")}`);
		await Promise.all(all.map((name) => subject.store.functions.create(functionRecord(name))));
		expect(await names(subject, 50)).toEqual(all);
	});

	it("counts functions and the bytes of their code", async () => {
		expect(await subject.store.functions.count()).toEqual({ functions: 0, codeBytes: 0 });
		await subject.store.functions.create(functionRecord("a", { codeSize: 5 * 2 ** 30 }));
		await subject.store.functions.create(functionRecord("b", { codeSize: 7 }));
		await subject.store.functions.update(functionRecord("b", { codeSize: 8 }), "revision-1");
		expect(await subject.store.functions.count()).toEqual({ functions: 2, codeBytes: 5 * 2 ** 30 + 8 });
	});
}
