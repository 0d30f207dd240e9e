import { mkdir, readdir, rename, symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { descriptorKind } from "./descriptor.ts";
import { CREATE, DIRECTORY, Files, FOLLOW, READ, WRITE } from "./testing.ts";

describe("a path", () => {
	it("leads through folders, dots and doubled slashes", async () => {
		const files = await Files.make();
		await mkdir(join(files.inside, "a/b"), { recursive: true });
		await files.file("a/b/file", "content");
		for (const path of ["a/b/file", "./a//b/./file", "a/../a/b/../b/file"])
			expect(await files.content(path)).toBe("content");
	});

	it.each([
		["", "no-entry"],
		["/etc/passwd", "not-permitted"],
		["..", "not-permitted"],
		["../outside/secret", "not-permitted"],
		["a/../../outside/secret", "not-permitted"],
		["a/b/../../../inside/file", "not-permitted"],
		["file/..", "not-directory"],
		["file/x", "not-directory"],
		["file/", "not-directory"],
		["none", "no-entry"],
		["none/file", "no-entry"],
		["a\0b", "invalid"],
		[`${"x".repeat(256)}`, "name-too-long"],
		[`${"a/../".repeat(600)}file`, "name-too-long"],
	])("%j is refused: %s", async (path, error) => {
		const files = await Files.make();
		await mkdir(join(files.inside, "a/b"), { recursive: true });
		await files.file("file", "content");
		expect(await files.open(path)).toBe(error);
	});

	it("that is longer than the system takes is refused before it is read", async () => {
		const files = await Files.make();
		expect(await files.open("a/".repeat(2049))).toBe("name-too-long");
	});

	it("may not lead out of the folder it starts at, though it stays in the mount", async () => {
		const files = await Files.make();
		await mkdir(join(files.inside, "sub"));
		await files.file("file", "content");
		const base = await files.opened("sub", { open: DIRECTORY });
		expect(await files.open("../file", { base })).toBe("not-permitted");
	});

	it("may go 128 folders deep and no deeper, so that it holds a bounded number of files open", async () => {
		const files = await Files.make();
		const deep = Array.from({ length: 140 }, () => "d").join("/");
		await mkdir(join(files.inside, deep), { recursive: true });
		expect(typeof (await files.open("d/".repeat(127).slice(0, -1)))).toBe("number");
		expect(await files.open(deep)).toBe("name-too-long");
	});
});

describe("a link", () => {
	it("is followed within the mount, in the middle and at the end", async () => {
		const files = await Files.make();
		await mkdir(join(files.inside, "real/deep"), { recursive: true });
		await files.file("real/deep/file", "content");
		await files.link("folder", "real/deep");
		await files.link("real/deep/again", "../../folder/file");
		expect(await files.content("folder/file")).toBe("content");
		expect(await files.content("folder/again")).toBe("content");
		expect(await files.content("folder/../deep/again")).toBe("content");
	});

	it.each([
		["absolute", "/etc/passwd"],
		["upward", "../outside/secret"],
		["upward from below", "sub/../../outside/secret"],
		["to a folder outside", "../outside/"],
		["to itself by way of outside", "../inside/file"],
	])("%s (%s) does not lead out", async (_what, target) => {
		const files = await Files.make();
		await mkdir(join(files.inside, "sub"));
		await files.file("file", "content");
		await files.link("link", target);
		expect(await files.open("link")).toBe("not-permitted");
		expect(await files.open("link/secret")).toBe("not-permitted");
		expect(await files.call("stat-at", files.root, FOLLOW, "link")).toBe("not-permitted");
		expect(await files.open("link", { open: CREATE, flags: WRITE })).toBe("not-permitted");
	});

	it("that leads to itself is a loop", async () => {
		const files = await Files.make();
		await files.link("a", "b");
		await files.link("b", "a");
		expect(await files.open("a")).toBe("loop");
		expect(await files.open("a/file")).toBe("loop");
	});

	it("is one of 40 at most", async () => {
		const files = await Files.make();
		await files.file("l0", "content");
		for (let i = 1; i <= 41; i++) await files.link(`l${i}`, `l${i - 1}`);
		expect(await files.content("l40")).toBe("content");
		expect(await files.open("l41")).toBe("loop");
	});

	it("is not followed at the end unless it is asked for", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		await files.link("link", "file");
		expect(await files.open("link", { follow: 0 })).toBe("loop");
		expect(await files.content("link")).toBe("content");
	});

	it("with a slash behind it is followed, and must lead to a folder", async () => {
		const files = await Files.make();
		await mkdir(join(files.inside, "sub"));
		await files.file("file", "content");
		await files.link("to-folder", "sub");
		await files.link("to-file", "file");
		expect(typeof (await files.open("to-folder/", { follow: 0 }))).toBe("number");
		expect(await files.open("to-file/")).toBe("not-directory");
	});

	it("to nothing creates what it names, inside", async () => {
		const files = await Files.make();
		await files.link("link", "fresh");
		await files.opened("link", { open: CREATE, flags: WRITE });
		expect(await files.content("fresh")).toBe("");
	});
});

describe("a folder that is swapped with a link to the outside", () => {
	/** Swaps `name` with a link to the outside, back and forth, until the guest is done. */
	async function swapping(files: Files, name: string, run: () => Promise<void>): Promise<number> {
		const [path, aside] = [join(files.inside, name), join(files.inside, "aside")];
		let done = false;
		let swaps = 0;
		const swapper = (async () => {
			while (!done) {
				await rename(path, aside);
				await symlink(files.outside, path);
				swaps += 1;
				await unlink(path);
				await rename(aside, path);
			}
		})();
		await run();
		done = true;
		await swapper;
		return swaps;
	}

	it("never lets a path out", async () => {
		const files = await Files.make();
		await mkdir(join(files.inside, "swapped"));
		await files.file("swapped/secret", "harmless");
		const seen = new Map<string, number>();
		const swaps = await swapping(files, "swapped", async () => {
			for (let i = 0; i < 3000; i++) {
				const handle = await files.open("swapped/secret");
				const got = typeof handle === "string" ? handle : await files.read(handle);
				if (typeof handle === "number") files.test.drop(descriptorKind, handle);
				seen.set(got, (seen.get(got) ?? 0) + 1);
			}
		});
		expect(swaps).toBeGreaterThan(100);
		expect(seen.get("harmless")).toBeGreaterThan(0);
		const allowed = ["harmless", "not-permitted", "no-entry", "not-directory"];
		expect([...seen.keys()].filter((it) => !allowed.includes(it))).toEqual([]);
		// Proof that links were met: an absolute one is refused as such.
		expect(seen.get("not-permitted")).toBeGreaterThan(0);
	});

	it("never lets a change out", async () => {
		const files = await Files.make();
		await mkdir(join(files.inside, "swapped"));
		const swaps = await swapping(files, "swapped", async () => {
			for (let i = 0; i < 700; i++) {
				const made = await files.open("swapped/made", { open: CREATE, flags: READ | WRITE });
				if (typeof made === "number") files.test.drop(descriptorKind, made);
				await files.call("create-directory-at", files.root, "swapped/folder");
				await files.call("unlink-file-at", files.root, "swapped/secret");
				await files.call("remove-directory-at", files.root, "swapped/folder");
			}
		});
		expect(swaps).toBeGreaterThan(100);
		expect(await readdir(files.outside)).toEqual(["secret"]);
	});

	it("never lets a file that is swapped with a link be read through it", async () => {
		const files = await Files.make();
		const [path, aside] = [join(files.inside, "file"), join(files.inside, "aside")];
		await writeFile(path, "harmless");
		let done = false;
		const swapper = (async () => {
			while (!done) {
				await symlink(join(files.outside, "secret"), aside);
				await rename(aside, path);
				await writeFile(aside, "harmless");
				await rename(aside, path);
			}
		})();
		const seen = new Set<string>();
		for (let i = 0; i < 2000; i++) {
			const handle = await files.open("file");
			seen.add(typeof handle === "string" ? handle : await files.read(handle));
			if (typeof handle === "number") files.test.drop(descriptorKind, handle);
		}
		done = true;
		await swapper;
		expect(seen.has("harmless")).toBe(true);
		expect(seen.has("the secret")).toBe(false);
	});
});
