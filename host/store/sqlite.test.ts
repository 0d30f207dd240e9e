import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, statSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { storeContract } from "./contract.ts";
import { StoreBusy, StoreError, StoreFull } from "./errors.ts";
import { openSqliteStore } from "./sqlite.ts";
import { functionRecord, queuedEvent, urlRecord } from "./testing/records.ts";
import { canMount, mountSmallDisk } from "./testing/small-disk.ts";
import { AlreadyExists } from "./types.ts";

const NONE: ReadonlySet<string> = new Set();
const newFolder = () => mkdtemp(join(tmpdir(), "pilot-store-"));

storeContract("SQLite", async () => {
	const folder = await newFolder();
	let store = await openSqliteStore(folder);
	return {
		store,
		async reopen() {
			await store.close();
			store = await openSqliteStore(folder);
			return store;
		},
		async destroy() {
			await store.close();
			await rm(folder, { recursive: true });
		},
	};
});

let folder: string;
beforeEach(async () => {
	folder = await newFolder();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a data folder", () => {
	it("is made, its owner's alone, with all that is in it", async () => {
		const inner = join(folder, "a", "b");
		const store = await openSqliteStore(inner);
		await store.functions.create(functionRecord("echo", { environment: { KEY: "secret" } }));
		expect(statSync(inner).mode & 0o777).toBe(0o700);
		expect(statSync(join(inner, "pilot.db")).mode & 0o777).toBe(0o600);
		expect(statSync(join(inner, "pilot.db-wal")).mode & 0o777).toBe(0o600);
		await store.close();
	});

	it("may have a name that is not plain", async () => {
		const odd = join(folder, "grö ße?mode=memory#%41");
		await (await openSqliteStore(odd)).close();
		expect(statSync(join(odd, "pilot.db")).size).toBeGreaterThan(0);
	});

	it("is refused while this process has it open, and free after close", async () => {
		const store = await openSqliteStore(folder);
		const second = openSqliteStore(folder);
		await expect(second).rejects.toThrow(StoreBusy);
		await expect(second).rejects.toThrow(folder);
		await store.functions.create(functionRecord("echo"));
		await store.close();
		const third = await openSqliteStore(folder);
		expect(await third.functions.get("echo")).not.toBeNull();
		await third.close();
	});

	it("is refused while another process has it open, and free once that was killed", async () => {
		const writer = fileURLToPath(new URL("testing/writer.ts", import.meta.url));
		const child = spawn(process.execPath, [writer, folder, "k", "queue.put"], { stdio: ["ignore", "pipe", "inherit"] });
		await once(child.stdout, "data");
		await expect(openSqliteStore(folder)).rejects.toThrow(StoreBusy);
		const exit = once(child, "exit");
		child.kill("SIGKILL");
		await exit;
		await (await openSqliteStore(folder)).close();
	});

	it("stays locked when a second store was refused in the same process", async () => {
		const store = await openSqliteStore(folder);
		await expect(openSqliteStore(folder)).rejects.toThrow(StoreBusy);
		const script = `
			const { openSqliteStore } = await import(${JSON.stringify(new URL("sqlite.ts", import.meta.url).href)});
			await openSqliteStore(process.argv[1]).then(() => console.log("opened"), (error) => console.log(error.name));
		`;
		const name = execFileSync(process.execPath, ["--input-type=module", "--eval", script, folder], {
			encoding: "utf8",
		});
		expect(name.trim()).toBe("StoreBusy");
		await store.close();
	});

	it("that is a file is an error that names it", async () => {
		const file = join(folder, "file");
		await writeFile(file, "");
		await expect(openSqliteStore(file)).rejects.toThrow(StoreError);
		await expect(openSqliteStore(file)).rejects.toThrow(file);
	});

	it("whose database is something else is an error that says so", async () => {
		writeFileSync(join(folder, "pilot.db"), "this is no database, but it is long enough to look like one".repeat(100));
		const opened = openSqliteStore(folder);
		await expect(opened).rejects.toThrow(StoreError);
		await expect(opened).rejects.toThrow(/damaged/);
	});

	it("whose database is a folder is an error with its cause", async () => {
		await mkdir(join(folder, "pilot.db"));
		await expect(openSqliteStore(folder)).rejects.toMatchObject({ name: "StoreError", cause: expect.any(Error) });
	});

	it.skipIf(process.getuid?.() === 0)("that may not be written is an error (root may, so not as root)", async () => {
		chmodSync(folder, 0o500);
		await expect(openSqliteStore(folder)).rejects.toThrow(StoreError);
	});

	it("of a later release is refused and left alone", async () => {
		await (await openSqliteStore(folder)).close();
		const file = new DatabaseSync(join(folder, "pilot.db"));
		file.exec("PRAGMA user_version = 1000");
		file.close();
		await expect(openSqliteStore(folder)).rejects.toThrow(/schema version 1000/);
		await expect(openSqliteStore(folder)).rejects.toThrow(StoreError);
	});
});

describe("the database", () => {
	it("is sound after it was closed, and refused what refers to nothing", async () => {
		const store = await openSqliteStore(folder);
		await expect(store.urls.create(urlRecord("nobody", "id"))).rejects.toThrow();
		await store.close();
		const file = new DatabaseSync(join(folder, "pilot.db"));
		expect(file.prepare("PRAGMA integrity_check").get()).toMatchObject({ integrity_check: "ok" });
		file.close();
	});

	it("answers StoreError after it was closed, and closes twice", async () => {
		const store = await openSqliteStore(folder);
		await store.close();
		await store.close();
		await expect(store.functions.get("echo")).rejects.toThrow(StoreError);
		await expect(store.queue.put(queuedEvent("e-1"))).rejects.toThrow(StoreError);
	});
});

const mounts = canMount();

describe.skipIf(!mounts)("a full disk", () => {
	const MIB = 2 ** 20;
	const large = (id: string) => queuedEvent(id, { payload: new Uint8Array(MIB / 4).fill(7) });

	it("is StoreFull; nothing acknowledged is lost, reads go on, and so do writes once there is room", async () => {
		const disk = mountSmallDisk(4 * MIB);
		try {
			const ballast = join(disk.folder, "ballast");
			writeFileSync(ballast, new Uint8Array(2 * MIB));
			const own = join(disk.folder, "data");
			let store = await openSqliteStore(own);
			const accepted: string[] = [];
			let failure: unknown = null;
			for (let index = 0; index < 20 && failure === null; index++)
				await store.queue.put(large(`e-${index}`)).then(
					() => accepted.push(`e-${index}`),
					(error: unknown) => {
						failure = error;
					},
				);
			expect(failure).toBeInstanceOf(StoreFull);
			expect(failure).toMatchObject({ message: expect.stringContaining(own), cause: expect.any(Error) });
			expect(accepted.length).toBeGreaterThan(0);
			const kept = async () => (await store.queue.due(10_000, 100, NONE)).map((it) => it.id);
			expect(await kept()).toEqual(accepted);

			await rm(ballast);
			await store.queue.put(large("later"));
			await store.close();
			store = await openSqliteStore(own);
			expect(await kept()).toEqual([...accepted, "later"]);
			await store.close();
		} finally {
			disk.unmount();
		}
	});

	it("fails only the changes that do not fit, of those that came together", async () => {
		const disk = mountSmallDisk(3 * MIB);
		try {
			const store = await openSqliteStore(join(disk.folder, "data"));
			await store.queue.put(queuedEvent("taken"));
			const results = await Promise.allSettled([
				store.queue.put(queuedEvent("small-1")),
				store.queue.put(queuedEvent("huge", { payload: new Uint8Array(4 * MIB) })),
				store.queue.put(queuedEvent("taken")),
				store.queue.put(queuedEvent("small-2")),
			]);
			expect(results.map((it) => (it.status === "fulfilled" ? "done" : (it.reason as Error).name))).toEqual([
				"done",
				"StoreFull",
				"AlreadyExists",
				"done",
			]);
			expect((await store.queue.due(10_000, 10, NONE)).map((it) => it.id)).toEqual(["taken", "small-1", "small-2"]);
			await expect(store.queue.put(queuedEvent("taken"))).rejects.toThrow(AlreadyExists);
			await store.close();
		} finally {
			disk.unmount();
		}
	});

	it("at the start is StoreFull too", async () => {
		const disk = mountSmallDisk(1 << 16);
		try {
			writeFileSync(join(disk.folder, "ballast"), new Uint8Array((1 << 16) - 8192));
			await expect(openSqliteStore(join(disk.folder, "data"))).rejects.toThrow(StoreFull);
		} finally {
			disk.unmount();
		}
	});
});
