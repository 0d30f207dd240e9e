import { mkdir, readdir, stat, truncate, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Trap } from "../../trap.ts";
import { errorKind } from "../io/kinds.ts";
import { IoError } from "../io/types.ts";
import { descriptorKind } from "./descriptor.ts";
import { entryStreamKind } from "./entries.ts";
import { CREATE, DIRECTORY, Files, READ, TYPES, WRITE } from "./testing.ts";

const BOTH = READ | WRITE;

describe("read and write", () => {
	it("move bytes at offsets", async () => {
		const files = await Files.make();
		const handle = await files.opened("file", { open: CREATE, flags: BOTH });
		const written = (await files.call("write", handle, "hello world", 0n)) as number;
		expect(files.test.memory.getU64(written)).toBe(11n);
		await files.call("write", handle, "W", 6n);
		expect(await files.read(handle, 5n, 6n)).toBe("World");
	});

	it("say where the file ends", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		const handle = await files.opened("file");
		const ends = async (length: bigint, offset: bigint) =>
			files.test.memory.getU8(((await files.call("read", handle, length, offset)) as number) + 8);
		expect([await ends(100n, 0n), await ends(100n, 7n), await ends(0n, 0n)]).toEqual([0, 1, 0]);
	});

	it("are cut to 1 MiB, however much is asked for", async () => {
		const files = await Files.make();
		await files.file("file", "");
		await truncate(join(files.inside, "file"), 3_000_000);
		const handle = await files.opened("file", { flags: BOTH });
		expect((await files.read(handle, 2n ** 64n - 1n)).length).toBe(1_048_576);
		const written = (await files.call("write", handle, new Uint8Array(1_500_000), 0n)) as number;
		expect(files.test.memory.getU64(written)).toBe(1_048_576n);
		expect(files.test.charged).toBeGreaterThan(2 * 1_048_576);
	});

	it("need the right they were opened with", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		const [reader, writer] = [await files.opened("file"), await files.opened("file", { flags: WRITE })];
		expect(await files.call("write", reader, "x", 0n)).toBe("bad-descriptor");
		expect(await files.call("set-size", reader, 0n)).toBe("bad-descriptor");
		expect(await files.call("write-via-stream", reader, 0n)).toBe("bad-descriptor");
		expect(await files.call("append-via-stream", reader)).toBe("bad-descriptor");
		expect(await files.call("read", writer, 1n, 0n)).toBe("bad-descriptor");
		expect(await files.call("read-via-stream", writer, 0n)).toBe("bad-descriptor");
		expect(await files.call("read", files.root, 1n, 0n)).toBe("bad-descriptor");
	});

	it("refuse offsets that no file reaches", async () => {
		const files = await Files.make();
		const handle = await files.opened("file", { open: CREATE, flags: BOTH });
		expect(await files.call("read", handle, 1n, 2n ** 64n - 1n)).toBe("overflow");
		expect(await files.call("write", handle, "x", 2n ** 63n)).toBe("overflow");
		expect(await files.call("set-size", handle, 2n ** 53n)).toBe("overflow");
		expect(await files.call("write-via-stream", handle, 2n ** 60n)).toBe("overflow");
	});

	it("trap on a pointer out of bounds", async () => {
		const files = await Files.make();
		const handle = await files.opened("file", { open: CREATE, flags: BOTH });
		await expect(files.call("write", handle, 0, 2 ** 32 - 1, 0n)).rejects.toThrow(Trap);
	});

	it("go on with a file whose name is gone", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		const handle = await files.opened("file", { flags: BOTH });
		await unlink(join(files.inside, "file"));
		expect(await files.read(handle)).toBe("content");
	});
});

describe("a descriptor", () => {
	it("tells its type and flags", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		const byte = async (method: string, handle: number) =>
			files.test.memory.getU8((await files.call(method, handle)) as number);
		expect([await byte("get-type", files.root), await byte("get-flags", files.root)]).toEqual([3, 1 | 32]);
		const file = await files.opened("file", { flags: WRITE | 4 });
		expect([await byte("get-type", file), await byte("get-flags", file)]).toEqual([6, WRITE | 4]);
		const neither = await files.opened("file", { flags: 0 });
		expect(await byte("get-flags", neither)).toBe(READ);
	});

	it("tells size, links and times", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		const at = (await files.call("stat", await files.opened("file"))) as number;
		const { memory } = files.test;
		const { mtimeMs } = await stat(join(files.inside, "file"));
		expect([memory.getU8(at), memory.getU64(at + 8), memory.getU64(at + 16)]).toEqual([6, 1n, 7n]);
		for (const time of [24, 48, 72]) expect(memory.getU8(at + time)).toBe(1);
		expect(memory.getU64(at + 56)).toBe(BigInt(Math.floor(mtimeMs / 1000)));
		expect(memory.getU32(at + 64)).toBeLessThan(1_000_000_000);
	});

	it("leaves out a time that is before 1970, since seconds are unsigned", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		await utimes(join(files.inside, "file"), new Date(-5000), new Date(-5000));
		const at = (await files.call("stat", await files.opened("file"))) as number;
		const { memory } = files.test;
		expect([memory.getU8(at + 24), memory.getU8(at + 48), memory.getU8(at + 72)]).toEqual([0, 0, 1]);
	});

	it("changes size and times, and is synced", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		const handle = await files.opened("file", { flags: BOTH });
		await files.call("set-size", handle, 3n);
		await files.call("set-times", handle, 2, 1000n, 0, 2, 2000n, 0);
		await files.call("set-times", files.root, 2, 1000n, 0, 2, 2000n, 0);
		for (const method of ["sync", "sync-data"]) {
			expect(await files.call(method, handle)).toBeTypeOf("number");
			expect(await files.call(method, files.root)).toBeTypeOf("number");
		}
		expect(await files.read(handle)).toBe("con");
		expect((await stat(files.inside)).mtimeMs).toBe(2_000_000);
	});

	it("takes advice, but only what there is", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		const handle = await files.opened("file");
		expect(await files.call("advise", handle, 0n, 0n, 5)).toBeTypeOf("number");
		await expect(files.call("advise", handle, 0n, 0n, 6)).rejects.toThrow(Trap);
	});

	it("is the same as another of the same file, and has the same hash", async () => {
		const files = await Files.make();
		await files.file("a", "content");
		await files.file("b", "content");
		const [a, again, b] = [await files.opened("a"), await files.opened("a"), await files.opened("b")];
		const same = (x: number, y: number) => files.test.call(TYPES, "[method]descriptor.is-same-object", x, y);
		expect([await same(a, again), await same(a, b), await same(files.root, files.root)]).toEqual([1, 0, 1]);
		const hash = async (handle: number) =>
			files.test.memory.bytes((await files.call("metadata-hash", handle)) as number, 16).toHex();
		const before = await hash(a);
		expect(await hash(again)).toBe(before);
		expect(await hash(b)).not.toBe(before);
		await writeFile(join(files.inside, "a"), "changed");
		expect(await hash(a)).toBe(before);
	});

	it("that is dropped or of another kind is unknown", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		const handle = await files.opened("file");
		files.test.drop(descriptorKind, handle);
		await expect(files.call("stat", handle)).rejects.toThrow(Trap);
		await expect(files.call("stat", 77)).rejects.toThrow(Trap);
	});
});

describe("a folder's entries", () => {
	async function list(files: Files, handle: number): Promise<string[]> {
		const { test } = files;
		const stream = test.memory.getU32((await files.call("read-directory", handle)) as number);
		const names: string[] = [];
		for (;;) {
			const area = await test.result(TYPES, "[method]directory-entry-stream.read-directory-entry", stream);
			if (test.memory.getU8(area) === 1) names.push(`error ${test.memory.getU8(area + 4)}`);
			else if (test.memory.getU8(area + 4) === 0) break;
			else names.push(`${test.memory.getU8(area + 8)} ${test.stringAt(area + 12)}`);
		}
		test.drop(entryStreamKind, stream);
		return names.sort();
	}

	it("come with their types, and without dots", async () => {
		const files = await Files.make();
		await mkdir(join(files.inside, "folder"));
		await files.file("file-ü", "content");
		await files.link("link", "nowhere");
		expect(await list(files, files.root)).toEqual(["3 folder", "5 link", "6 file-ü"]);
		expect(await list(files, await files.opened("folder", { open: DIRECTORY }))).toEqual([]);
		expect(await files.call("read-directory", await files.opened("file-ü"))).toBe("not-directory");
	});

	it("are all told, more than are read ahead", async () => {
		const files = await Files.make();
		await Promise.all(Array.from({ length: 100 }, (_, i) => files.file(`f${i}`, "")));
		expect((await list(files, files.root)).length).toBe(100);
	});

	it("whose name is not UTF-8 are errors, and the others follow", async () => {
		const files = await Files.make();
		await files.file("good", "");
		await writeFile(Buffer.concat([Buffer.from(`${files.inside}/bad`), Buffer.from([0xff])]), "");
		expect(await list(files, files.root)).toEqual(["6 good", "error 9"]);
	});

	it("that are being read when the instance ends are given up", async () => {
		const files = await Files.make();
		const { test } = files;
		const open = async () => (await readdir("/proc/self/fd")).length;
		const before = await open();
		const stream = test.memory.getU32((await files.call("read-directory", files.root)) as number);
		let settled = false;
		void test.result(TYPES, "[method]directory-entry-stream.read-directory-entry", stream).finally(() => {
			settled = true;
		});
		test.guest.handles.clear();
		for (let i = 0; i < 200 && (await open()) > before; i++) await new Promise((done) => setTimeout(done, 10));
		expect([settled, await open()]).toEqual([false, before]);
	});
});

describe("filesystem-error-code", () => {
	it("is told of a file's error, and of no other", async () => {
		const { test } = await Files.make();
		const code = async (error: IoError) => {
			const area = await test.result(TYPES, "filesystem-error-code", test.guest.handles.add(errorKind, error));
			return test.memory.getU8(area) === 1 ? test.memory.getU8(area + 1) : undefined;
		};
		expect(await code(new IoError("no space", "ENOSPC"))).toBe(23);
		expect(await code(new IoError("strange", "EWHATEVER"))).toBe(13);
		expect(await code(new IoError("connection lost"))).toBeUndefined();
	});
});
