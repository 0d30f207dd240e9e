import { createHash } from "node:crypto";
import { chmod, link, mkdir, open, readFile, rename, rm, symlink, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { temporaryStore, testConfig, testFunction } from "../../invoker/fakes.ts";
import type { Store } from "../../store/types.ts";
import { systemClock } from "../clock.ts";
import { describeEventSource } from "../contract.ts";
import { type TestBus, testBus } from "../fakes.ts";
import { bucketSource } from "./source.ts";

const FAST = { settleMs: 20, rescanMs: 200 };

describeEventSource({
	source: bucketSource,
	async makeWorld(folder) {
		const bucket = join(folder, "..", `bucket-${process.pid}-${Math.random().toString(36).slice(2)}`);
		await mkdir(bucket);
		let count = 0;
		return {
			clock: systemClock,
			settings: { bucket: "docs", folder: bucket, ...FAST },
			async occur() {
				const name = `file-${count++}.txt`;
				await writeFile(join(bucket, name), name);
				return { Records: [{ s3: { object: { key: name, size: name.length } } }] };
			},
			dispose: () => rm(bucket, { recursive: true, force: true }),
		};
	},
	bad: [
		[{ bucket: "No" }, "settings of a bucket.bucket must match pattern"],
		[{ bucket: "../etc" }, "must match pattern"],
		[{ bucket: "a..b" }, "must match pattern"],
		[{ bucket: 7 }, "must be string"],
		[{ folder: "relative" }, "must be an absolute path"],
		[{ folder: "/nowhere/at/all" }, "is not there"],
		[{ folder: "/" }, "overlaps the host's data folder"],
		[{ settleMs: 0 }, "must be >= 10"],
		[{ prefix: 1 }, "must be string"],
	],
});

interface S3Record {
	eventName: string;
	s3: { object: { key: string; size: number; eTag: string; sequencer: string } };
}

describe("a bucket", () => {
	let store: Store;
	let dispose: () => Promise<void>;
	let folder: string;
	let hosts: TestBus[];
	/** Files that only mark a time. */
	let marks: Set<string>;

	beforeEach(async () => {
		marks = new Set();
		let data: string;
		({ store, folder: data, dispose } = await temporaryStore());
		await store.functions.create(testFunction("f"));
		folder = join(data, "..", `bucket-${process.pid}-${Math.random().toString(36).slice(2)}`);
		await mkdir(folder);
		hosts = [];
	});
	afterEach(async () => {
		await Promise.all(hosts.map((it) => it.stop()));
		await dispose();
		await rm(folder, { recursive: true, force: true });
	});

	async function boot(): Promise<TestBus> {
		const host = testBus({ store, sources: [bucketSource], config: testConfig() });
		hosts.push(host);
		await host.bus.start();
		return host;
	}

	const add = (host: TestBus, settings: object = {}) =>
		host.bus.triggers.add({
			kind: "bucket",
			functionName: "f",
			settings: { bucket: "docs", folder, ...FAST, ...settings },
		});

	async function start(settings: object = {}): Promise<TestBus> {
		const host = await boot();
		await add(host, settings);
		return host;
	}

	const path = (name: string): string => join(folder, name);
	const put = (name: string, content: string | Buffer = name): Promise<void> => writeFile(path(name), content);
	const records = (host: TestBus): S3Record[] =>
		(host.delivered() as { Records: S3Record[] }[]).flatMap((it) => it.Records);
	const keys = (host: TestBus): string[] => records(host).map((it) => it.s3.object.key);

	/** Two versions of a file that come last, one after the other: when the second's event is there, all others had theirs. */
	async function keysUntil(host: TestBus, last: string): Promise<string[]> {
		for (const version of [1, 2]) {
			await put(last, `${version}: ${last}`);
			const seen = (): number => keys(host).filter((it) => it === last).length;
			await vi.waitFor(() => expect(seen()).toBe(version), { timeout: 60_000, interval: 5 });
		}
		marks.add(last);
		return keys(host).filter((it) => !marks.has(it));
	}

	it("sends S3's notification", async () => {
		const host = await start();
		await put("hello world.txt", "hello");
		await host.untilDelivered(1);
		const { id } = (await store.triggers.list())[0]!;
		expect(host.delivered()).toEqual([
			{
				Records: [
					{
						eventVersion: "2.1",
						eventSource: "aws:s3",
						awsRegion: "us-east-1",
						eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
						eventName: "ObjectCreated:Put",
						userIdentity: { principalId: "000000000000" },
						requestParameters: { sourceIPAddress: "127.0.0.1" },
						responseElements: {
							"x-amz-request-id": expect.stringMatching(/^[0-9A-F]{16}$/),
							"x-amz-id-2": expect.any(String),
						},
						s3: {
							s3SchemaVersion: "1.0",
							configurationId: id,
							bucket: {
								name: "docs",
								ownerIdentity: { principalId: "000000000000" },
								arn: "arn:aws:s3:::docs",
							},
							object: {
								key: "hello+world.txt",
								size: 5,
								eTag: "5d41402abc4b2a76b9719d911017c592",
								sequencer: expect.stringMatching(/^[0-9A-F]{18}$/),
							},
						},
					},
				],
			},
		]);
	});

	it("is seen by its function as a read-only folder, until the trigger is removed", async () => {
		const host = await start();
		await put("a");
		await host.untilDelivered(1);
		expect(host.engine.tasks[0]?.spec.mounts).toEqual([{ host: folder, guest: "/mnt/docs", readOnly: true }]);
		const { id } = (await store.triggers.list())[0]!;
		await host.bus.triggers.remove(id);
		await host.invoker.invoke({ functionName: "f", payload: Buffer.from("{}") });
		expect(host.engine.tasks[1]?.spec.mounts).toEqual([]);
	});

	it("says nothing of what was there before the trigger, as S3 does, until it changes", async () => {
		await put("old-1");
		await put("old-2");
		const host = await start();
		expect(await keysUntil(host, "new")).toEqual([]);
		await host.stop();
		const second = await boot();
		await put("old-1", "changed");
		expect(await keysUntil(second, "newer")).toEqual(["old-1"]);
	});

	it("says what was moved away and came back", async () => {
		await put("a");
		const host = await start();
		await rename(path("a"), `${folder}.away`);
		await keysUntil(host, "sync");
		await host.stop();
		await rename(`${folder}.away`, path("a"));
		const second = await boot();
		expect(await keysUntil(second, "last")).toEqual(["a"]);
	});

	it("finds files in folders of any depth, also in folders that are made or moved in later", async () => {
		await mkdir(path("early/deep"), { recursive: true });
		const host = await start();
		await put("early/deep/1");
		await mkdir(path("late/deeper"), { recursive: true });
		await put("late/deeper/2");
		await mkdir(`${folder}.outside`);
		await writeFile(`${folder}.outside/3`, "3");
		await rename(`${folder}.outside`, path("moved"));
		await host.untilDelivered(3);
		await put("moved/4");
		await host.untilDelivered(4);
		await rename(path("moved"), path("again"));
		await host.untilDelivered(6);
		expect(keys(host).sort()).toEqual(["again/3", "again/4", "early/deep/1", "late/deeper/2", "moved/3", "moved/4"]);
	});

	it("sends one event for a file that takes its time, when it is complete", async () => {
		const host = await start();
		const parts = ["one ", "two ", "three"];
		const file = await open(path("slow"), "w");
		for (const part of parts) {
			await file.write(part);
			// Other files come and are delivered, while this one is quiet for longer than the settle time.
			await put(`other-${part.trim()}`);
			await host.untilDelivered(parts.indexOf(part) + 1);
		}
		expect(keys(host)).not.toContain("slow");
		await file.close();
		await host.untilDelivered(4);
		const slow = records(host).filter((it) => it.s3.object.key === "slow");
		expect(slow.map((it) => it.s3.object.size)).toEqual([13]);
		expect(slow[0]?.s3.object.eTag).toBe(createHash("md5").update("one two three").digest("hex"));
	});

	it("sends an event for each version of a file, the later with the greater sequencer", async () => {
		const host = await start();
		for (const [index, content] of ["first", "second", "a third"].entries()) {
			await put("a", content);
			await host.untilDelivered(index + 1);
		}
		const objects = records(host).map((it) => it.s3.object);
		expect(objects.map((it) => it.size)).toEqual([5, 6, 7]);
		expect([...objects].sort((a, b) => (a.sequencer < b.sequencer ? -1 : 1))).toEqual(objects);
	});

	it("sends an event for a file that replaces another of the same size and time", async () => {
		const host = await start();
		const time = new Date("2026-01-01T00:00:00Z");
		await put("a", "11111");
		await utimes(path("a"), time, time);
		await host.untilDelivered(1);
		await writeFile(`${folder}.new`, "22222");
		await utimes(`${folder}.new`, time, time);
		await rename(`${folder}.new`, path("a"));
		await host.untilDelivered(2);
		const [first, second] = records(host).map((it) => it.s3.object);
		expect(first?.eTag).not.toBe(second?.eTag);
	});

	it("sends nothing for the same bytes and time under a new inode, nor for a new mode or name elsewhere", async () => {
		const host = await start();
		const time = new Date("2026-01-01T00:00:00Z");
		await put("a", "11111");
		await utimes(path("a"), time, time);
		await host.untilDelivered(1);
		await writeFile(`${folder}.copy`, "11111");
		await utimes(`${folder}.copy`, time, time);
		await rename(`${folder}.copy`, path("a"));
		await keysUntil(host, "sync-1");
		await chmod(path("a"), 0o600);
		await link(path("a"), `${folder}.link`);
		await unlink(`${folder}.link`);
		expect(await keysUntil(host, "sync-2")).toEqual(["a"]);
	});

	it("forgets a file that is deleted: one that comes under its name is new", async () => {
		const host = await start();
		await put("a", "same");
		await host.untilDelivered(1);
		const { id } = (await store.triggers.list())[0]!;
		expect([...(await store.triggers.checkpoints(id)).keys()]).toContain("a");
		await unlink(path("a"));
		await keysUntil(host, "sync");
		expect([...(await store.triggers.checkpoints(id)).keys()]).not.toContain("a");
		await put("a", "same");
		expect(await keysUntil(host, "last")).toEqual(["a", "a"]);
	});

	it("keeps to its prefix and suffix", async () => {
		const host = await start({ prefix: "in/", suffix: ".csv" });
		await mkdir(path("in"));
		await mkdir(path("out"));
		for (const name of ["a.csv", "in/a.csv", "in/a.txt", "out/b.csv", "in/b.csv"]) await put(name);
		await host.untilDelivered(2);
		expect((await keysUntil(host, "in/last.csv")).sort()).toEqual(["in/a.csv", "in/b.csv"]);
	});

	it("passes over hidden and unfinished names, and sends them once they have their own", async () => {
		const host = await start();
		await mkdir(path(".git"));
		for (const name of [".hidden", ".git/config", "movie.part", "page.crdownload", "x.tmp", "notes~"]) await put(name);
		expect(await keysUntil(host, "sync")).toEqual([]);
		await rename(path("movie.part"), path("movie"));
		expect(await keysUntil(host, "last")).toEqual(["movie"]);
	});

	it("follows no link, out or round", async () => {
		await mkdir(`${folder}.secret`);
		await writeFile(`${folder}.secret/key`, "secret");
		const host = await start();
		await symlink(`${folder}.secret`, path("dir"));
		await symlink(`${folder}.secret/key`, path("file"));
		await symlink(folder, path("round"));
		expect(await keysUntil(host, "last")).toEqual([]);
		await rm(`${folder}.secret`, { recursive: true });
	});

	it("takes any name that a file can have", async () => {
		const host = await start();
		const names = ["new\nline", "tab\t", "é", "日本語", "🔥", "a%b", "-rf", "$(id)", "'\"", " ", "x".repeat(255)];
		for (const name of names) await put(name);
		await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x62, 0xff, 0x0a])]), "bytes");
		await host.untilDelivered(names.length + 1);
		const decoded = keys(host).map((it) => Buffer.from(unescape(it.replaceAll("+", " ")), "latin1"));
		const expected = [...names.map((it) => Buffer.from(it)), Buffer.from([0x62, 0xff, 0x0a])];
		const sorted = (list: Buffer[]) => list.map((it) => it.toString("hex")).sort();
		expect(sorted(decoded)).toEqual(sorted(expected));
	});

	it("takes files of no bytes and of many", async () => {
		const host = await start();
		const large = Buffer.alloc(5_000_000, "x");
		await put("empty", "");
		await put("large", large);
		await host.untilDelivered(2);
		const etags = new Map(records(host).map((it) => [it.s3.object.key, it.s3.object.eTag]));
		expect(etags.get("empty")).toBe("d41d8cd98f00b204e9800998ecf8427e");
		expect(etags.get("large")).toBe(createHash("md5").update(large).digest("hex"));
	});

	it("takes two thousand files at once, each once", async () => {
		const host = await start();
		const names = Array.from({ length: 2000 }, (_, index) => `d${index % 20}/f${index}`);
		for (let index = 0; index < 20; index++) await mkdir(path(`d${index}`));
		for (const name of names) await put(name);
		await host.untilDelivered(names.length);
		expect(keys(host).sort()).toEqual([...names].sort());
		await host.stop();
		const second = await boot();
		expect(await keysUntil(second, "last")).toEqual([]);
	});

	it("waits for a folder that is away, and takes nothing in it for deleted", async () => {
		const host = await start();
		await put("a");
		await host.untilDelivered(1);
		await rename(folder, `${folder}.away`);
		await host.stop();
		const second = await boot();
		await rename(`${folder}.away`, folder);
		expect(await keysUntil(second, "last")).toEqual([]);
		expect(second.warnings.length).toBeLessThanOrEqual(1);
	});

	it("has its file's bytes under the etag that the event names", async () => {
		const host = await start();
		await put("a", "content");
		await host.untilDelivered(1);
		const { key, eTag } = records(host)[0]!.s3.object;
		expect(
			createHash("md5")
				.update(await readFile(path(key)))
				.digest("hex"),
		).toBe(eTag);
	});
});
