import { describe, expect, it } from "vitest";
import { Trap } from "../../trap.ts";
import { inputStreamKind, outputStreamKind } from "../io/kinds.ts";
import { TestExit, type TestGuest, testGuest } from "../testing.ts";

const STREAMS = "wasi:io/streams";
const kinds = new Map([inputStreamKind, outputStreamKind].map((it) => [it.name, it as never]));
const encode = (text: string) => new TextEncoder().encode(text);

/** A list of strings, or of tuples of two of them, one behind the other. */
async function strings(test: TestGuest, name: string, each: 1 | 2): Promise<string[]> {
	const area = await test.result("wasi:cli/environment", name);
	const [list, count] = [test.memory.getU32(area), test.memory.getU32(area + 4)];
	return Array.from({ length: count * each }, (_, i) => test.stringAt(list + i * 8));
}

async function read(test: TestGuest, handle: number, length: bigint): Promise<string> {
	const area = await test.result(STREAMS, "[method]input-stream.blocking-read", handle, length);
	return test.memory.getU8(area) === 0 ? test.stringAt(area + 4) : "closed";
}

async function print(test: TestGuest, handle: number, text: string): Promise<void> {
	await test.result(STREAMS, "[method]output-stream.blocking-write-and-flush", handle, ...test.put(text));
}

describe("environment", () => {
	it("is the instance's own, in order, with anything that UTF-8 can say", async () => {
		const test = testGuest({
			env: [
				["B", "2"],
				["A", "ü = 1"],
				["EMPTY", ""],
			],
		});
		expect(await strings(test, "get-environment", 2)).toEqual(["B", "2", "A", "ü = 1", "EMPTY", ""]);
	});

	it("has the arguments, and no working directory", async () => {
		const test = testGuest({ args: ["program", "--flag"] });
		expect(await strings(test, "get-arguments", 1)).toEqual(["program", "--flag"]);
		expect(test.memory.getU8(await test.result("wasi:cli/environment", "initial-cwd"))).toBe(0);
	});

	it("that is empty is an empty list, and never shows the host's", async () => {
		const test = testGuest();
		expect(await strings(test, "get-environment", 2)).toEqual([]);
		expect(await strings(test, "get-arguments", 1)).toEqual([]);
	});

	it("reaches a guest whose memory moves while it is written", async () => {
		const env = Array.from({ length: 300 }, (_, i) => [`NAME_${i}`, "x".repeat(1000)] as const);
		const test = testGuest({ env });
		expect(await strings(test, "get-environment", 2)).toEqual(env.flat());
	});
});

describe("exit", () => {
	const status = (name: string, value: number) => {
		try {
			testGuest().call("wasi:cli/exit", name, value);
		} catch (error) {
			if (error instanceof TestExit) return error.status;
			throw error;
		}
		return undefined;
	};

	it("ends the instance with the status of its result", () => {
		expect([status("exit", 0), status("exit", 1)]).toEqual([0, 1]);
		expect(() => status("exit", 2)).toThrow(Trap);
	});

	it("ends the instance with a code, which is a byte", () => {
		expect([0, 42, 255, 256 + 7].map((it) => status("exit-with-code", it))).toEqual([0, 42, 255, 7]);
	});
});

describe("stdin", () => {
	it("gives the input and is closed then; all its handles share one position", async () => {
		const test = testGuest({ stdin: encode("hello") });
		const [a, b] = [1, 2].map(() => test.call("wasi:cli/stdin", "get-stdin") as number);
		expect(await read(test, a!, 2n)).toBe("he");
		expect(await read(test, b!, 10n)).toBe("llo");
		expect(await read(test, a!, 10n)).toBe("closed");
	});

	it("starts anew with the input of the next invocation", async () => {
		const test = testGuest({ stdin: encode("one") });
		const handle = test.call("wasi:cli/stdin", "get-stdin") as number;
		expect(await read(test, handle, 10n)).toBe("one");
		Object.assign(test.guest, { stdin: encode("two") });
		expect(await read(test, handle, 10n)).toBe("two");
	});

	it("that is empty is closed", async () => {
		const test = testGuest();
		expect(await read(test, test.call("wasi:cli/stdin", "get-stdin") as number, 10n)).toBe("closed");
	});
});

describe("stdout and stderr", () => {
	it("reach the host, each its own, without suspending", () => {
		const test = testGuest();
		for (const [name, text] of [
			["stdout", "out"],
			["stderr", "err"],
		] as const) {
			const handle = test.call(`wasi:cli/${name}`, `get-${name}`) as number;
			const args = [handle, ...test.put(text), test.room()];
			expect(test.call(STREAMS, "[method]output-stream.blocking-write-and-flush", ...args)).toBeUndefined();
		}
		expect([test.output(1), test.output(2)]).toEqual(["out", "err"]);
	});

	it("take 64 KiB at once and no more", async () => {
		const test = testGuest();
		const handle = test.call("wasi:cli/stdout", "get-stdout") as number;
		const write = (size: number) =>
			test.result(STREAMS, "[method]output-stream.write", handle, ...test.put(new Uint8Array(size).fill(65)));
		await write(65_536);
		await expect(write(65_537)).rejects.toThrow(Trap);
		expect(test.output(1).length).toBe(65_536);
	});

	it("pass through a snapshot with stdin, under their handles", async () => {
		const test = testGuest();
		const handles = ["stdin", "stdout", "stderr"].map((name) => test.call(`wasi:cli/${name}`, `get-${name}`) as number);
		const image = test.guest.handles.image()!;
		expect(image.map((it) => it.image)).toEqual(["stdin", "stdout", "stderr"]);
		const other = testGuest({ stdin: encode("input") });
		other.guest.handles.restore(JSON.parse(JSON.stringify(image)), kinds, other.guest);
		expect(await read(other, handles[0]!, 10n)).toBe("input");
		await print(other, handles[1]!, "out");
		await print(other, handles[2]!, "err");
		expect([other.output(1), other.output(2), test.output(1)]).toEqual(["out", "err", ""]);
	});

	it("do not pass with a stream of another kind, or with a pollable", () => {
		const test = testGuest();
		const handle = test.call("wasi:cli/stdout", "get-stdout") as number;
		test.call(STREAMS, "[method]output-stream.subscribe", handle);
		expect(test.guest.handles.image()).toBeNull();
	});
});

describe("terminals", () => {
	it("are none", async () => {
		const test = testGuest();
		for (const name of ["stdin", "stdout", "stderr"]) {
			const area = test.room();
			test.memory.setU8(area, 77);
			test.call(`wasi:cli/terminal-${name}`, `get-terminal-${name}`, area);
			expect(test.memory.getU8(area)).toBe(0);
		}
	});
});
