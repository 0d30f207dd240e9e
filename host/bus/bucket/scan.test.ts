import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, open, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { scan } from "./scan.ts";
import { createTreeWatcher } from "./watch.ts";
import { openForWriting } from "./writers.ts";

const real = await vi.importActual<typeof import("node:fs/promises")>("node:fs/promises");
vi.mock("node:fs/promises", async (original) => {
	const module = await original<typeof import("node:fs/promises")>();
	return { ...module, readdir: vi.fn(module.readdir) };
});

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "pilot-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ALL = { prefix: "", suffix: "" };

describe("a scan", () => {
	it("finds files of any depth with their size, and visits each folder before it reads it", async () => {
		await mkdir(join(folder, "a/b"), { recursive: true });
		await writeFile(join(folder, "a/b/c d"), "1234");
		const visited: string[] = [];
		const { files, unread } = await scan(Buffer.from(folder), ALL, (it) => visited.push(it.toString()));
		expect([...files.keys()]).toEqual(["a/b/c+d"]);
		expect(files.get("a/b/c+d")?.stats.size).toBe(4n);
		expect(visited).toEqual([folder, join(folder, "a"), join(folder, "a/b")]);
		expect(unread).toEqual([]);
	});

	it("passes over what is no file: pipes, for one, which would block who opens them", async () => {
		execFileSync("mkfifo", [join(folder, "pipe")]);
		expect((await scan(Buffer.from(folder), ALL, () => {})).files.size).toBe(0);
	});

	it("goes on past a folder that is removed meanwhile", async () => {
		await mkdir(join(folder, "a"));
		await writeFile(join(folder, "b"), "");
		const remove = (path: Buffer): void => {
			if (path.toString().endsWith("/a")) execFileSync("rmdir", [path.toString()]);
		};
		const { files, unread } = await scan(Buffer.from(folder), ALL, remove);
		expect([...files.keys()]).toEqual(["b"]);
		expect(unread).toEqual([]);
	});

	it("says which folders it could not read: what is in them is unknown, not gone", async () => {
		await mkdir(join(folder, "a b"));
		await writeFile(join(folder, "c"), "");
		// Tests may run as root, who can read everything.
		const refuse = async (path: unknown, ...rest: unknown[]): Promise<never> => {
			if (String(path).endsWith("a b")) throw Object.assign(new Error("no permission"), { code: "EACCES" });
			return Reflect.apply(real.readdir, null, [path, ...rest]) as never;
		};
		vi.mocked(readdir).mockImplementation(refuse as never);
		const { files, unread } = await scan(Buffer.from(folder), ALL, () => {});
		vi.mocked(readdir).mockImplementation(real.readdir);
		expect([...files.keys()]).toEqual(["c"]);
		expect(unread).toEqual(["a+b/"]);
	});

	it("rejects when the bucket's own folder is not there", async () => {
		await expect(scan(Buffer.from(join(folder, "nowhere")), ALL, () => {})).rejects.toMatchObject({ code: "ENOENT" });
	});
});

describe.runIf(process.platform === "linux")("files open for writing", () => {
	it("are found while they are, and those open for reading are not", async () => {
		const [written, both, read] = ["written", "both", "read"].map((it) => join(folder, it)) as [string, string, string];
		await writeFile(read, "");
		const files = [await open(written, "w"), await open(both, "w+"), await open(read, "r")];
		expect(await openForWriting(Buffer.from(folder))).toEqual(new Set([written, both]));
		expect(await openForWriting(Buffer.from(folder.slice(0, -1)))).toEqual(new Set());
		await Promise.all(files.map((it) => it.close()));
		expect(await openForWriting(Buffer.from(folder))).toEqual(new Set());
	});
});

describe("a watcher of folders", () => {
	it("tells of changes, and sets itself anew on a folder that took another's place", async () => {
		const changed = vi.fn();
		const watcher = createTreeWatcher(changed);
		const sub = join(folder, "sub");
		const look = async (): Promise<void> => {
			await scan(Buffer.from(folder), ALL, (it) => watcher.add(it));
			watcher.prune();
			changed.mockClear();
		};
		const untilChanged = () => vi.waitFor(() => expect(changed).toHaveBeenCalled(), { timeout: 10_000 });
		await mkdir(sub);
		await look();
		await writeFile(join(sub, "1"), "");
		await untilChanged();
		await rm(sub, { recursive: true });
		await mkdir(sub);
		await untilChanged();
		// Both changes must have been told of before the next look.
		await new Promise((resolve) => setTimeout(resolve, 50));
		await look();
		await writeFile(join(sub, "2"), "");
		await untilChanged();
		expect(watcher.complete()).toBe(true);
		watcher.close();
	});

	it("knows that it does not see a folder that is not there", () => {
		const watcher = createTreeWatcher(() => {});
		watcher.add(Buffer.from(join(folder, "nowhere")));
		watcher.prune();
		expect(watcher.complete()).toBe(false);
		watcher.close();
	});
});
