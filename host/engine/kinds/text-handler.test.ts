import { readFileSync } from "node:fs";
import { componentEmbed, componentNew } from "@bytecodealliance/jco";
import { describe, expect, it } from "vitest";
import { parseComponent } from "../build/component/parse.ts";
import { printFunc } from "../build/component/types.ts";
import { link } from "../build/link.ts";
import { GuestMemory, type StringEncoding } from "../memory.ts";
import { TEST_CONTEXT, testTask } from "../testing.ts";
import { Trap } from "../trap.ts";
import type { HandlerContext } from "../types.ts";
import { textHandler } from "./text-handler.ts";
import { type BoundExport, type CallResult, MAX_RESPONSE } from "./types.ts";

const WIT = readFileSync(new URL("../../../wit/world.wit", import.meta.url), "utf8");

type Core = [event: number, units: number, id: number, units: number, deadline: bigint, more: number, units: number];
type Handle = (memory: GuestMemory, ...args: Core) => number;

/** A guest in JavaScript: a memory with an allocator, and what its `handle` does with it. */
async function call(
	handle: Handle,
	settings: Parameters<typeof testTask>[0] = {},
	encoding: StringEncoding = "utf8",
): Promise<{ result: CallResult; returned: number[] }> {
	let top = 65_536;
	const memory = new GuestMemory(
		new WebAssembly.Memory({ initial: 400 }),
		(_old, _size, align, size) => {
			const at = Math.ceil(top / align) * align;
			top = at + size;
			return at;
		},
		encoding,
	);
	const returned: number[] = [];
	const bound = {
		memory,
		call: async (...args: Core) => handle(memory, ...args),
		postReturn: async (at: number) => returned.push(at),
	} as unknown as BoundExport;
	const call = textHandler.begin(testTask(settings));
	const result = await call.finish(bound, await call.start(bound));
	return { result, returned };
}

interface Seen {
	event: string;
	requestId: string;
	deadlineMs: bigint;
	more: string;
}

async function seenWith(
	event: string | Uint8Array,
	context: HandlerContext,
	encoding?: StringEncoding,
	timeoutMs = 5000,
): Promise<Seen> {
	let seen: Seen | undefined;
	const read: Handle = (memory, at, size, id, idSize, deadlineMs, more, moreSize) => {
		const text = [memory.string(at, size), memory.string(id, idSize), memory.string(more, moreSize)];
		seen = { event: text[0]!, requestId: text[1]!, deadlineMs, more: text[2]! };
		return answering("null")(memory);
	};
	await call(read, { payload: { kind: "event", event: Buffer.from(event), context }, timeoutMs }, encoding);
	return seen!;
}

/** Answers `ok` with a text. */
function answering(text: string) {
	return (memory: GuestMemory): number => answer(memory, 0, ...memory.putString(text));
}

function answer(memory: GuestMemory, discriminant: number, ...words: number[]): number {
	memory.setU8(16, discriminant);
	for (const [i, word] of words.entries()) memory.setU32(20 + i * 4, word);
	return 16;
}

const CONTEXT: HandlerContext = {
	requestId: "request ü",
	functionName: "name",
	functionVersion: "17",
	invokedFunctionArn: "arn:aws:lambda",
	memoryLimitInMb: 0xffff_fffe,
	logGroupName: "group",
	logStreamName: "stream 𝄞",
	clientContext: "client",
	tenantId: "tenant",
	traceId: "trace",
};

describe("arguments", () => {
	it.each(["utf8", "utf16", "latin1+utf16"] as const)("all arrive, in %s", async (encoding) => {
		for (const event of ["", "ASCII", "Grüße 𝄞 \u0000"]) {
			const before = BigInt(Date.now());
			const seen = await seenWith(event, CONTEXT, encoding);
			const { requestId, ...more } = CONTEXT;
			expect([seen.event, seen.requestId, JSON.parse(seen.more)]).toEqual([event, requestId, more]);
			expect(seen.deadlineMs).toBeGreaterThanOrEqual(before + 5000n);
			expect(seen.deadlineMs).toBeLessThanOrEqual(BigInt(Date.now()) + 5000n);
		}
	});

	it("that are bytes and no text are text all the same, and keep a byte order mark", async () => {
		const broken = Uint8Array.of(0x61, 0xff, 0xe2, 0x82, 0x62);
		expect((await seenWith(broken, TEST_CONTEXT)).event).toBe("a\ufffd\ufffdb");
		expect((await seenWith("\ufeff{}", TEST_CONTEXT)).event).toBe("\ufeff{}");
	});

	it("are those of each invocation, whichever member of the context is another one", async () => {
		for (const [name, value] of Object.entries(CONTEXT)) {
			const context = { ...TEST_CONTEXT, [name]: value };
			const { more, requestId } = await seenWith("", context);
			const { requestId: wanted, ...rest } = context;
			expect([requestId, JSON.parse(more)]).toEqual([wanted, JSON.parse(JSON.stringify(rest))]);
			expect(Object.keys(JSON.parse((await seenWith("", TEST_CONTEXT)).more))).toHaveLength(6);
		}
	});

	it("take a deadline with a fraction of a millisecond", async () => {
		expect((await seenWith("", TEST_CONTEXT, "utf8", 1234.567)).deadlineMs).toBeGreaterThan(0n);
	});

	it("have the type that the world's component has", async () => {
		const binary = await componentEmbed({ witSource: WIT, world: "text-function", dummy: true } as never);
		const { exports } = link(parseComponent(await componentNew(binary, [])));
		const [[world, functions] = ["", undefined]] = exports;
		expect(world).toMatch(/^pilot:function\/text-handler@0\.1/);
		expect(printFunc(functions!.get("handle")!.type)).toBe(textHandler.type);
	});
});

describe("an answer", () => {
	it.each(["utf8", "utf16", "latin1+utf16"] as const)("in %s is UTF-8, and given back", async (encoding) => {
		for (const text of ["", "latin ü", "𝄞"]) {
			const { result, returned } = await call(answering(text), {}, encoding);
			expect(result.ok && Buffer.from(result.payload).toString()).toBe(text);
			expect(returned).toEqual([16]);
		}
	});

	it.each(["utf8", "utf16"] as const)("at the limit passes in %s, one byte more does not", async (encoding) => {
		const filled = (length: number) => (memory: GuestMemory) => {
			if (encoding === "utf8") memory.bytes(2 * 65_536, length).fill(0x61);
			else
				Buffer.from(memory.bytes(2 * 65_536, length * 2).buffer).fill(
					"a",
					2 * 65_536,
					2 * 65_536 + length * 2,
					"utf16le",
				);
			return answer(memory, 0, 2 * 65_536, length);
		};
		expect((await call(filled(MAX_RESPONSE), {}, encoding)).result.ok).toBe(true);
		const { result } = await call(filled(MAX_RESPONSE + 1), {}, encoding).catch(() => ({ result: { ok: false } }));
		expect(result.ok).toBe(false);
	});

	it.each([
		["a discriminant that is none", (memory) => answer(memory, 2)],
		["text beyond the memory", (memory) => answer(memory, 0, 400 * 65_536 - 1, 2)],
		["a length that wraps around", (memory) => answer(memory, 0, 8, 0xffff_ffff)],
		[
			"text that is none",
			(memory) => {
				memory.bytes(100, 3).set([0xed, 0xa0, 0x80]);
				return answer(memory, 0, 100, 3);
			},
		],
	] as [string, Handle][])("with %s is a trap", async (_name, handle) => {
		await expect(call(handle)).rejects.toThrow(Trap);
	});

	it("that is a failure has its texts", async () => {
		const { result } = await call((memory) => {
			const [type, message] = ["T", "it failed ü"].map((it) => memory.putString(it));
			return answer(memory, 1, ...type!, ...message!, 0, 0);
		});
		expect(result).toMatchObject({ failure: { kind: "handled", errorType: "T", errorMessage: "it failed ü" } });
	});
});
