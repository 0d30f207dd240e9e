/** Functions as users write them, built, and run by the engine. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answer, type TestEngine, testEngine } from "../../../test/support/engine.ts";
import type { Outcome } from "../../engine/types.ts";
import { folderOf } from "../testing/pilot.ts";
import { build } from "./index.ts";
import { readProject } from "./project.ts";

/** One function for all cases: the event names what to do. */
const SOURCE = `import { readFile, readdir, stat } from "node:fs/promises";
import { format } from "./format.ts";
import type { Context, Handler } from "@pilotlight/sdk";

const loadedWith = process.env.STAGE;
const loadedAt = await new Promise<number>((resolve) => setTimeout(() => resolve(Date.now()), 2));
let count = 0;

class ValidationError extends Error {
	override name = "ValidationError";
	#secret = 5;
	get secret() { return this.#secret; }
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const cases: Record<string, (event: any, context: Context) => unknown> = {
	echo: (event) => event.value,
	nothing: () => undefined,
	count: () => ++count,
	environment: () => [loadedWith, process.env.STAGE, process.env.NOWHERE, typeof loadedAt],
	async order() {
		const log: string[] = [];
		setTimeout(() => log.push("timer"), 1);
		setImmediate(() => log.push("immediate"));
		queueMicrotask(() => log.push("microtask"));
		Promise.resolve().then(() => log.push("promise"));
		log.push("now");
		await sleep(5);
		for await (const it of (async function* () { yield "a"; yield "b"; })()) log.push(it);
		const all = await Promise.all([1, sleep(1).then(() => 2), Array.fromAsync([3])]);
		return [...log, all];
	},
	async sleep(event) {
		const start = Date.now();
		await sleep(event.ms);
		return Date.now() - start >= event.ms - 1;
	},
	never: () => new Promise(() => undefined),
	native: () => new Function("return (async () => 1)()")(),
	unhandled: () => { void Promise.reject(new Error("lost")); return 1; },
	async throws() {
		await sleep(1);
		throw new ValidationError(format("wrong: %s", "value"));
	},
	throwsText: () => { throw "plain text"; },
	deep: () => { const f = (): number => f() + 1; return f(); },
	context: (_event, context) => ({ ...context, left: context.getRemainingTimeInMillis() }),
	log() {
		console.log("hello %s", "there", { a: [1, { b: 2 }] });
		console.error(new RangeError("far"));
		console.log("x".repeat(10_000));
		return "logged";
	},
	random: () => [Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(4))]],
	text: (event) => Buffer.from(new TextEncoder().encode(event.text)).toString("base64") + new TextDecoder().decode(Uint8Array.from([0xe2, 0x82, 0xac])),
	clone: () => structuredClone({ map: new Map([[1, new Date(0)]]) }).map.get(1),
	async files(event) {
		const info = await stat(event.path);
		return [await readdir("/mnt/box"), await readFile(event.path, "utf8"), info.size, info.isFile()];
	},
	async escape() {
		return [await readFile("/etc/passwd").catch((error) => error.code), await readFile("/mnt/box/../../etc/passwd").catch((error) => error.code)];
	},
};

export const handler: Handler<{ do: string }> = (event, context) => cases[event.do]!(event, context);
`;

const FORMAT = 'export const format = (text: string, value: string): string => text.replace("%s", value);\n';

let temporary: ReturnType<typeof folderOf>;
let engine: TestEngine;
let code: Uint8Array;
beforeAll(async () => {
	temporary = folderOf({
		"index.ts": SOURCE,
		"format.ts": FORMAT,
		"pilot.json": '{"name":"cases"}',
		"box/a.txt": "Grüße\n",
	});
	const built = await build(readProject(temporary.folder));
	code = readFileSync(built.path);
	engine = await testEngine();
}, 60_000);
afterAll(async () => {
	await engine?.close();
	temporary?.remove();
});

async function run(
	event: object | string,
	settings: object = {},
	task: object = {},
): Promise<Outcome & { log: string }> {
	const spec = await engine.spec(code, settings);
	return engine.invoke(spec, typeof event === "string" ? event : JSON.stringify(event), task);
}
const result = async (event: object | string, settings?: object): Promise<unknown> =>
	JSON.parse(answer(await run(event, settings)));
const failure = async (event: object | string) => {
	const outcome = await run(event);
	return outcome.ok ? outcome : outcome.failure;
};

describe("a TypeScript function", () => {
	it("gets its event as JSON and gives its result as JSON", async () => {
		for (const value of [null, true, 1.5, "Zoë 😀 \u0000", [], { "": { a: [1, "2"] } }]) {
			expect(await result({ do: "echo", value })).toEqual(value);
		}
		expect(await result({ do: "nothing" })).toBeNull();
	});

	it("keeps what it has in memory from one invocation to the next", async () => {
		const first = (await result({ do: "count" })) as number;
		expect(await result({ do: "count" })).toBe(first + 1);
	});

	it("sees its environment also outside the handler, and may wait there", async () => {
		const env = { STAGE: "test" };
		expect(await result({ do: "environment" }, { env })).toEqual(["test", "test", null, "number"]);
	});

	it("has promises and timers that run in the order they do everywhere", async () => {
		const log = ["now", "microtask", "promise", "immediate", "timer", "a", "b", [1, 2, [3]]];
		expect(await result({ do: "order" })).toEqual(log);
	});

	it("sleeps, and is ended when its time is up", async () => {
		expect(await result({ do: "sleep", ms: 30 })).toBe(true);
		const late = await run({ do: "sleep", ms: 60_000 }, {}, { timeoutMs: 100 });
		expect(late).toMatchObject({ ok: false, failure: { kind: "timeout" } });
	});

	it("has its context as Lambda has it", async () => {
		expect(await result({ do: "context" })).toMatchObject({
			awsRequestId: "00000000-0000-4000-8000-000000000000",
			functionName: "f",
			memoryLimitInMB: "128",
			left: expect.any(Number),
		});
	});

	it("writes its log as Lambda does, whole lines of any length", async () => {
		const { log } = await run({ do: "log" });
		const lines = log.trimEnd().split("\n");
		const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\t00000000-0000-4000-8000-000000000000\t/;
		expect(lines).toHaveLength(3);
		expect(lines.every((line) => time.test(line))).toBe(true);
		expect(lines[0]).toMatch(/\tINFO\thello there \{ a: \[ 1, \{ b: 2 \} \] \}$/);
		expect(lines[1]).toMatch(/\tERROR\tRangeError: far\r {4}at .*\(index\.ts:\d+\)/);
		expect(lines[2]).toContain("x".repeat(10_000));
	});

	it("draws other random numbers in each instance", async () => {
		const one = await result({ do: "random" }, { env: { N: "1" } });
		const two = await result({ do: "random" }, { env: { N: "2" } });
		expect(one).not.toEqual(two);
		expect((one as unknown[])[1]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
	});

	it("has the platform's text, bytes and clones", async () => {
		expect(await result({ do: "text", text: "é" })).toBe("w6k=€");
		expect(await result({ do: "clone" })).toBe("1970-01-01T00:00:00.000Z");
	});

	it("reads the files of its mounts, and none beside them", async () => {
		const mounts = [{ host: join(temporary.folder, "box"), guest: "/mnt/box", readOnly: true }];
		const event = { do: "files", path: "/mnt/box/a.txt" };
		expect(await result(event, { mounts })).toEqual([["a.txt"], "Grüße\n", 8, true]);
		expect(await result({ do: "escape" }, { mounts })).toEqual(["ENOENT", "ENOENT"]);
	});
});

describe("a failure", () => {
	it("has the error's name, message and the lines of the source", async () => {
		expect(await failure({ do: "throws" })).toMatchObject({
			kind: "handled",
			errorType: "ValidationError",
			errorMessage: "wrong: value",
			stackTrace: expect.arrayContaining([`at <anonymous> (index.ts:${lineOf("throw new ValidationError")})`]),
		});
	});

	it("may be any value", async () => {
		expect(await failure({ do: "throwsText" })).toMatchObject({ errorType: "string", errorMessage: "plain text" });
	});

	it("is an event that is not JSON", async () => {
		expect(await failure("{")).toMatchObject({ kind: "handled", errorType: "SyntaxError" });
	});

	it("is a promise that nothing can settle; the function serves on", async () => {
		for (const name of ["never", "native"]) {
			expect(await failure({ do: name })).toMatchObject({ kind: "handled", errorType: "Runtime.PendingPromise" });
		}
		expect(await result({ do: "echo", value: 1 })).toBe(1);
	});

	it("is a rejection that nobody handles", async () => {
		expect(await failure({ do: "unhandled" })).toMatchObject({
			errorType: "Runtime.UnhandledPromiseRejection",
			errorMessage: "Error: lost",
		});
	});

	it("is a recursion without end: it ends the instance, and another one serves on", async () => {
		expect((await run({ do: "deep" })).ok).toBe(false);
		expect(await result({ do: "echo", value: 1 })).toBe(1);
	});
});

function lineOf(text: string): number {
	return SOURCE.slice(0, SOURCE.indexOf(text)).split("\n").length;
}

/** A module whose top level does what the environment says. */
const LOADING = `const { random } = Math;
const top = process.env.TOP;
const first = random();
const id = crypto.randomUUID();
let calls = 0;
let fired = 0;
console.log("loading", await Promise.resolve(top));
if (globalThis.loaded) throw new Error("something was left");
globalThis.loaded = true;
if (top === "timer") setTimeout(() => fired++, 1);
if (top === "wait") await new Promise((resolve) => setTimeout(resolve, 1));
if (top === "never") await new Promise(() => undefined);
if (top === "throw") throw new RangeError("top");
if (top === "reject") void Promise.reject(new Error("top"));
if (top === "trap") (function deep(): number { return deep() + 1; })();
if (top === "flood") for (let i = 0; i < 100; i++) console.log("x".repeat(1000));

const handle = async (event: { wait?: number }) => {
	console.log("called");
	if (event.wait) await new Promise((resolve) => setTimeout(resolve, event.wait));
	return { top, id, first, random: random(), own: crypto.randomUUID(), calls: ++calls, fired };
};
export const handler = top === "none" ? undefined : handle;
`;

interface Loaded {
	top: string;
	id: string;
	first: number;
	random: number;
	own: string;
	calls: number;
	fired: number;
}

describe("a module's top level", () => {
	let code: Uint8Array;
	beforeAll(async () => {
		const { folder, remove } = folderOf({ "index.ts": LOADING, "pilot.json": "{}" });
		code = readFileSync((await build(readProject(folder))).path);
		remove();
	}, 120_000);

	let versions = 0;

	/** A version of its own, deployed: an invocation of it, as often as it is asked for. */
	async function deploy(
		top: string,
		settings: object = {},
	): Promise<(event?: object) => ReturnType<TestEngine["invoke"]>> {
		const spec = await engine.spec(code, { env: { TOP: top, VERSION: String(versions++) }, ...settings });
		const { snapshot } = await engine.engine.prepare(spec);
		expect(snapshot).toBe((settings as { init?: string }).init !== "each");
		return (event = {}) => engine.invoke(spec, JSON.stringify(event));
	}
	const loaded = (outcome: Outcome): Loaded => JSON.parse(answer(outcome)) as Loaded;
	const differ = (all: readonly Loaded[], of: keyof Loaded) => new Set(all.map((it) => it[of])).size === all.length;

	it("runs once for all instances, in the function's environment", async () => {
		const invoke = await deploy("x");
		const all = (await Promise.all([invoke(), invoke()])).map(loaded);
		expect(all.map((it) => [it.top, it.calls])).toEqual([
			["x", 1],
			["x", 1],
		]);
		expect(all[0]).toMatchObject({ id: all[1]!.id, first: all[1]!.first });
	});

	it("draws numbers that no instance and no invocation draws again", async () => {
		const reuse = await deploy("x");
		const request = await deploy("x", { isolation: "request" });
		const atOnce = await Promise.all([reuse(), reuse(), reuse()]);
		const inTurn = [await request(), await request(), await request()];
		for (const all of [atOnce.map(loaded), inTurn.map(loaded)]) {
			expect(all.map((it) => it.calls)).toEqual([1, 1, 1]);
			expect(differ(all, "random")).toBe(true);
			expect(differ(all, "own")).toBe(true);
			expect(all.every((it) => it.random !== it.first)).toBe(true);
		}
	});

	it("writes in the log of each instance's first invocation, as what is in no invocation", async () => {
		const invoke = await deploy("x");
		const lines = (await invoke()).log.trimEnd().split("\n");
		expect(lines).toHaveLength(2);
		expect(lines[0]).toMatch(/^\d{4}-\S+Z\tundefined\tINFO\tloading x$/);
		expect(lines[1]).toMatch(/\t00000000-0000-4000-8000-000000000000\tINFO\tcalled$/);
		const logs = (await Promise.all([invoke(), invoke()])).map(({ log }) => log.match(/loading/g)?.length ?? 0);
		expect(logs.sort()).toEqual([0, 1]);
	});

	it("may write more than is kept", async () => {
		const lines = (await (await deploy("flood"))()).log.trimEnd().split("\n");
		expect(lines.length).toBeGreaterThan(60);
		const kept = lines.length - 2;
		expect(lines.at(-2)).toContain(`\tWARN\t${101 - kept} more lines`);
	});

	it("runs in the first invocation of each instance where there is no snapshot", async () => {
		const invoke = await deploy("x", { init: "each" });
		const all = await Promise.all([invoke(), invoke()]);
		expect(differ(all.map(loaded), "id")).toBe(true);
		for (const { log } of all) expect(log).toMatch(/^\S+\t00000000-0000-4000-8000-000000000000\tINFO\tloading/);
	});

	it("that waits for a timer runs in the first invocation, and nothing of it before", async () => {
		const invoke = await deploy("wait");
		const all = await Promise.all([invoke(), invoke()]);
		expect(differ(all.map(loaded), "id")).toBe(true);
		for (const { log } of all) expect(log.match(/loading/g)).toHaveLength(1);
	});

	it("that fails says nothing in the log of an invocation for which the snapshot is taken", async () => {
		const spec = await engine.spec(code, { env: { TOP: "wait", VERSION: "not deployed" } });
		const { log } = await engine.invoke(spec, "{}");
		expect(
			log
				.trimEnd()
				.split("\n")
				.map((it) => it.split("\t")[3]),
		).toEqual(["loading wait", "called"]);
	});

	it("leaves timers, which run in the first invocation that waits", async () => {
		const invoke = await deploy("timer");
		expect(loaded(await invoke())).toMatchObject({ fired: 0 });
		expect(loaded(await invoke({ wait: 5 }))).toMatchObject({ fired: 1 });
	});

	it.each([
		["throws", "throw", { errorType: "RangeError", errorMessage: "top" }],
		["waits for ever", "never", { errorType: "Runtime.PendingPromise" }],
		["exports no function", "none", { errorType: "Runtime.HandlerNotFound" }],
	])("that %s is no failure of the deploy, but of each invocation", async (_name, top, failure) => {
		const invoke = await deploy(top);
		for (let i = 0; i < 2; i++) expect(await invoke()).toMatchObject({ ok: false, failure });
	});

	it("that throws has the lines of its source", async () => {
		const { failure } = (await (await deploy("throw"))()) as Outcome & { ok: false };
		const line = LOADING.slice(0, LOADING.indexOf("throw new RangeError")).split("\n").length;
		expect(failure).toMatchObject({
			stackTrace: expect.arrayContaining([expect.stringContaining(`(index.ts:${line})`)]),
		});
	});

	it("that leaves a rejection to nobody fails the first invocation", async () => {
		const failure = { errorType: "Runtime.UnhandledPromiseRejection", errorMessage: "Error: top" };
		expect(await (await deploy("reject"))()).toMatchObject({ ok: false, failure });
	});

	it("that ends its instance is no failure of the deploy either", async () => {
		expect(await (await deploy("trap"))()).toMatchObject({
			ok: false,
			failure: { kind: expect.not.stringMatching("init") },
		});
	});
});

describe("build", () => {
	it("does nothing where nothing changed, and builds again where a module did", async () => {
		const project = readProject(temporary.folder);
		let started = 0;
		const again = () => build(project, () => void started++);
		expect((await again()).fresh).toBe(false);
		expect(started).toBe(0);
		writeFileSync(join(temporary.folder, "format.ts"), `${FORMAT}// changed\n`);
		expect((await again()).fresh).toBe(true);
		expect(started).toBe(1);
	});
});
