import { appendFile, readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inputStreamKind, outputStreamKind } from "../io/kinds.ts";
import { descriptorKind } from "./descriptor.ts";
import { CREATE, Files, READ, WRITE } from "./testing.ts";

const STREAMS = "wasi:io/streams";

async function stream(files: Files, method: string, handle: number, ...offset: bigint[]): Promise<number> {
	const payload = await files.call(method, handle, ...offset);
	return files.test.memory.getU32(payload as number);
}

/** Reads by a method of input-stream; undefined once it is closed. */
async function readBy({ test }: Files, method: string, input: number, length: bigint): Promise<string | undefined> {
	const area = await test.result(STREAMS, `[method]input-stream.${method}`, input, length);
	return test.memory.getU8(area) === 0 ? test.stringAt(area + 4) : undefined;
}

/** Writes and flushes; gives the variant's number if it fails. */
async function write({ test }: Files, output: number, text: string): Promise<number | undefined> {
	const area = await test.result(STREAMS, "[method]output-stream.blocking-write-and-flush", output, ...test.put(text));
	return test.memory.getU8(area) === 0 ? undefined : test.memory.getU8(area + 4);
}

describe("read-via-stream", () => {
	it("reads from an offset to the end, and is closed there", async () => {
		const files = await Files.make();
		await files.file("file", "hello world");
		const input = await stream(files, "read-via-stream", await files.opened("file"), 6n);
		expect(await readBy(files, "blocking-read", input, 3n)).toBe("wor");
		expect(await readBy(files, "blocking-read", input, 100n)).toBe("ld");
		expect(await readBy(files, "blocking-read", input, 100n)).toBeUndefined();
		expect(await readBy(files, "read", input, 100n)).toBeUndefined();
	});

	it("gives nothing at once, and something after its pollable", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		const input = await stream(files, "read-via-stream", await files.opened("file"), 0n);
		expect(await readBy(files, "read", input, 100n)).toBe("");
		const pollable = files.test.call(STREAMS, "[method]input-stream.subscribe", input) as number;
		await files.test.call("wasi:io/poll", "[method]pollable.block", pollable);
		expect(await readBy(files, "read", input, 3n)).toBe("con");
		expect(await readBy(files, "read", input, 100n)).toBe("tent");
	});

	it("gives at most 64 KiB at once", async () => {
		const files = await Files.make();
		await files.file("file", "");
		await truncate(join(files.inside, "file"), 200_000);
		const input = await stream(files, "read-via-stream", await files.opened("file"), 0n);
		expect((await readBy(files, "blocking-read", input, 2n ** 63n))?.length).toBe(65_536);
	});

	it("outlives its descriptor, and is dropped while it reads", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		const handle = await files.opened("file");
		const input = await stream(files, "read-via-stream", handle, 0n);
		files.test.drop(descriptorKind, handle);
		expect(await readBy(files, "blocking-read", input, 3n)).toBe("con");
		expect(await readBy(files, "read", input, 3n)).toBe("");
		files.test.drop(inputStreamKind, input);
	});
});

describe("write-via-stream", () => {
	it("writes from an offset on", async () => {
		const files = await Files.make();
		await files.file("file", "hello world");
		const output = await stream(files, "write-via-stream", await files.opened("file", { flags: WRITE }), 6n);
		await write(files, output, "WO");
		await write(files, output, "RLD!");
		expect(await readFile(join(files.inside, "file"), "utf8")).toBe("hello WORLD!");
	});

	it("takes no more while it writes", async () => {
		const files = await Files.make();
		const { test } = files;
		const handle = await files.opened("file", { open: CREATE, flags: WRITE });
		const output = await stream(files, "write-via-stream", handle, 0n);
		const permit = async () => {
			const area = await test.result(STREAMS, "[method]output-stream.check-write", output);
			return test.memory.getU64(area + 8);
		};
		expect(await permit()).toBe(65_536n);
		await test.result(STREAMS, "[method]output-stream.write", output, ...test.put(new Uint8Array(65_536)));
		expect(await permit()).toBe(0n);
		await test.result(STREAMS, "[method]output-stream.blocking-flush", output);
		expect(await permit()).toBe(65_536n);
		expect((await readFile(join(files.inside, "file"))).length).toBe(65_536);
	});

	it("finishes what it took, though the guest drops it", async () => {
		const files = await Files.make();
		const { test } = files;
		const handle = await files.opened("file", { open: CREATE, flags: READ | WRITE });
		const output = await stream(files, "write-via-stream", handle, 0n);
		await test.result(STREAMS, "[method]output-stream.write", output, ...test.put("content"));
		test.drop(outputStreamKind, output);
		await files.call("sync", handle);
		for (let i = 0; i < 100 && (await files.read(handle)) !== "content"; i++);
		expect(await files.read(handle)).toBe("content");
	});

	it("tells a failure once, with the system's code and no path, and is closed then", async () => {
		const files = await Files.make();
		const { test } = files;
		const handle = await files.opened("file", { open: CREATE, flags: WRITE });
		// Beyond what any file system holds: EFBIG.
		const output = await stream(files, "write-via-stream", handle, 2n ** 53n - 1n);
		const area = await test.result(
			STREAMS,
			"[method]output-stream.blocking-write-and-flush",
			output,
			...test.put("xx"),
		);
		expect([test.memory.getU8(area), test.memory.getU8(area + 4)]).toEqual([1, 0]);
		const error = test.memory.getU32(area + 8);
		const code = await test.result("wasi:filesystem/types", "filesystem-error-code", error);
		expect([test.memory.getU8(code), test.memory.getU8(code + 1)]).toEqual([1, 8]);
		const words = test.stringAt(await test.result("wasi:io/error", "[method]error.to-debug-string", error));
		expect(words).toBe("file too large");
		expect(await write(files, output, "x")).toBe(1);
	});
});

describe("append-via-stream", () => {
	it("writes at the end, wherever that has moved to", async () => {
		const files = await Files.make();
		await files.file("file", "one ");
		const output = await stream(files, "append-via-stream", await files.opened("file", { flags: WRITE }));
		await write(files, output, "two ");
		await appendFile(join(files.inside, "file"), "three ");
		await write(files, output, "four");
		expect(await readFile(join(files.inside, "file"), "utf8")).toBe("one two three four");
	});
});
