import { describe, expect, it } from "vitest";
import { HandleTable, MAX_HANDLES, ResourceKind } from "./handles.ts";
import { Trap } from "./trap.ts";
import type { Guest } from "./wasi/types.ts";

interface Thing {
	name: string;
}

/** A kind that notes what it gives up, and one that passes through a snapshot. */
function kinds() {
	const disposed: string[] = [];
	const thing = new ResourceKind<Thing>("test:a/b#thing", { dispose: (it) => void disposed.push(it.name) });
	const kept = new ResourceKind<Thing>("test:a/b#kept", {
		image: (it) => (it.name === "odd" ? undefined : it.name),
		revive: (image) => ({ name: `${image} again` }),
		dispose: (it) => void disposed.push(it.name),
	});
	return { disposed, thing, kept, byName: new Map([kept, thing].map((it) => [it.name, it as never])) };
}

const guest = {} as Guest;

describe("handles", () => {
	it("start at 1, and never are 0", () => {
		const { thing } = kinds();
		const table = new HandleTable();
		expect([1, 2, 3].map((n) => table.add(thing, { name: String(n) }))).toEqual([1, 2, 3]);
		expect(() => table.get(thing, 0)).toThrow(Trap);
	});

	it("are used again, last freed first", () => {
		const { thing } = kinds();
		const table = new HandleTable();
		for (let i = 0; i < 5; i++) table.add(thing, { name: String(i) });
		for (const handle of [2, 5, 3]) table.drop(thing, handle);
		expect([1, 2, 3, 4].map(() => table.add(thing, { name: "new" }))).toEqual([3, 5, 2, 6]);
	});

	it.each([-1, 0, 2, 2 ** 31, -(2 ** 31), 0.5, Number.NaN, 5n as unknown as number])(
		"%s is unknown: a trap",
		(handle) => {
			const { thing } = kinds();
			const table = new HandleTable();
			table.add(thing, { name: "only" });
			for (const use of [table.get, table.take, table.drop]) expect(() => use.call(table, thing, handle)).toThrow(Trap);
			expect(table.size).toBe(1);
		},
	);

	it("of another kind are a trap, and stay as they are", () => {
		const { thing, kept, disposed } = kinds();
		const table = new HandleTable();
		const handle = table.add(thing, { name: "a" });
		for (const use of [table.get, table.take, table.drop])
			expect(() => use.call(table, kept, handle)).toThrow("is a test:a/b#thing, not a test:a/b#kept");
		expect(table.get(thing, handle).name).toBe("a");
		expect(disposed).toEqual([]);
	});

	it("of a kind of the same name are another kind all the same", () => {
		const table = new HandleTable();
		const handle = table.add(new ResourceKind<Thing>("x"), { name: "a" });
		expect(() => table.get(new ResourceKind<Thing>("x"), handle)).toThrow(Trap);
	});

	it("that are given away are gone; dropped ones are given up, once", () => {
		const { thing, disposed } = kinds();
		const table = new HandleTable();
		const [taken, dropped] = [table.add(thing, { name: "taken" }), table.add(thing, { name: "dropped" })];
		expect(table.take(thing, taken).name).toBe("taken");
		table.drop(thing, dropped);
		for (const handle of [taken, dropped]) expect(() => table.drop(thing, handle)).toThrow(Trap);
		expect(disposed).toEqual(["dropped"]);
	});

	it("are bounded: a full table is a trap, and one that was freed can be given out", () => {
		const { thing } = kinds();
		const table = new HandleTable();
		for (let i = 0; i < MAX_HANDLES; i++) table.add(thing, { name: "x" });
		expect(() => table.add(thing, { name: "x" })).toThrow("handles");
		expect(table.size).toBe(MAX_HANDLES);
		table.drop(thing, 77);
		expect(table.add(thing, { name: "x" })).toBe(77);
	});

	it("do not grow with use: 100,000 adds and drops keep one slot", () => {
		const { thing } = kinds();
		const table = new HandleTable();
		const value = { name: "x" };
		for (let i = 0; i < 100_000; i++) table.take(thing, table.add(thing, value));
		expect(table.add(thing, value)).toBe(1);
	});
});

describe("an image", () => {
	it("has the live handles, at their places", () => {
		const { kept } = kinds();
		const table = new HandleTable();
		for (const name of ["a", "b", "c", "d"]) table.add(kept, { name });
		table.take(kept, 2);
		table.take(kept, 4);
		expect(table.image()).toEqual([
			{ handle: 1, kind: kept.name, image: "a" },
			{ handle: 3, kind: kept.name, image: "c" },
		]);
		expect(new HandleTable().image()).toEqual([]);
	});

	it("is none where a handle cannot pass through it", () => {
		const { kept, thing } = kinds();
		const state = new HandleTable();
		state.add(kept, { name: "odd" });
		expect(state.image()).toBeNull();
		const never = new HandleTable();
		never.add(thing, { name: "a" });
		expect(never.image()).toBeNull();
	});

	it("is what a table has after it was restored, and what is free is given out from the lowest", () => {
		const { kept, byName, disposed } = kinds();
		const table = new HandleTable();
		table.add(kept, { name: "before" });
		const image = [5, 2].map((handle) => ({ handle, kind: kept.name, image: String(handle) }));
		table.restore(image, byName, guest);
		expect(disposed).toEqual(["before"]);
		expect([2, 5].map((handle) => table.get(kept, handle).name)).toEqual(["2 again", "5 again"]);
		expect(table.size).toBe(2);
		expect([1, 2, 3, 4].map(() => table.add(kept, { name: "new" }))).toEqual([1, 3, 4, 6]);
	});

	it("of a kind that is not there, or cannot be made again, is an error", () => {
		const { byName, thing } = kinds();
		const image = (kind: string) => [{ handle: 1, kind, image: "" }];
		expect(() => new HandleTable().restore(image("gone"), byName, guest)).toThrow("cannot be revived");
		expect(() => new HandleTable().restore(image(thing.name), byName, guest)).toThrow("cannot be revived");
	});
});

describe("clearing", () => {
	it("gives all up, and starts anew", () => {
		const { thing, disposed } = kinds();
		const table = new HandleTable();
		for (const name of ["a", "b"]) table.add(thing, { name });
		table.clear();
		expect(disposed.sort()).toEqual(["a", "b"]);
		expect(table.size).toBe(0);
		expect(table.add(thing, { name: "c" })).toBe(1);
		table.clear();
		table.clear();
		expect(disposed).toEqual(["a", "b", "c"]);
	});
});
