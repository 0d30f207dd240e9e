import { execFileSync } from "node:child_process";
import { lstat, mkdir, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Trap } from "../../trap.ts";
import { MAX_OPEN } from "./budget.ts";
import { descriptorKind } from "./descriptor.ts";
import { CREATE, DIRECTORY, EXCLUSIVE, Files, FOLLOW, READ, TRUNCATE, WRITE } from "./testing.ts";

const BOTH = READ | WRITE;

describe("open-at", () => {
	it("creates, and says what exists already", async () => {
		const files = await Files.make();
		expect(await files.open("new", { open: 0 })).toBe("no-entry");
		await files.opened("new", { open: CREATE | EXCLUSIVE, flags: BOTH });
		expect(await files.open("new", { open: CREATE | EXCLUSIVE, flags: BOTH })).toBe("exist");
		await files.opened("new", { open: CREATE, flags: BOTH });
		expect(await readdir(files.inside)).toEqual(["new"]);
	});

	it("does not create through a link if it must create", async () => {
		const files = await Files.make();
		await files.link("link", "target");
		expect(await files.open("link", { open: CREATE | EXCLUSIVE, flags: BOTH })).toBe("exist");
		expect(await readdir(files.inside)).toEqual(["link"]);
	});

	it("truncates", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		await files.opened("file", { open: TRUNCATE, flags: WRITE });
		expect(await readFile(join(files.inside, "file"), "utf8")).toBe("");
	});

	it("keeps files and folders apart", async () => {
		const files = await Files.make();
		await mkdir(join(files.inside, "folder"));
		await files.file("file", "content");
		expect(await files.open("file", { open: DIRECTORY })).toBe("not-directory");
		expect(await files.open("folder", { flags: WRITE })).toBe("is-directory");
		expect(await files.open("folder", { open: CREATE })).toBe("is-directory");
		expect(await files.open("folder", { open: DIRECTORY | CREATE })).toBe("invalid");
		expect(await files.open("x", { base: await files.opened("file") })).toBe("not-directory");
		expect(await files.content(".")).toBe("[bad-descriptor]");
	});

	it("refuses pipes and sockets, and does not wait for their other end", async () => {
		const files = await Files.make();
		execFileSync("mkfifo", [join(files.inside, "pipe")]);
		const server = createServer().listen(join(files.inside, "socket"));
		onTestFinished(() => void server.close());
		for (const flags of [READ, WRITE, BOTH]) {
			expect(await files.open("pipe", { flags })).toBe("unsupported");
			expect(await files.open("socket", { flags })).toBe("unsupported");
		}
	});

	it("opens a bounded number, which a drop makes free again", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		const handles: number[] = [];
		for (let i = 0; i < MAX_OPEN; i++) handles.push(await files.opened("file"));
		expect(await files.open("file")).toBe("quota");
		expect(await files.call("read-directory", files.root)).toBe("quota");
		expect(await files.call("read-via-stream", handles[0]!, 0n)).toBe("quota");
		files.test.drop(descriptorKind, handles.pop()!);
		expect(typeof (await files.open("file"))).toBe("number");
	});

	it("that fails does not count", async () => {
		const files = await Files.make();
		for (let i = 0; i < MAX_OPEN + 10; i++) expect(await files.open("none")).toBe("no-entry");
	});

	it.each([
		["invocation", (files: Files) => files.test.abort()],
		["instance", (files: Files) => files.test.guest.handles.clear()],
	])("of an %s that is over gives nothing and keeps nothing open", async (_what, end) => {
		const files = await Files.make();
		await files.file("file", "content");
		await files.call("stat", files.root);
		const before = (await readdir("/proc/self/fd")).length;
		const opening = files.open("file");
		end(files);
		const settled = await Promise.race([opening, new Promise((resolve) => setTimeout(resolve, 100, "suspended"))]);
		expect(settled).toBe("suspended");
		expect(files.test.guest.handles.size).toBeLessThanOrEqual(1);
		expect((await readdir("/proc/self/fd")).length).toBeLessThanOrEqual(before);
	});
});

describe("entries", () => {
	it("are made and removed", async () => {
		const files = await Files.make();
		const { root } = files;
		await files.call("create-directory-at", root, "folder/");
		expect(await files.call("create-directory-at", root, "folder")).toBe("exist");
		expect(await files.call("unlink-file-at", root, "folder")).toBe("is-directory");
		await files.file("folder/file", "content");
		expect(await files.call("remove-directory-at", root, "folder")).toBe("not-empty");
		expect(await files.call("remove-directory-at", root, "folder/file")).toBe("not-directory");
		expect(await files.call("unlink-file-at", root, "folder/file/")).toBe("not-directory");
		expect(await files.call("unlink-file-at", root, "folder/file")).toBeTypeOf("number");
		expect(await files.call("remove-directory-at", root, "folder/")).toBeTypeOf("number");
		expect(await readdir(files.inside)).toEqual([]);
	});

	it("of the name of the folder itself stay", async () => {
		const files = await Files.make();
		expect(await files.call("remove-directory-at", files.root, ".")).toBe("invalid");
		expect(await files.call("unlink-file-at", files.root, ".")).toBeTypeOf("string");
		expect(await files.call("rename-at", files.root, ".", files.root, "x")).toBeTypeOf("string");
		expect(await readdir(files.inside)).toEqual([]);
	});

	it("are renamed and linked, between folders too", async () => {
		const files = await Files.make();
		await mkdir(join(files.inside, "sub"));
		await files.file("a", "content");
		const sub = await files.opened("sub", { open: DIRECTORY });
		await files.call("rename-at", files.root, "a", sub, "b");
		await files.call("link-at", sub, 0, "b", files.root, "c");
		expect(await files.content("sub/b")).toBe("content");
		expect((await lstat(join(files.inside, "c"))).nlink).toBe(2);
		expect(await files.call("rename-at", files.root, "c/", files.root, "d")).toBe("not-directory");
		expect(await files.call("link-at", files.root, FOLLOW, "c", files.root, "d")).toBe("invalid");
		expect(await files.call("rename-at", files.root, "c", files.root, "../outside/c")).toBe("not-permitted");
		expect(await files.call("link-at", files.root, 0, "../outside/secret", files.root, "d")).toBe("not-permitted");
	});

	it("that are links are removed, renamed and linked themselves, and not what they lead to", async () => {
		const files = await Files.make();
		await files.link("link", "../outside/secret");
		await files.call("rename-at", files.root, "link", files.root, "renamed");
		await files.call("link-at", files.root, 0, "renamed", files.root, "linked");
		expect(await readlink(join(files.inside, "linked"))).toBe("../outside/secret");
		await files.call("unlink-file-at", files.root, "renamed");
		await files.call("unlink-file-at", files.root, "linked");
		expect(await readFile(join(files.outside, "secret"), "utf8")).toBe("the secret");
	});
});

describe("links", () => {
	it("are made and read", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		await files.call("symlink-at", files.root, "file", "link");
		const at = (await files.call("readlink-at", files.root, "link")) as number;
		expect(files.test.stringAt(at)).toBe("file");
		expect(await files.content("link")).toBe("content");
		expect(await files.call("readlink-at", files.root, "file")).toBe("invalid");
		expect(await files.call("symlink-at", files.root, "file", "other/")).toBe("no-entry");
	});

	it("that are absolute can neither be made nor read", async () => {
		const files = await Files.make();
		await files.link("link", join(files.outside, "secret"));
		expect(await files.call("readlink-at", files.root, "link")).toBe("not-permitted");
		expect(await files.call("symlink-at", files.root, "/etc/passwd", "made")).toBe("not-permitted");
		expect(await files.call("symlink-at", files.root, "a\0b", "made")).toBe("invalid");
		expect(await readdir(files.inside)).toEqual(["link"]);
	});
});

describe("stat-at, set-times-at and metadata-hash-at", () => {
	it("look at a link, or at what it leads to", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		await files.link("link", "file");
		const type = async (follow: number) =>
			files.test.memory.getU8((await files.call("stat-at", files.root, follow, "link")) as number);
		expect([await type(0), await type(FOLLOW)]).toEqual([5, 6]);
		const hash = async (follow: number, name: string) => {
			const at = (await files.call("metadata-hash-at", files.root, follow, name)) as number;
			return files.test.memory.bytes(at, 16).toHex();
		};
		expect(await hash(FOLLOW, "link")).toBe(await hash(0, "file"));
		expect(await hash(0, "link")).not.toBe(await hash(0, "file"));
		expect(await files.call("stat-at", files.root, 0, "none")).toBe("no-entry");
	});

	it("set the times that are given and leave the others", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		await files.link("link", "file");
		const linkBefore = await lstat(join(files.inside, "link"));
		await files.call("set-times-at", files.root, FOLLOW, "link", 2, 1000n, 500_000_000, 2, 2000n, 0);
		await files.call("set-times-at", files.root, FOLLOW, "link", 0, 0n, 0, 2, 3000n, 0);
		const { atimeMs, mtimeMs } = await lstat(join(files.inside, "file"));
		expect([atimeMs, mtimeMs]).toEqual([1_000_500, 3_000_000]);
		expect((await lstat(join(files.inside, "link"))).mtimeMs).toBe(linkBefore.mtimeMs);
		await files.call("set-times-at", files.root, 0, "link", 2, 7n, 0, 2, 7n, 0);
		expect((await lstat(join(files.inside, "link"))).mtimeMs).toBe(7000);
	});

	it("refuse times that cannot be", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		const set = (tag: number, sec: bigint, ns: number) =>
			files.call("set-times-at", files.root, 0, "file", tag, sec, ns, 0, 0n, 0);
		expect(await set(2, 0n, 1_000_000_000)).toBe("invalid");
		expect(await set(2, 2n ** 64n - 1n, 0)).toBe("overflow");
		await expect(set(3, 0n, 0)).rejects.toThrow(Trap);
	});
});

describe("a read-only mount", () => {
	it("is read, and refuses every change", async () => {
		const files = await Files.make({ readOnly: true });
		await writeFile(join(files.inside, "file"), "content");
		const { root } = files;
		expect(await files.content("file")).toBe("content");
		expect(await files.open("file", { flags: WRITE })).toBe("read-only");
		expect(await files.open("file", { open: TRUNCATE })).toBe("read-only");
		expect(await files.open("new", { open: CREATE })).toBe("read-only");
		expect(await files.call("create-directory-at", root, "new")).toBe("read-only");
		expect(await files.call("remove-directory-at", root, "file")).toBe("read-only");
		expect(await files.call("unlink-file-at", root, "file")).toBe("read-only");
		expect(await files.call("symlink-at", root, "file", "new")).toBe("read-only");
		expect(await files.call("link-at", root, 0, "file", root, "new")).toBe("read-only");
		expect(await files.call("rename-at", root, "file", root, "new")).toBe("read-only");
		expect(await files.call("set-times-at", root, 0, "file", 1, 0n, 0, 1, 0n, 0)).toBe("read-only");
		expect(await files.call("set-times", await files.opened("file"), 1, 0n, 0, 1, 0n, 0)).toBe("read-only");
		expect(await readdir(files.inside)).toEqual(["file"]);
	});
});
