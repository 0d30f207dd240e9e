import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CREATE, DIRECTORY, Files, READ, TRUNCATE, WRITE } from "./testing.ts";

const STREAMS = "wasi:io/streams";
/** What an entry counts for, and a bound with room for four of them. */
const ENTRY = 4096;
const BOUND = { maxBytes: 4 * ENTRY };
const FILE = { open: CREATE, flags: READ | WRITE };

const full = (bytes: number) => new Uint8Array(bytes);

describe("a mount with a bound", () => {
	it("takes as much as it has room for, and no more", async () => {
		const files = await Files.make(BOUND);
		const handle = await files.opened("a", FILE);
		expect(await files.call("write", handle, full(3 * ENTRY), 0n)).toBeTypeOf("number");
		expect(await files.call("write", handle, full(1), BigInt(3 * ENTRY))).toBe("quota");
		expect(await files.open("b", FILE)).toBe("quota");
		expect((await stat(join(files.inside, "a"))).size).toBe(3 * ENTRY);
	});

	it("lets what is there be written over", async () => {
		const files = await Files.make(BOUND);
		const handle = await files.opened("a", FILE);
		for (let n = 0; n < 10; n++) expect(await files.call("write", handle, full(3 * ENTRY), 0n)).toBeTypeOf("number");
	});

	it("counts what was there before", async () => {
		const files = await Files.make(BOUND);
		await files.file("before", "x".repeat(2 * ENTRY));
		const handle = await files.opened("a", FILE);
		expect(await files.call("write", handle, full(1), 0n)).toBe("quota");
	});

	it("counts folders, links and further names, which hold nothing", async () => {
		const files = await Files.make(BOUND);
		await files.opened("a", FILE);
		const path = (name: string) => [name] as const;
		expect(await files.call("create-directory-at", files.root, ...path("d"))).toBeTypeOf("number");
		expect(await files.call("symlink-at", files.root, "a", "l")).toBeTypeOf("number");
		expect(await files.call("link-at", files.root, 0, "a", files.root, "h")).toBeTypeOf("number");
		expect(await files.call("create-directory-at", files.root, ...path("e"))).toBe("quota");
		expect(await files.call("symlink-at", files.root, "a", "m")).toBe("quota");
		expect(await files.call("link-at", files.root, 0, "a", files.root, "i")).toBe("quota");
	});

	it("has room again for what was removed, cut short or emptied", async () => {
		const files = await Files.make(BOUND);
		const fill = async (name: string) => {
			const handle = await files.opened(name, FILE);
			expect(await files.call("write", handle, full(3 * ENTRY), 0n)).toBeTypeOf("number");
			return handle;
		};
		const first = await fill("a");
		expect(await files.call("set-size", first, 0n)).toBeTypeOf("number");
		expect(await files.call("write", first, full(3 * ENTRY), 0n)).toBeTypeOf("number");
		expect(await files.call("unlink-file-at", files.root, "a")).toBeTypeOf("number");
		await fill("b");
		await files.opened("b", { open: TRUNCATE, flags: WRITE });
		await fill("b");
		expect(await files.call("unlink-file-at", files.root, "b")).toBeTypeOf("number");
		for (let n = 0; n < 9; n++) {
			expect(await files.call("create-directory-at", files.root, "d")).toBeTypeOf("number");
			expect(await files.call("remove-directory-at", files.root, "d")).toBeTypeOf("number");
		}
	});

	it("counts a file's length, whether anything was written to it or not", async () => {
		const files = await Files.make(BOUND);
		const handle = await files.opened("a", FILE);
		expect(await files.call("set-size", handle, BigInt(3 * ENTRY + 1))).toBe("quota");
		expect(await files.call("write", handle, full(1), BigInt(3 * ENTRY))).toBe("quota");
		expect(await files.call("set-size", handle, BigInt(3 * ENTRY))).toBeTypeOf("number");
	});

	it.each(["write-via-stream", "append-via-stream"])("ends what is written by %s", async (method) => {
		const files = await Files.make(BOUND);
		const { test } = files;
		await files.file("a", "");
		const handle = await files.opened("a", { flags: WRITE });
		const payload = await files.call(method, handle, ...(method === "write-via-stream" ? [0n] : []));
		const output = test.memory.getU32(payload as number);
		const write = async (bytes: number) => {
			const area = await test.result(
				STREAMS,
				"[method]output-stream.blocking-write-and-flush",
				output,
				...test.put(full(bytes)),
			);
			return test.memory.getU8(area) === 0 ? null : test.memory.getU32(area + 8);
		};
		for (let n = 0; n < 3; n++) expect(await write(ENTRY)).toBeNull();
		const error = await write(1);
		const code = await test.result("wasi:filesystem/types", "filesystem-error-code", error!);
		// `error-code.quota`
		expect([test.memory.getU8(code), test.memory.getU8(code + 1)]).toEqual([1, 6]);
		expect((await stat(join(files.inside, "a"))).size).toBe(3 * ENTRY);
	});

	it("bounds what is in its folders, too", async () => {
		const files = await Files.make(BOUND);
		await files.call("create-directory-at", files.root, "d");
		const base = await files.opened("d", { open: DIRECTORY });
		const handle = await files.opened("a", { ...FILE, base });
		expect(await files.call("write", handle, full(2 * ENTRY + 1), 0n)).toBe("quota");
	});
});

it("a mount without a bound has none", async () => {
	const files = await Files.make();
	await writeFile(join(files.inside, "x"), full(100_000));
	const handle = await files.opened("a", FILE);
	expect(await files.call("write", handle, full(1_000_000), 0n)).toBeTypeOf("number");
});
