/**
 * What a guest may do with what the host gives it, and should not: handles that are forged, gone or never given up, streams and bodies in
 * the wrong order, host calls from where there may be none, and everything without end. Each has the failure that
 * docs/reference/limits.md names; afterwards the same function serves again, a neighbour has been served all the time, and
 * the host holds what it held before.
 */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FailureKind, FunctionSpec, Outcome } from "../../host/engine/types.ts";
import { answer, type TestEngine, testEngine } from "../support/engine.ts";
import { guest } from "../support/guests.ts";
import { FREE, HEAP, pathOf, puppet, Script } from "../support/puppet.ts";
import { countTimers } from "../support/timers.ts";

const HTTP = "wasi:http/types#";
const STREAMS = "wasi:io/streams#";
const FILES = "wasi:filesystem/types#[method]descriptor";
const POLL = "wasi:io/poll#poll";
const SUBSCRIBE = "wasi:clocks/monotonic-clock#subscribe-duration";
const RANDOM = "wasi:random/random#get-random-bytes";
const HOUR = 3_600_000_000_000n;
/** Where a script keeps what it got: handles, the area for results, a counter. */
const [A, B, AREA, COUNTER] = [FREE, FREE + 8, FREE + 512, FREE + 1000];

const timers = countTimers();
let folder: string;
let test: TestEngine;
let neighbour: FunctionSpec;
let handler: FunctionSpec;
let http: FunctionSpec;

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "pilot-misuse-"));
	writeFileSync(join(folder, "file"), "x".repeat(100));
	symlinkSync("/etc/hostname", join(folder, "outside"));
	symlinkSync("loop", join(folder, "loop"));
	test = await testEngine();
	neighbour = await test.spec(await guest("ok"));
	const mounts = [{ host: folder, guest: "/mnt", readOnly: false }];
	handler = await test.spec(await puppet(), { mounts });
	http = await test.spec(await puppet("http"), { mounts });
	for (const spec of [handler, http]) await test.engine.prepare(spec);
	await test.invoke(neighbour, "");
});
afterAll(async () => {
	await test.close();
	rmSync(folder, { recursive: true, force: true });
});

afterEach(async () => {
	expect(test.engine.stats().busy).toBe(0);
	expect(answer(await test.invoke(neighbour, ""))).toBe('"ok"');
	expect((await run(handler, new Script().call(RANDOM, [1n, AREA]))).ok).toBe(true);
	expect(timers()).toBe(0);
});

/** Runs a script while a neighbour is called again and again. */
async function run(spec: FunctionSpec, script: Script, timeoutMs = 5000): Promise<Outcome> {
	const running = call(spec, script, timeoutMs);
	let isOver = false;
	const over = running.finally(() => {
		isOver = true;
	});
	while (!isOver) {
		expect(answer(await test.invoke(neighbour, ""))).toBe('"ok"');
		await new Promise((resolve) => setImmediate(resolve));
	}
	return over;
}

async function call(spec: FunctionSpec, script: Script, timeoutMs: number): Promise<Outcome> {
	if (spec === handler) return test.invoke(spec, script.done(), { timeoutMs });
	return (await test.request(spec, { pathWithQuery: pathOf(script) }, { timeoutMs })).outcome;
}

interface Misuse {
	does: string;
	script(): Script;
	kind: FailureKind | "ok";
	words?: string;
	timeoutMs?: number;
	spec?: "http";
}

/** A stream for stdout at `A`, and what is written to it. */
const withStdout = () => new Script().call("wasi:cli/stdout#get-stdout", [], A);
const withTimer = () => new Script().call(SUBSCRIBE, [HOUR], A);
const withFolder = () => new Script().call("wasi:filesystem/preopens#get-directories", [AREA]).set(A, { behind: AREA });
const withResponse = (script = new Script()) =>
	script
		.call(`${HTTP}[constructor]fields`, [], A)
		.call(`${HTTP}[constructor]outgoing-response`, [{ at: A }], A)
		.call(`${HTTP}[method]outgoing-response.body`, [{ at: A }, AREA])
		.set(B, { at: AREA + 4 });
const forEver = (script: Script, body: (script: Script) => unknown) => script.repeat(0xffff_ffff, COUNTER, body);

/** Little-endian words as a list's bytes. */
function words(count: number, value: (index: number) => number): Buffer {
	const bytes = Buffer.alloc(count * 4);
	for (let index = 0; index < count; index++) bytes.writeUInt32LE(value(index), index * 4);
	return bytes;
}

/** Polls 1,024 pollables of which none is ready but, after a millisecond, the last. */
function pollMany(): Script {
	const script = new Script().repeat(1023, COUNTER, (it) => it.call(SUBSCRIBE, [HOUR], B));
	const list = script.bytes(words(1024, (index) => index + 1));
	return script.repeat(5, COUNTER, (it) =>
		it
			.call(SUBSCRIBE, [1_000_000n], B)
			.call(POLL, [list, 1024, AREA])
			.call("drop wasi:io/poll#pollable", [{ at: B }]),
	);
}

const HANDLES: Misuse[] = [
	{
		does: "drops a handle that it never had",
		script: () => new Script().call("drop wasi:io/poll#pollable", [4711]),
		kind: "crash",
		words: "unknown handle index 4711",
	},
	{
		does: "drops a handle twice",
		script: () =>
			withTimer()
				.call("drop wasi:io/poll#pollable", [{ at: A }])
				.call("drop wasi:io/poll#pollable", [{ at: A }]),
		kind: "crash",
		words: "unknown handle index",
	},
	{
		does: "uses a handle as another type",
		script: () => withTimer().call(`${HTTP}[method]fields.clone`, [{ at: A }]),
		kind: "crash",
		words: "is a wasi:io/poll#pollable, not a wasi:http/types#fields",
	},
	{
		does: "drops a handle as another type",
		script: () => withTimer().call("drop wasi:io/error#error", [{ at: A }]),
		kind: "crash",
		words: "not a wasi:io/error#error",
	},
	{
		does: "gives the same handle away twice",
		script: () => {
			const script = new Script().call(`${HTTP}[constructor]fields`, [], A);
			for (let twice = 0; twice < 2; twice++) script.call(`${HTTP}[constructor]outgoing-request`, [{ at: A }]);
			return script;
		},
		kind: "crash",
		words: "not a wasi:http/types#fields",
	},
	{
		does: "catches what a forged handle throws, and goes on",
		script: () => forEver(new Script(), (it) => it.attempt("drop wasi:io/poll#pollable", [4711], B)),
		kind: "crash",
		words: "unknown handle index 4711",
	},
	...[
		["pollables", (it: Script) => it.call(SUBSCRIBE, [HOUR])],
		["fields", (it: Script) => it.call(`${HTTP}[constructor]fields`, [])],
		["streams", (it: Script) => it.call("wasi:cli/stdout#get-stdout", [])],
		["messages with bodies", (it: Script) => withResponse(it)],
		["resources of its own", (it: Script) => it.call("own new", [1])],
	].map(
		([what, body]): Misuse => ({
			does: `leaks a million ${what}`,
			script: () => new Script().repeat(1_000_000, COUNTER, body as (script: Script) => unknown),
			kind: "crash",
			words: "more than 65536 handles",
		}),
	),
	{
		does: "makes and drops handles without end",
		script: () =>
			forEver(new Script(), (it) => it.call(SUBSCRIBE, [HOUR], A).call("drop wasi:io/poll#pollable", [{ at: A }])),
		kind: "timeout",
		timeoutMs: 200,
	},
	{
		does: "uses a resource of its own after its end",
		script: () =>
			new Script()
				.call("own new", [7], A)
				.call("own drop", [{ at: A }])
				.call("own rep", [{ at: A }]),
		kind: "crash",
		words: "unknown handle index",
	},
];

const PLACES: Misuse[] = [
	{
		does: "calls the host from its allocator",
		script: () =>
			new Script()
				.hook("realloc", (it) => it.call("wasi:random/random#get-random-u64", []))
				.realloc("script")
				.call(RANDOM, [8n, AREA]),
		kind: "crash",
		words: "cannot leave component instance",
	},
	{
		does: "calls the host from its allocator, and catches the refusal",
		script: () =>
			new Script()
				.hook("realloc", (it) => it.attempt("wasi:random/random#get-random-u64", [], B))
				.realloc("script")
				.call(RANDOM, [8n, AREA]),
		kind: "crash",
		words: "cannot leave component instance",
	},
	{
		does: "waits in its allocator",
		script: () =>
			withTimer()
				.hook("realloc", (it) => it.call("wasi:io/poll#[method]pollable.block", [{ at: A }]))
				.realloc("script")
				.call(RANDOM, [8n, AREA]),
		kind: "crash",
		words: "cannot leave component instance",
	},
	{
		does: "exits in its allocator",
		script: () =>
			new Script()
				.hook("realloc", (it) => it.call("wasi:cli/exit#exit", [0]))
				.realloc("script")
				.call(RANDOM, [8n, AREA]),
		kind: "crash",
		words: "cannot leave component instance",
	},
	{
		does: "never ends its allocator",
		script: () => new Script().realloc("loop").call(RANDOM, [8n, AREA]),
		kind: "crash",
		words: "realloc ran longer than 100 ms",
	},
	{
		does: "grows its memory in its allocator",
		script: () =>
			new Script().realloc("grow").call(RANDOM, [8n, AREA]).call("wasi:cli/environment#get-environment", [AREA]),
		kind: "ok",
	},
	{
		does: "has its allocator give the place where the result goes",
		script: () => {
			const script = new Script().call(`${HTTP}[constructor]fields`, [], A);
			const name = script.bytes("name");
			for (let twice = 0; twice < 2; twice++)
				script.call(`${HTTP}[method]fields.append`, [{ at: A }, name, 4, name, 4, AREA]);
			return script.realloc("fixed", AREA).call(`${HTTP}[method]fields.entries`, [{ at: A }, AREA]);
		},
		kind: "ok",
	},
	{
		does: "calls the host from post-return",
		script: () => new Script().hook("postReturn", (it) => it.call("wasi:random/random#get-random-u64", [])),
		kind: "crash",
		words: "cannot leave component instance",
	},
	{
		does: "waits in post-return",
		script: () => withTimer().hook("postReturn", (it) => it.call("wasi:io/poll#[method]pollable.block", [{ at: A }])),
		kind: "crash",
		words: "cannot leave component instance",
	},
	{
		does: "drops a resource of its own in post-return",
		script: () => new Script().call("own new", [1], A).hook("postReturn", (it) => it.call("own drop", [{ at: A }])),
		kind: "crash",
		words: "cannot leave component instance",
	},
	{
		does: "calls the host from a destructor, which it may",
		script: () =>
			new Script()
				.hook("destructor", (it) => it.call(RANDOM, [8n, AREA]))
				.call("own new", [1], A)
				.call("own drop", [{ at: A }]),
		kind: "ok",
	},
	{
		does: "waits in a destructor, which it may",
		script: () =>
			new Script()
				.call(SUBSCRIBE, [1_000_000n], B)
				.hook("destructor", (it) => it.call("wasi:io/poll#[method]pollable.block", [{ at: B }]))
				.call("own new", [1], A)
				.call("own drop", [{ at: A }]),
		kind: "ok",
	},
	{
		does: "waits for ever in a destructor",
		script: () =>
			new Script()
				.call(SUBSCRIBE, [HOUR], B)
				.hook("destructor", (it) => it.call("wasi:io/poll#[method]pollable.block", [{ at: B }]))
				.call("own new", [1], A)
				.call("own drop", [{ at: A }]),
		kind: "timeout",
		timeoutMs: 100,
	},
	{
		does: "drops in a destructor what is being dropped",
		script: () =>
			new Script()
				.hook("destructor", (it) => it.call("own drop", [{ at: A }]))
				.call("own new", [1], A)
				.call("own drop", [{ at: A }]),
		kind: "crash",
		words: "unknown handle index",
	},
	{
		does: "makes and drops resources in destructors, without end",
		script: () =>
			new Script()
				.hook("destructor", (it) => it.call("own new", [1], A).call("own drop", [{ at: A }]))
				.call("own new", [1], A)
				.call("own drop", [{ at: A }]),
		kind: "crash",
		words: "call stack exhausted",
	},
	{
		does: "traps in a destructor",
		script: () =>
			new Script()
				.hook("destructor", (it) => it.trap())
				.call("own new", [1], A)
				.call("own drop", [{ at: A }]),
		kind: "crash",
		words: "unreachable",
	},
];

const WAITS: Misuse[] = [
	{
		does: "waits for what never comes",
		script: () => withTimer().call("wasi:io/poll#[method]pollable.block", [{ at: A }]),
		kind: "timeout",
		timeoutMs: 100,
	},
	{
		does: "waits for the end of time",
		script: () => new Script().call(SUBSCRIBE, [-1n], A).call("wasi:io/poll#[method]pollable.block", [{ at: A }]),
		kind: "timeout",
		timeoutMs: 100,
	},
	{
		does: "polls nothing",
		script: () => new Script().call(POLL, [AREA, 0, AREA]),
		kind: "crash",
		words: "poll of an empty list",
	},
	{
		does: "polls a list of 2^31",
		script: () => new Script().call(POLL, [AREA, 0x8000_0000, AREA]),
		kind: "crash",
		words: "poll of more than 1024 pollables",
	},
	{
		does: "polls the same pollable a thousand times",
		script: () => {
			const script = new Script().call(SUBSCRIBE, [1_000_000n], A);
			return script.call(POLL, [script.bytes(words(1024, () => 1)), 1024, AREA]);
		},
		kind: "ok",
	},
	{ does: "polls a thousand that are not ready", script: pollMany, kind: "ok" },
	{
		does: "polls a pollable that it dropped",
		script: () =>
			withTimer()
				.call("drop wasi:io/poll#pollable", [{ at: A }])
				.call(POLL, [A, 1, AREA]),
		kind: "crash",
		words: "unknown handle index",
	},
	{
		does: "waits for a stream that it dropped",
		script: () =>
			withStdout()
				.call(`${STREAMS}[method]output-stream.subscribe`, [{ at: A }], B)
				.call(`drop ${STREAMS}output-stream`, [{ at: A }])
				.call("wasi:io/poll#[method]pollable.block", [{ at: B }]),
		kind: "ok",
	},
	{
		does: "asks for the time without end",
		script: () => forEver(new Script(), (it) => it.call("wasi:clocks/monotonic-clock#now", [], A)),
		kind: "timeout",
		timeoutMs: 200,
	},
	{
		does: "asks for 2^32 random bytes",
		script: () => new Script().call(RANDOM, [2n ** 32n, AREA]),
		kind: "crash",
		words: "more than 1048576 random bytes at once",
	},
	{
		does: "asks for a megabyte of random bytes, again and again",
		script: () => forEver(new Script().realloc("fixed", 2 ** 20), (it) => it.call(RANDOM, [1_048_576n, AREA])),
		kind: "timeout",
		timeoutMs: 200,
	},
];

const STREAMED: Misuse[] = [
	{
		does: "writes 2^31 bytes",
		script: () => withStdout().call(`${STREAMS}[method]output-stream.write`, [{ at: A }, 0, 0x8000_0000, AREA]),
		kind: "crash",
		words: "pointer out of bounds of memory",
	},
	{
		does: "writes more than is permitted",
		script: () => withStdout().call(`${STREAMS}[method]output-stream.write`, [{ at: A }, 0, 65_537, AREA]),
		kind: "crash",
		words: "write of 65537 bytes where 65536 are permitted",
	},
	{
		does: "writes 2^64 - 1 zeroes",
		script: () => withStdout().call(`${STREAMS}[method]output-stream.write-zeroes`, [{ at: A }, -1n, AREA]),
		kind: "crash",
		words: "write of 18446744073709551615 zeroes",
	},
	{
		does: "writes byte after byte, without end",
		script: () =>
			forEver(withStdout(), (it) =>
				it.call(`${STREAMS}[method]output-stream.blocking-write-and-flush`, [{ at: A }, 0, 1, AREA]),
			),
		kind: "timeout",
		timeoutMs: 200,
	},
	{
		does: "reads what has ended, without end",
		script: () =>
			forEver(new Script().call("wasi:cli/stdin#get-stdin", [], A), (it) =>
				it.call(`${STREAMS}[method]input-stream.blocking-read`, [{ at: A }, 1n, AREA]),
			),
		kind: "timeout",
		timeoutMs: 200,
	},
	{
		does: "finishes a body whose stream is open",
		script: () =>
			withResponse()
				.call(`${HTTP}[method]outgoing-body.write`, [{ at: B }, AREA])
				.call(`${HTTP}[static]outgoing-body.finish`, [{ at: B }, 0, 0, AREA]),
		kind: "crash",
		words: "outgoing-body.finish while its stream is alive",
	},
	{
		does: "finishes a body twice",
		script: () => {
			const script = withResponse();
			for (let twice = 0; twice < 2; twice++)
				script.call(`${HTTP}[static]outgoing-body.finish`, [{ at: B }, 0, 0, AREA]);
			return script;
		},
		kind: "crash",
		words: "unknown handle index",
	},
	{
		does: "finishes a body with trailers that are none",
		script: () => withResponse().call(`${HTTP}[static]outgoing-body.finish`, [{ at: B }, 1, { at: A }, AREA]),
		kind: "crash",
		words: "not a wasi:http/types#fields",
	},
	{
		does: "writes to a body that nobody reads, without end",
		script: () =>
			forEver(
				withResponse()
					.call(`${HTTP}[method]outgoing-body.write`, [{ at: B }, AREA])
					.set(B, { at: AREA + 4 }),
				(it) => it.call(`${STREAMS}[method]output-stream.blocking-write-and-flush`, [{ at: B }, 0, 4096, AREA]),
			),
		kind: "timeout",
		timeoutMs: 200,
	},
	{
		does: "fills as many bodies as it can",
		script: () =>
			forEver(new Script(), (it) =>
				withResponse(it)
					.call(`${HTTP}[method]outgoing-body.write`, [{ at: B }, AREA])
					.call(`${STREAMS}[method]output-stream.check-write`, [{ at: AREA + 4 }, AREA + 16])
					.call(`${STREAMS}[method]output-stream.write-zeroes`, [{ at: AREA + 4 }, 16_384n, AREA + 16]),
			),
		kind: "crash",
		words: "more than 16777216 bytes of header fields and unread bodies",
	},
	{
		does: "has header fields of 2^31 entries",
		script: () => new Script().call(`${HTTP}[static]fields.from-list`, [AREA, 0x8000_0000, AREA]),
		kind: "crash",
		words: "header fields of more than",
	},
	{
		does: "adds header fields without end",
		script: () => {
			const script = new Script().call(`${HTTP}[constructor]fields`, [], A);
			const name = script.bytes("name");
			return forEver(script, (it) => it.call(`${HTTP}[method]fields.append`, [{ at: A }, name, 4, HEAP, 4096, AREA]));
		},
		kind: "timeout",
		timeoutMs: 200,
	},
	{
		does: "has a method of 1.5 MB",
		script: () =>
			new Script()
				.call(`${HTTP}[constructor]fields`, [], A)
				.call(`${HTTP}[constructor]outgoing-request`, [{ at: A }], A)
				.call(`${HTTP}[method]outgoing-request.set-method`, [{ at: A }, 9, HEAP, 1_500_000]),
		kind: "crash",
		words: "a string of more than 1048576 bytes",
	},
	{
		does: "names a path of a megabyte",
		script: () => withFolder().call(`${FILES}.stat-at`, [{ at: A }, 0, HEAP, 1_000_000, AREA]),
		kind: "ok",
	},
	{
		does: "opens files without end",
		script: () => {
			const script = withFolder();
			const name = script.bytes("file");
			return script.repeat(1000, COUNTER, (it) => it.call(`${FILES}.open-at`, [{ at: A }, 0, name, 4, 0, 1, AREA]));
		},
		kind: "ok",
	},
];

const ANSWERS: Misuse[] = [
	{
		does: "never answers a request",
		script: () => new Script(),
		kind: "crash",
		words: "returned without a response",
		spec: "http",
	},
	{
		does: "answers twice",
		script: () => {
			const script = new Script();
			for (let twice = 0; twice < 2; twice++)
				script
					.call(`${HTTP}[constructor]fields`, [], AREA)
					.call(`${HTTP}[constructor]outgoing-response`, [{ at: AREA }], AREA)
					.call(`${HTTP}[static]response-outparam.set`, [{ at: B }, 0, { at: AREA }, 0, 0n, 0, 0, 0, 0]);
			return script;
		},
		kind: "crash",
		words: "unknown handle index",
		spec: "http",
	},
	{
		does: "takes the body of a request twice",
		script: () => {
			const script = new Script();
			for (let twice = 0; twice < 2; twice++) script.call(`${HTTP}[method]incoming-request.consume`, [{ at: A }, AREA]);
			return script;
		},
		kind: "crash",
		words: "returned without a response",
		spec: "http",
	},
	{
		does: "finishes a request's body while it reads it",
		script: () =>
			new Script()
				.call(`${HTTP}[method]incoming-request.consume`, [{ at: A }, AREA])
				.call(`${HTTP}[method]incoming-body.stream`, [{ at: AREA + 4 }, AREA + 16])
				.call(`${HTTP}[static]incoming-body.finish`, [{ at: AREA + 4 }], AREA + 32),
		kind: "crash",
		words: "incoming-body.finish while its stream is alive",
		spec: "http",
	},
];

describe.each([
	["handles", HANDLES],
	["places where the host may not be called", PLACES],
	["waits", WAITS],
	["streams, bodies and files", STREAMED],
	["answers", ANSWERS],
])("%s: a guest that", (_, misuses) => {
	it.each(misuses.map((it): [string, Misuse] => [it.does, it]))(
		"%s",
		async (_does, { script, kind, words, timeoutMs, spec }) => {
			const outcome = await run(spec === "http" ? http : handler, script(), timeoutMs);
			if (outcome.ok) expect("ok").toBe(kind);
			else expect(`${outcome.failure.kind}: ${outcome.failure.errorMessage}`).toContain(`${kind}: `);
			if (!outcome.ok && words !== undefined) expect(outcome.failure.errorMessage).toContain(words);
		},
	);
});

/** Reads a word of the answer, which is what is at `FREE` and behind it. */
function wordOf(outcome: Outcome, address: number): number {
	if (!outcome.ok) throw new Error(outcome.failure.errorMessage);
	return Buffer.from(outcome.payload).readUInt32LE(address - FREE);
}

describe("mounts", () => {
	it.each(["../secret", "outside", "/etc/passwd", "a/../../b", "loop", "./outside/../x", "file/../../x"])(
		"are not left by %s",
		async (path) => {
			const script = withFolder();
			const name = script.bytes(path);
			script.set(AREA, 0).call(`${FILES}.open-at`, [{ at: A }, 1, name, path.length, 0, 1, AREA]);
			// A result whose discriminant says that it is an error.
			expect(wordOf(await run(handler, script), AREA) & 0xff).toBe(1);
		},
	);
});
