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
import { handler } from "./handler.ts";
import { type BoundExport, type CallResult, MAX_RESPONSE } from "./types.ts";

const WIT = readFileSync(new URL("../../../wit/world.wit", import.meta.url), "utf8");

/** A guest in JavaScript: a memory with an allocator, and what its `handle` does with it. */
async function call(
	handle: (memory: GuestMemory, args: number) => number,
	settings: Parameters<typeof testTask>[0] = {},
	encoding: StringEncoding = "utf8",
): Promise<{ result: CallResult; returned: number[] }> {
	const wasm = new WebAssembly.Memory({ initial: 200 });
	let top = 65_536;
	const memory = new GuestMemory(
		wasm,
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
		call: async (args: number) => handle(memory, args),
		postReturn: async (at: number) => returned.push(at),
	} as unknown as BoundExport;
	const call = handler.begin(testTask(settings));
	const result = await call.finish(bound, await call.start(bound));
	return { result, returned };
}

/**
 * Field offsets of a record, as the canonical ABI computes them (`alignment` and `size` of CanonicalABI.md), apart from
 * the host's own table of them.
 */
const FIELDS = [
	["requestId", "string"],
	["functionName", "string"],
	["functionVersion", "string"],
	["invokedFunctionArn", "string"],
	["memoryLimitInMb", "u32"],
	["deadlineMs", "u64"],
	["logGroupName", "string"],
	["logStreamName", "string"],
	["clientContext", "option"],
	["tenantId", "option"],
	["traceId", "option"],
] as const;
const LAYOUT = { string: [8, 4], u32: [4, 4], u64: [8, 8], option: [12, 4] } as const;

function readContext(memory: GuestMemory, start: number): Record<string, unknown> {
	const context: Record<string, unknown> = {};
	let at = start;
	for (const [name, type] of FIELDS) {
		const [size, align] = LAYOUT[type];
		at = Math.ceil(at / align) * align;
		const text = (from: number): string => memory.string(memory.getU32(from), memory.getU32(from + 4));
		if (type === "string") context[name] = text(at);
		else if (type === "u32") context[name] = memory.getU32(at);
		else if (type === "u64") context[name] = memory.getU64(at);
		else context[name] = memory.getU8(at) === 0 ? undefined : text(at + 4);
		at += size;
	}
	return context;
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

/** Answers `ok` with no bytes. */
function nothing(memory: GuestMemory): number {
	for (const at of [16, 20, 24]) memory.setU32(at, 0);
	return 16;
}

describe("arguments", () => {
	it.each(["utf8", "utf16", "latin1+utf16"] as const)("all arrive, in %s", async (encoding) => {
		const event = Uint8Array.from({ length: 256 }, (_, i) => i);
		const before = BigInt(Date.now());
		let seen: Record<string, unknown> = {};
		let bytes: number[] = [];
		const read = (memory: GuestMemory, args: number): number => {
			bytes = [...memory.bytes(memory.getU32(args), memory.getU32(args + 4))];
			seen = readContext(memory, args + 8);
			return nothing(memory);
		};
		await call(read, { payload: { kind: "event", event, context: CONTEXT }, timeoutMs: 5000 }, encoding);
		const { deadlineMs, ...rest } = seen;
		expect(rest).toEqual(CONTEXT);
		expect(deadlineMs).toBeGreaterThanOrEqual(before + 5000n);
		expect(deadlineMs).toBeLessThanOrEqual(BigInt(Date.now()) + 5000n);
		expect(bytes).toEqual([...event]);
	});

	it("that are optional may be missing, each by itself", async () => {
		for (const name of ["clientContext", "tenantId", "traceId"] as const) {
			let seen: Record<string, unknown> = {};
			const context = { ...TEST_CONTEXT, [name]: "" };
			await call(
				(memory, args) => {
					seen = readContext(memory, args + 8);
					return nothing(memory);
				},
				{ payload: { kind: "event", event: new Uint8Array(), context } },
			);
			const { deadlineMs: _, ...rest } = seen;
			expect(rest).toEqual(context);
		}
	});

	it("take a deadline with a fraction of a millisecond", async () => {
		expect((await call(nothing, { timeoutMs: 1234.567 })).result.ok).toBe(true);
	});

	it("have the type that the world's component has", async () => {
		const binary = await componentEmbed({ witSource: WIT, world: "function", dummy: true } as never);
		const { exports } = link(parseComponent(await componentNew(binary, [])));
		const [[world, functions] = ["", undefined]] = exports;
		expect(world).toMatch(/^pilot:function\/handler@0\.1/);
		expect(printFunc(functions!.get("handle")!.type)).toBe(handler.type);
	});
});

describe("an answer", () => {
	function answering(discriminant: number, ...words: number[]) {
		return (memory: GuestMemory): number => {
			memory.setU8(16, discriminant);
			for (const [i, word] of words.entries()) memory.setU32(20 + i * 4, word);
			return 16;
		};
	}

	it("is copied out, then given back to the guest", async () => {
		const { result, returned } = await call((memory) => {
			memory.bytes(100, 3).set([1, 2, 3]);
			return answering(0, 100, 3)(memory);
		});
		expect(result.ok && [...result.payload]).toEqual([1, 2, 3]);
		expect(returned).toEqual([16]);
	});

	it("at the limit passes, one byte more does not", async () => {
		expect((await call(answering(0, 0, MAX_RESPONSE))).result.ok).toBe(true);
		const { result } = await call(answering(0, 0, MAX_RESPONSE + 1));
		expect(result).toMatchObject({ failure: { kind: "response-too-large" } });
	});

	it.each([
		["a discriminant that is none", answering(2)],
		["bytes beyond the memory", answering(0, 200 * 65_536 - 1, 2)],
		["a length that wraps around", answering(0, 8, 0xffff_ffff)],
		["a message beyond the memory", answering(1, 0, 0, 0xffff_fff0, 100, 0, 0)],
		["a trace beyond the memory", answering(1, 0, 0, 0, 0, 65_536, 0xffff_ffff)],
		["a trace that is not aligned", answering(1, 0, 0, 0, 0, 65_537, 1)],
		["its place beyond the memory", () => 200 * 65_536],
		["its place not aligned", (memory: GuestMemory) => answering(0)(memory) + 1],
	] as [string, (memory: GuestMemory) => number][])("with %s is a trap", async (_name, handle) => {
		await expect(call(handle)).rejects.toThrow(Trap);
	});

	it("that is a failure has its texts", async () => {
		const { result } = await call((memory) => {
			const [type, message, frame] = ["T", "it failed ü", "at main"].map((it) => memory.putString(it));
			for (const [i, word] of [...frame!, ...frame!].entries()) memory.setU32(512 + i * 4, word);
			return answering(1, ...type!, ...message!, 512, 2)(memory);
		});
		const stackTrace = ["at main", "at main"];
		expect(result).toMatchObject({
			failure: { kind: "handled", errorType: "T", errorMessage: "it failed ü", stackTrace },
		});
	});

	it("that is a huge failure is read up to 256 KiB in all, and 200 frames", async () => {
		const { result } = await call((memory) => {
			memory.bytes(65_536, 8 * 2 ** 20).fill(0x61);
			for (let i = 0; i < 1000; i++) {
				memory.setU32(1024 + i * 8, 65_536);
				memory.setU32(1028 + i * 8, i < 100 ? 1000 : 8 * 2 ** 20);
			}
			return answering(1, 65_536, 10, 65_536, 100_000, 1024, 1000)(memory);
		});
		if (result.ok) throw new Error("was well");
		const { errorType, errorMessage, stackTrace } = result.failure;
		expect([errorType.length, errorMessage.length, stackTrace.length]).toEqual([10, 100_000, 200]);
		expect([errorType, errorMessage, ...stackTrace].join("").length).toBe(256 * 1024);
	});
});
