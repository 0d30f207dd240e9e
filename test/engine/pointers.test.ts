/**
 * Every function that the host gives, called with pointers, lengths and handles that cannot be: outside of memory, at its end,
 * unaligned, all the same; and with an allocator that gives such. The guest may be told an error or ended by a trap that says why; a
 * message in JavaScript's words would be a fault of the host's.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FunctionSpec, Outcome } from "../../host/engine/types.ts";
import { answer, type TestEngine, testEngine } from "../support/engine.ts";
import { guest } from "../support/guests.ts";
import {
	FREE,
	HOST_CALLS,
	type HostCall,
	MEMORY,
	pathOf,
	puppet,
	REALLOC,
	Script,
	type Value,
} from "../support/puppet.ts";

let folder: string;
let test: TestEngine;
let neighbour: FunctionSpec;
let handler: FunctionSpec;
let http: FunctionSpec;

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "pilot-pointers-"));
	writeFileSync(join(folder, "file"), "x".repeat(100));
	test = await testEngine();
	neighbour = await test.spec(await guest("ok"));
	const mounts = [{ host: folder, guest: "/mnt", readOnly: false }];
	handler = await test.spec(await puppet(), { mounts, env: { A: "1" } });
	http = await test.spec(await puppet("http"), { mounts, env: { A: "1" } });
	for (const spec of [handler, http]) await test.engine.prepare(spec);
});
afterAll(async () => {
	await test.close();
	rmSync(folder, { recursive: true, force: true });
});
afterEach(async () => {
	expect(answer(await test.invoke(neighbour, ""))).toBe('"ok"');
	expect(test.engine.stats().busy).toBe(0);
});

/** Where a script keeps a handle of each kind, by its resource's name. */
const HANDLES: Record<string, number> = {};
const slot = (resource: string): number => {
	HANDLES[resource] ??= FREE + 64 + Object.keys(HANDLES).length * 8;
	return HANDLES[resource];
};
/** Room for results, and a list or text for arguments. */
const AREA = FREE + 1024;
const INPUT = FREE + 1536;
const HTTP = "wasi:http/types#";
const FILES = "wasi:filesystem/types#[method]descriptor";

/** A script that has made a handle of every kind that a guest can make. */
function prepared(kind: "handler" | "http"): Script {
	const script = new Script()
		.call("wasi:cli/stdin#get-stdin", [], slot("input-stream"))
		.call("wasi:cli/stdout#get-stdout", [], slot("output-stream"))
		.call("wasi:clocks/monotonic-clock#subscribe-duration", [0n], slot("pollable"))
		.call(`${HTTP}[constructor]fields`, [], slot("fields"))
		.call(`${HTTP}[constructor]fields`, [], AREA)
		.call(`${HTTP}[constructor]outgoing-request`, [{ at: AREA }], slot("outgoing-request"))
		.call(`${HTTP}[constructor]request-options`, [], slot("request-options"))
		.call(`${HTTP}[constructor]fields`, [], AREA)
		.call(`${HTTP}[constructor]outgoing-response`, [{ at: AREA }], slot("outgoing-response"))
		.call(`${HTTP}[method]outgoing-response.body`, [{ at: slot("outgoing-response") }, AREA])
		.set(slot("outgoing-body"), { at: AREA + 4 })
		.call("wasi:sockets/instance-network#instance-network", [], slot("network"))
		.call("wasi:filesystem/preopens#get-directories", [AREA])
		.set(slot("folder"), { behind: AREA });
	const name = script.bytes("file");
	script
		.call(`${FILES}.open-at`, [{ at: slot("folder") }, 0, name, 4, 0, 3, AREA])
		.set(slot("descriptor"), { at: AREA + 4 })
		.call(`${FILES}.read-directory`, [{ at: slot("folder") }, AREA])
		.set(slot("directory-entry-stream"), { at: AREA + 4 });
	if (kind === "handler") return script;
	return script
		.set(slot("response-outparam"), { at: FREE + 8 })
		.set(slot("incoming-request"), { at: FREE })
		.call(`${HTTP}[method]incoming-request.consume`, [{ at: FREE }, AREA])
		.set(slot("incoming-body"), { at: AREA + 4 });
}

async function run(kind: "handler" | "http", script: Script, timeoutMs = 2000): Promise<Outcome> {
	if (kind === "handler") return test.invoke(handler, script.done(), { timeoutMs });
	const request = { pathWithQuery: pathOf(script), body: (async function* () {})() };
	return (await test.request(http, request, { timeoutMs })).outcome;
}

/** What a trap may say: the host's own words, for a rule that was broken. */
const WORDS =
	/^(pointer out of bounds of memory|unaligned pointer|unknown handle index -?\d+|handle index \d+ is a \S+, not a \S+|malformed text|unreachable|cannot leave component instance|realloc ran longer than \d+ ms|the guest has no realloc|poll of (an empty list|more than 1024 pollables)|a blocking write takes at most 4096 bytes|write of \d+ (bytes|zeroes) where \d+ are permitted|more than \d+ random bytes at once|header fields of more than \d+ bytes|more than \d+ bytes of header fields and unread bodies|(variant|option|result|method|scheme) has no case \d+|invalid (enum|variant) discriminant|exit status \d+|the function returned without a response|outgoing-body\.finish while its stream is alive|incoming-body\.finish while its stream is alive|timed out)/;

function expectTold(outcome: Outcome, what: string): void {
	if (outcome.ok) return;
	if (!WORDS.test(outcome.failure.errorMessage)) throw new Error(`${what}: ${outcome.failure.errorMessage}`);
}

/** Interfaces whose resources an HTTP guest alone gets. */
const isHttpOnly = (name: string) => /incoming-request|response-outparam|incoming-body|future-trailers/.test(name);
const kindFor = ({ name }: HostCall) => (isHttpOnly(name) ? "http" : "handler");

/** `self` of a method as it should be; for the rest room, a short list, and zeros. */
function goodArguments({ name, core }: HostCall): Value[] {
	const [params] = core.split("->") as [string];
	const self = /#\[method\]([^.]+)\./.exec(name)?.[1] ?? /^drop .*#(.+)$/.exec(name)?.[1];
	return [...params].map((type, index): Value => {
		if (type !== "i") return 4n;
		if (index === 0 && self !== undefined) return { at: slot(self) };
		return index === params.length - 1 ? AREA : index % 2 === 1 ? INPUT : 4;
	});
}

const BAD = [0xffff_ffff, 0x8000_0000, MEMORY, MEMORY - 1, 3, AREA];
const calls = HOST_CALLS.filter(({ name }) => !name.startsWith("own "));

it.each(["handler", "http"] as const)("a script has a handle of each kind before it begins: %s", async (kind) => {
	const outcome = await run(kind, prepared(kind));
	expect(outcome.ok ? "" : outcome.failure.errorMessage).toMatch(/^$|returned without a response/);
});

it("with good arguments most functions do what they are there for", async () => {
	const outcomes = await Promise.all(
		calls.map((it) => run("handler", prepared("handler").call(it.name, goodArguments(it), AREA))),
	);
	expect(outcomes.filter((it) => it.ok).length).toBeGreaterThan(70);
});

describe.each(calls.map((it): [string, HostCall] => [it.name, it]))("%s", (name, call) => {
	it("takes bad pointers, lengths and handles for what they are", async () => {
		const good = goodArguments(call);
		const kind = kindFor(call);
		for (const [index, type] of [...call.core.slice(0, call.core.indexOf("->"))].entries()) {
			for (const bad of BAD) {
				const args = good.with(index, type === "i" ? bad : BigInt.asIntN(64, BigInt(bad) << 32n));
				expectTold(await run(kind, prepared(kind).call(name, args, AREA + 64)), `${name}, argument ${index} ${bad}`);
			}
		}
	});

	it("takes what a bad allocator gives for what it is", async () => {
		const kind = kindFor(call);
		for (const mode of Object.keys(REALLOC) as (keyof typeof REALLOC)[]) {
			const script = prepared(kind).hook("realloc", (it) => it.call("wasi:random/random#get-random-u64", []));
			script.realloc(mode, AREA).call(name, goodArguments(call), AREA + 64);
			expectTold(await run(kind, script), `${name}, allocator ${mode}`);
		}
	});
});
