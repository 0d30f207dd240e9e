/** What lives how long: artifacts, snapshots, instances. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FunctionSpec } from "../../host/engine/types.ts";
import { answer, type TestEngine, testEngine } from "../support/engine.ts";
import { guest, handlerComponent } from "../support/guests.ts";

let folder: string;
let open: TestEngine[];

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "pilot-life-"));
	open = [];
});
afterEach(async () => {
	for (const it of open) await it.close();
	rmSync(folder, { recursive: true, force: true });
});

async function start(options: Parameters<typeof testEngine>[0] = {}): Promise<TestEngine> {
	const engine = await testEngine({ folder, ...options });
	open.push(engine);
	return engine;
}

const sha256 = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");

function snapshots(): string[] {
	return readdirSync(join(folder, "snapshots"));
}

/** A handler whose start function writes a byte and a global, and whose answer is both. */
async function initialised(): Promise<Uint8Array> {
	return handlerComponent(`(module
		(memory (export "memory") 2)
		(global $g (mut i32) (i32.const 48))
		(global $top (mut i32) (i32.const 4096))
		(func $init (i32.store8 (i32.const 70000) (i32.const 55)) (global.set $g (i32.const 57)))
		(start $init)
		(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
		(func (export "pilot:function/handler@0.1.0#handle") (param i32) (result i32)
			(i32.store8 (i32.const 1024) (i32.const 0))
			(i32.store (i32.const 1028) (i32.const 1040))
			(i32.store (i32.const 1032) (i32.const 2))
			(i32.store8 (i32.const 1040) (i32.load8_u (i32.const 70000)))
			(i32.store8 (i32.const 1041) (global.get $g))
			(i32.const 1024)))`);
}

describe("instances", () => {
	it("are reused: what one invocation leaves, the next finds", async () => {
		const test = await start();
		const spec = await test.spec(await guest("count"));
		expect(answer(await test.invoke(spec, ""))).toBe("0");
		expect(answer(await test.invoke(spec, ""))).toBe("1");
	});

	it("of a command are not: each run starts afresh", async () => {
		const test = await start();
		const spec = await test.spec(await guest("cat"));
		for (const event of ["a", "b", ""]) expect(answer(await test.invoke(spec, event))).toBe(event);
		expect(test.engine.stats().instances).toBe(0);
	});

	it("serve one invocation at a time: as many as there are at once", async () => {
		const test = await start();
		const spec = await test.spec(await guest("count"));
		const answers = (await Promise.all(Array.from({ length: 5 }, () => test.invoke(spec, "")))).map(answer);
		expect(answers).toEqual(["0", "0", "0", "0", "0"]);
		expect(test.engine.stats()).toMatchObject({ instances: 5, busy: 0 });
	});

	it("wait for each other at the limit, in order", async () => {
		const test = await start();
		const spec = await test.spec(await guest("count"), { maxInstances: 1 });
		const answers = (await Promise.all(Array.from({ length: 5 }, () => test.invoke(spec, "")))).map(answer);
		expect(answers).toEqual(["0", "1", "2", "3", "4"]);
	});

	it("are thrown away after a failure, but not after one that the guest reported", async () => {
		const test = await start();
		const crash = await test.spec(await guest("result-outside"));
		expect((await test.invoke(crash, "")).ok).toBe(false);
		expect(test.engine.stats().instances).toBe(0);
		const fail = await test.spec(await guest("fail"));
		expect((await test.invoke(fail, "")).ok).toBe(false);
		expect(test.engine.stats().instances).toBe(1);
	});

	it("end when they were idle for long enough, down to zero, and their memory is given back", async () => {
		const test = await start({ idleMs: 100 });
		const spec = await test.spec(await guest("count"));
		await test.invoke(spec, "");
		expect(test.engine.stats().instances).toBe(1);
		await vi.waitFor(() => expect(test.engine.stats()).toEqual({ instances: 0, busy: 0, memoryBytes: 0 }), 5000);
		expect(answer(await test.invoke(spec, ""))).toBe("0");
	});

	it("idle ones make room for others under the host's budget", async () => {
		const test = await start({ memoryBudget: 300_000 });
		const specs = [];
		for (const i of [1, 2, 3, 4]) specs.push(await test.spec(await guest("count"), { env: { I: String(i) } }));
		for (const spec of specs) expect(answer(await test.invoke(spec, ""))).toBe("0");
		expect(test.engine.stats().instances).toBeLessThan(3);
		expect(test.engine.stats().memoryBytes).toBeLessThanOrEqual(300_000);
	});

	it("that cannot be made for want of memory are refused as the host's being busy", async () => {
		const test = await start({ memoryBudget: 100_000 });
		const spec = await test.spec(await guest("count"));
		await expect(test.invoke(spec, "")).rejects.toMatchObject({ name: "EngineBusy" });
		expect(test.engine.stats()).toEqual({ instances: 0, busy: 0, memoryBytes: 0 });
	});

	it("that can find no room even without the idle ones leave those alone", async () => {
		const test = await start({ memoryBudget: 3_000_000 });
		const small = await test.spec(await guest("count"));
		await test.invoke(small, "");
		const large = await test.spec(await guest("memory-large"), { memoryBytes: 2 ** 30 });
		await expect(test.invoke(large, "")).rejects.toMatchObject({ name: "EngineBusy" });
		expect(test.engine.stats()).toMatchObject({ instances: 1, busy: 0 });
		expect(answer(await test.invoke(small, ""))).toBe("1");
	});

	it("of a retired version end, and a running one ends when it is done", async () => {
		const test = await start();
		const spec = await test.spec(await guest("loop"));
		const run = test.invoke(spec, "", { timeoutMs: 200 });
		await new Promise((resolve) => setTimeout(resolve, 50));
		test.engine.retire(spec.id);
		expect((await run).ok).toBe(false);
		expect(test.engine.stats()).toEqual({ instances: 0, busy: 0, memoryBytes: 0 });
	});

	it("closing lets running ones finish, up to the grace time", async () => {
		const test = await start();
		const spec = await test.spec(await guest("loop"));
		const long = test.invoke(spec, "", { timeoutMs: 60_000 });
		const short = test.invoke(spec, "", { timeoutMs: 100 });
		await test.engine.close(400);
		expect(await short).toMatchObject({ failure: { kind: "timeout" } });
		expect(await long).toMatchObject({ failure: { kind: "cancelled" } });
	});
});

describe("artifacts", () => {
	it("are made once, and found again after a restart", async () => {
		const code = await guest("echo");
		const first = await start();
		const info = await first.engine.build(code);
		const file = join(folder, "artifacts", info.digest.slice(7), "artifact.json");
		const made = statSync(file);
		expect(await first.engine.build(code)).toEqual(info);
		await first.engine.close(0);
		const second = await start();
		expect(await second.engine.build(code)).toEqual(info);
		expect(statSync(file).mtimeMs).toBe(made.mtimeMs);
		expect(statSync(file).ino).toBe(made.ino);
		expect(answer(await second.invoke(await second.spec(code), "[1]"))).toBe("[1]");
	});

	it("of another engine's version are made again from the code", async () => {
		const code = await guest("echo");
		const first = await start();
		const spec = await first.spec(code);
		const file = join(folder, "artifacts", spec.digest.slice(7), "artifact.json");
		const older = JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), version: 0, plan: null });
		const sums = readFileSync(join(dirname(file), "SHA256SUMS"), "utf8");
		writeFileSync(join(dirname(file), "SHA256SUMS"), sums.replace(sha256(readFileSync(file)), sha256(older)));
		writeFileSync(file, older);
		const second = await start();
		expect(answer(await second.invoke(spec, "[1]"))).toBe("[1]");
		expect(JSON.parse(readFileSync(file, "utf8")).version).toBeGreaterThan(0);
	});

	it("mark what they write where that is wanted alone: such are made once, and go with the last function that wants it", async () => {
		const code = await guest("count");
		const first = await start();
		const reused = await first.spec(code);
		const restored: FunctionSpec = { ...reused, id: "restored", isolation: "request" };
		const names = () => readdirSync(join(folder, "artifacts")).sort();
		const name = reused.digest.slice(7);
		await first.engine.prepare(reused);
		expect(names()).toEqual([name]);
		await first.engine.prepare({ ...restored, init: "each" });
		expect(names()).toEqual([name]);
		await first.engine.prepare(restored);
		expect(names()).toEqual([name, `${name}-tracked`]);
		expect(readdirSync(join(folder, "artifacts", `${name}-tracked`))).not.toContain("code.wasm");
		const size = (which: string) => statSync(join(folder, "artifacts", which, "module-0.wasm")).size;
		expect(size(`${name}-tracked`)).toBeGreaterThan(size(name));
		for (let i = 0; i < 3; i++) {
			expect(answer(await first.invoke(restored, ""))).toBe("0");
			expect(answer(await first.invoke(reused, ""))).toBe(String(i));
		}
		await first.engine.sweep([reused, restored]);
		expect(names()).toHaveLength(2);
		await first.engine.sweep([reused]);
		expect(names()).toEqual([name]);
		// They are made again where they are missing.
		const second = await start();
		expect(answer(await second.invoke(restored, ""))).toBe("0");
		expect(names()).toHaveLength(2);
	});

	it("half-written by a crash are cleared away", async () => {
		const { mkdirSync } = await import("node:fs");
		mkdirSync(join(folder, "artifacts", "abc.tmp"), { recursive: true });
		await start();
		expect(readdirSync(join(folder, "artifacts"))).toEqual([]);
	});
});

describe("snapshots", () => {
	it("start an instance where initialisation ended, also after a restart", async () => {
		const code = await initialised();
		const first = await start();
		const spec = await first.spec(code);
		await first.engine.prepare(spec);
		expect(snapshots()).toHaveLength(1);
		expect(answer(await first.invoke(spec, ""))).toBe("79");
		const second = await start();
		const outcome = await second.invoke(spec, "");
		expect(answer(outcome)).toBe("79");
		expect(outcome.usage.initMs).not.toBeNull();
	});

	it("run initialisation once: an instance of a snapshot does not run it again", async () => {
		const first = await start();
		const spec = await first.spec(await initialised());
		await first.engine.prepare(spec);
		const path = join(folder, "snapshots", snapshots()[0]!);
		const bytes = readFileSync(path);
		// What initialisation left in the memory, 55 at 70,000, is in the image: another value there is what is seen.
		const at = bytes.indexOf(55, 36 + bytes.readUInt32LE(32));
		bytes[at] = 56;
		bytes.set(Buffer.from(sha256(bytes.subarray(32)), "hex"));
		writeFileSync(path, bytes);
		const second = await start();
		expect(answer(await second.invoke(spec, ""))).toBe("89");
	});

	it("keep only what differs from a fresh instance", async () => {
		const test = await start();
		await test.engine.prepare(await test.spec(await initialised()));
		expect(statSync(join(folder, "snapshots", snapshots()[0]!)).size).toBeLessThan(5000);
	});

	it("belong to their environment, and to nobody else: mode 0600", async () => {
		const test = await start();
		const code = await initialised();
		for (const secret of ["a", "b"]) await test.engine.prepare(await test.spec(code, { env: { SECRET: secret } }));
		expect(snapshots()).toHaveLength(2);
		for (const name of snapshots()) expect(statSync(join(folder, "snapshots", name)).mode & 0o777).toBe(0o600);
	});

	it("are not taken where tables were written to: such instances initialise one by one", async () => {
		const test = await start();
		const spec = await test.spec(
			await handlerComponent(`(module
				(memory (export "memory") 2)
				(table $t 2 funcref)
				(elem declare func $one)
				(func $one (result i32) (i32.const 49))
				(func $init (table.set $t (i32.const 1) (ref.func $one)))
				(start $init)
				(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
				(func (export "pilot:function/handler@0.1.0#handle") (param i32) (result i32)
					(i32.store8 (i32.const 1024) (i32.const 0))
					(i32.store (i32.const 1028) (i32.const 1040))
					(i32.store (i32.const 1032) (i32.const 1))
					(i32.store8 (i32.const 1040) (call_indirect $t (result i32) (i32.const 1)))
					(i32.const 1024)))`),
		);
		await test.engine.prepare(spec);
		expect(snapshots()).toHaveLength(0);
		const second = await start();
		expect(answer(await second.invoke(spec, ""))).toBe("1");
	});
});
