/** Isolation of a function's invocations, and instances that are kept ready, through the whole engine. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { build } from "../../host/cli/build/index.ts";
import { readProject } from "../../host/cli/build/project.ts";
import { folderOf } from "../../host/cli/testing/pilot.ts";
import type { FunctionSpec } from "../../host/engine/types.ts";
import { answer, type TestEngine, testEngine } from "../support/engine.ts";
import { guest, handlerComponent, worldComponent } from "../support/guests.ts";
import { watchRestores } from "../support/restores.ts";

let test: TestEngine;
const restores = watchRestores();

beforeAll(async () => {
	test = await testEngine({ idleMs: 60_000 });
});
afterAll(async () => {
	await test.close();
	expect(restores.wrong).toEqual([]);
	expect(restores.count).toBeGreaterThan(10);
});

/** A guest that answers with how often its instance has been called, and does something each time. */
async function counting(body: string, rest = ""): Promise<Uint8Array> {
	return handlerComponent(`(module
		(memory (export "memory") 2)
		${rest}
		(global $top (mut i32) (i32.const 4096))
		(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
			(local $at i32)
			(local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
			(global.set $top (i32.add (local.get $at) (local.get 3)))
			(local.get $at))
		(global $calls (mut i32) (i32.const 0))
		(func (export "pilot:function/handler@0.1.0#handle") (param i32) (result i32)
			${body}
			(i32.store8 (i32.const 1024) (i32.const 0)) (i32.store (i32.const 1028) (i32.const 1040))
			(i32.store (i32.const 1032) (i32.const 1))
			(i32.store8 (i32.const 1040) (i32.add (global.get $calls) (i32.const 48)))
			(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
			(i32.const 1024)))`);
}

let specs = 0;

/** A spec that nothing else in this file shares. */
async function specOf(code: Uint8Array, settings: Partial<FunctionSpec> = {}): Promise<FunctionSpec> {
	return test.spec(code, { env: { N: String(specs++) }, ...settings });
}

/** Invokes a few times, one after the other; gives the answers. */
async function answers(spec: FunctionSpec, tenants: (string | undefined)[]): Promise<string> {
	let all = "";
	for (const tenantId of tenants) all += answer(await test.invoke(spec, "", { tenantId }));
	return all;
}

const NOBODY = [undefined, undefined, undefined];

/** How many instances of a version there are afterwards. It is retired then. */
async function instancesOf(spec: FunctionSpec, run: () => Promise<void>): Promise<number> {
	// Those of other tests that cannot be put back end in the next turns of the event loop.
	for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
	const before = test.engine.stats().instances;
	await run();
	const made = test.engine.stats().instances - before;
	test.engine.retire(spec.id);
	return made;
}

describe("isolation `reuse`", () => {
	it("is the default: an invocation finds what the last one left", async () => {
		expect(await answers(await specOf(await guest("count")), NOBODY)).toBe("012");
	});
});

describe("isolation `request`", () => {
	const request = { isolation: "request" } as const;

	it("leaves nothing, in one instance", async () => {
		const spec = await specOf(await guest("count"), request);
		const made = await instancesOf(spec, async () => {
			expect(await answers(spec, NOBODY)).toBe("000");
		});
		expect(made).toBe(1);
	});

	it("leaves nothing where an instance is prepared, nor in the invocation right after", async () => {
		const spec = await specOf(await guest("count"), request);
		expect(await test.engine.prepare(spec)).toEqual({ snapshot: true });
		expect(await answers(spec, NOBODY)).toBe("000");
	});

	it("leaves nothing where its version was prepared again, and so has another snapshot", async () => {
		const wit = `${readFileSync(new URL("../../wit/world.wit", import.meta.url), "utf8")}
			world drawing { import wasi:random/random@0.2.0; export handler; }
			package wasi:random@0.2.0 { interface random { get-random-u64: func() -> u64; } }`;
		// Draws a digit when it is initialised, keeps it in two pages, and writes to the first of them again in each call.
		const code = await worldComponent(
			`(module
				(import "wasi:random/random@0.2.0" "get-random-u64" (func $random (result i64)))
				(memory (export "memory") 2)
				(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
				(func $init
					(i64.store (i32.const 70000) (call $random))
					(i64.store (i32.const 90000) (i64.load (i32.const 70000))))
				(start $init)
				(func (export "pilot:function/handler@0.1.0#handle") (param i32) (result i32)
					(i32.store8 (i32.const 1024) (i32.const 0)) (i32.store (i32.const 1028) (i32.const 1040))
					(i32.store (i32.const 1032) (i32.const 1))
					(i32.store8 (i32.const 1040) (i32.add (i32.const 48)
						(i64.eq (i64.load (i32.const 70000)) (i64.load (i32.const 90000)))))
					(i64.store (i32.const 70000) (i64.const 0))
					(i32.const 1024)))`,
			"drawing",
			wit,
		);
		const spec = await specOf(code, { isolation: "request" });
		for (let round = 0; round < 3; round++) {
			expect(await test.engine.prepare(spec)).toEqual({ snapshot: true });
			expect(await answers(spec, NOBODY)).toBe("111");
			test.engine.retire(spec.id);
		}
	});

	it("leaves nothing with many callers at once, and no more instances than callers", async () => {
		const spec = await specOf(await guest("count"), { ...request, maxInstances: 3 });
		const made = await instancesOf(spec, async () => {
			const all = await Promise.all(Array.from({ length: 30 }, () => test.invoke(spec, "")));
			expect(new Set(all.map(answer))).toEqual(new Set(["0"]));
		});
		expect(made).toBe(3);
	});

	it.each([
		[
			"writes to a table",
			"(table.set $t (i32.const 0) (ref.func $f))",
			"(table $t 1 funcref) (func $f) (elem declare func $f)",
		],
		["drops a segment", "(data.drop $d)", `(data $d "a")`],
		["keeps a vector", "(global.set $v (v128.const i64x2 1 2))", "(global $v (mut v128) (v128.const i64x2 0 0))"],
	])("makes a new instance each time for a guest that %s", async (_name, body, rest) => {
		const spec = await specOf(await counting(body, rest), request);
		expect(await test.engine.prepare(spec)).toEqual({ snapshot: false });
		expect(await answers(spec, NOBODY)).toBe("000");
	});

	it("makes a new instance after one that grew its memory", async () => {
		const spec = await specOf(await counting("(drop (memory.grow (i32.const 1)))"), request);
		expect(await answers(spec, NOBODY)).toBe("000");
	});

	it("makes a new instance after a trap", async () => {
		// Leaves a mark, and traps if the event is empty: the arguments are a list's address and length, then the context.
		const spec = await specOf(
			await counting(
				`(i32.store (i32.const 90000) (i32.const 9)) (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
				(if (i32.eqz (i32.load offset=4 (local.get 0))) (then unreachable))`,
			),
			request,
		);
		for (let i = 0; i < 2; i++) {
			expect(await test.invoke(spec, "")).toMatchObject({ ok: false, failure: { kind: "crash" } });
			expect(answer(await test.invoke(spec, "x"))).toBe("1");
		}
	});

	it("has a TypeScript function's module loaded once for all invocations, each of which is a first one", async () => {
		const { folder, remove } = folderOf({
			"index.ts": `const id = crypto.randomUUID();
				let calls = 0;
				for (let i = 0; i < 20_000; i++) calls += i % 2 ? 1 : -1;
				export const handler = () => ({ id, calls: ++calls, random: Math.random() });`,
			"pilot.json": "{}",
		});
		const code = readFileSync((await build(readProject(folder))).path);
		remove();
		const [once, each] = [await specOf(code, request), await specOf(code, { ...request, init: "each" })];
		const outcomes = [];
		for (let i = 0; i < 3; i++) outcomes.push(await test.invoke(once, "{}"));
		const all = outcomes.map((it) => JSON.parse(answer(it)) as { id: string; calls: number; random: number });
		expect(all.map((it) => it.calls)).toEqual([1, 1, 1]);
		expect(new Set(all.map((it) => it.id)).size).toBe(1);
		expect(new Set(all.map((it) => it.random)).size).toBe(3);
		// What its top level costs is in no invocation.
		expect((await test.invoke(each, "{}")).usage.fuel).toBeGreaterThan(2 * outcomes[2]!.usage.fuel);
	}, 120_000);

	it("costs the same fuel each time", async () => {
		const spec = await specOf(await guest("count"), request);
		const fuel = [];
		for (let i = 0; i < 4; i++) fuel.push((await test.invoke(spec, "")).usage.fuel);
		expect(new Set(fuel).size).toBe(1);
	});
});

describe("isolation `tenant`", () => {
	const tenant = { isolation: "tenant" } as const;

	it("shares an instance within a tenant, and with no other", async () => {
		const spec = await specOf(await guest("count"), tenant);
		const made = await instancesOf(spec, async () => {
			expect(await answers(spec, ["a", "b", "a", "b", "c", "a"])).toBe("001102");
		});
		expect(made).toBe(3);
	});

	it("shares nothing between invocations that name no tenant", async () => {
		const spec = await specOf(await guest("count"), tenant);
		const made = await instancesOf(spec, async () => {
			expect(await answers(spec, [undefined, undefined, "a", undefined])).toBe("0000");
		});
		expect(made).toBe(1);
	});

	it("gives an instance that was prepared to the first tenant only", async () => {
		const spec = await specOf(await guest("count"), tenant);
		await test.engine.prepare(spec);
		expect(await answers(spec, ["a", "b", "a"])).toBe("001");
	});

	it("at the limit ends the instance of another tenant", async () => {
		const spec = await specOf(await guest("count"), { ...tenant, maxInstances: 2 });
		const made = await instancesOf(spec, async () => {
			expect(await answers(spec, ["a", "b", "c", "b", "a", "c"])).toBe("000100");
		});
		expect(made).toBe(2);
	});

	it("at the limit, callers of many tenants at once are all served, each by its own", async () => {
		const spec = await specOf(await guest("count"), { ...tenant, maxInstances: 2 });
		const tenants = Array.from({ length: 20 }, (_, i) => `tenant ${i % 5}`);
		const all = await Promise.all(tenants.map((tenantId) => test.invoke(spec, "", { tenantId })));
		expect(all.every((it) => it.ok)).toBe(true);
		expect(test.engine.stats().busy).toBe(0);
	});
});

describe("`init: each`", () => {
	it("keeps no snapshot: each instance initialises itself", async () => {
		const spec = await specOf(await guest("count"), { init: "each" });
		expect(await test.engine.prepare(spec)).toEqual({ snapshot: false });
		expect(await answers(spec, NOBODY)).toBe("012");
	});

	it("with isolation `request` initialises for each invocation", async () => {
		const spec = await specOf(await guest("count"), { init: "each", isolation: "request" });
		expect(await answers(spec, NOBODY)).toBe("000");
	});
});

describe("instances that are kept ready", () => {
	it("are there before anybody asks, and none waits for one", async () => {
		const spec = await specOf(await guest("count"));
		const before = test.engine.stats().instances;
		await test.engine.warm(spec, 3);
		expect(test.engine.stats().instances - before).toBe(3);
		const outcomes = await Promise.all([1, 2, 3].map(() => test.invoke(spec, "")));
		expect(outcomes.map((it) => it.usage.initMs)).toEqual([null, null, null]);
		expect(test.engine.stats().instances - before).toBe(3);
		test.engine.retire(spec.id);
		expect(test.engine.stats().instances).toBe(before);
	});

	it("outlive the idle time and the wish of others for memory, and are replaced when they crash", async () => {
		const own = await testEngine({ idleMs: 100, memoryBudget: 400_000 });
		try {
			const spec = await own.spec(await guest("count"), { env: { A: "1" } });
			const crash = await own.spec(await guest("result-outside"), { maxInstances: 2 });
			await own.engine.warm(spec, 2);
			await new Promise((resolve) => setTimeout(resolve, 300));
			expect(own.engine.stats().instances).toBe(2);
			const other = await own.spec(await guest("count"), { env: { B: "1" } });
			await own.invoke(other, "");
			await own.engine.warm(crash, 1);
			expect((await own.invoke(crash, "")).ok).toBe(false);
			await vi.waitFor(() => expect(own.engine.stats().instances).toBe(3), 5000);
			expect((await own.invoke(spec, "")).usage.initMs).toBeNull();
			await own.engine.warm(spec, 0);
			await own.engine.warm(crash, 0);
			await vi.waitFor(() => expect(own.engine.stats().instances).toBe(0), 5000);
		} finally {
			await own.close();
		}
	});

	it("that cannot be made are an error for who asks", async () => {
		const own = await testEngine({ memoryBudget: 300_000 });
		try {
			const spec = await own.spec(await guest("count"));
			await expect(own.engine.warm(spec, 5)).rejects.toMatchObject({ name: "EngineBusy" });
			expect(own.engine.stats().instances).toBe(2);
		} finally {
			await own.close();
		}
	});
});
