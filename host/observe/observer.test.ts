import {
	appendFileSync,
	chmodSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canMount, mountSmallDisk } from "../store/testing/small-disk.ts";
import { type ObserverOptions, openObserver } from "./observer.ts";
import { failureOf, messages, startOf, usageOf } from "./testing.ts";
import type { Observer } from "./types.ts";

const MIB = 2 ** 20;
const bytes = (text: string) => new TextEncoder().encode(text);
const decode = (data: Uint8Array) => new TextDecoder().decode(data);

let parent: string;
let folder: string;
const opened: Observer[] = [];

function open(options: Partial<ObserverOptions> = {}): Observer {
	const observer = openObserver({ folder, maxBytes: 64 * MIB, ...options });
	opened.push(observer);
	return observer;
}
/** One invocation that writes `output`. */
function run(observer: Observer, output: string, changes: Parameters<typeof startOf>[0] = {}): void {
	const log = observer.begin(startOf(changes));
	log.output(1, bytes(output));
	log.finish(usageOf(), null);
}

beforeEach(async () => {
	parent = await mkdtemp(join(tmpdir(), "pilot-observe-"));
	folder = join(parent, "logs");
});
afterEach(async () => {
	await Promise.all(opened.splice(0).map((observer) => observer.close()));
	await rm(parent, { recursive: true });
});

describe("a function's log", () => {
	it("has START, the output of both streams in order, END and REPORT", async () => {
		const observer = open();
		const log = observer.begin(startOf({ requestId: "id-1" }));
		log.output(1, bytes("one\ntw"));
		log.output(2, bytes("error\n"));
		log.output(1, bytes("o\nthe last, without newline"));
		log.finish(usageOf({ initMs: 1 }), failureOf("timeout"));
		expect(await messages(observer, "echo")).toEqual([
			"START RequestId: id-1 Version: $LATEST",
			"one",
			"error",
			"two",
			"the last, without newline",
			expect.stringMatching(/^[0-9TZ:.-]+ id-1 Task timed out after 3.00 seconds$/),
			"END RequestId: id-1",
			expect.stringMatching(/^REPORT RequestId: id-1\t.*Init Duration: 1.00 ms\tFuel Used: 1234\tStatus: timeout$/),
		]);
	});

	it("has the time before each line", async () => {
		let now = Date.UTC(2026, 10, 22, 10, 0, 0, 5);
		const observer = open({ now: () => now });
		const log = observer.begin(startOf({ requestId: "id-1" }));
		now += 1000;
		log.output(1, bytes("later\n"));
		const lines: string[] = [];
		const signal = new AbortController().signal;
		for await (const line of observer.read("echo", { follow: false, signal })) lines.push(line);
		expect(lines).toEqual([
			"2026-11-22T10:00:00.005Z\tSTART RequestId: id-1 Version: $LATEST",
			"2026-11-22T10:00:01.005Z\tlater",
		]);
	});

	it("is JSON where the function wants that", async () => {
		const observer = open();
		run(observer, 'plain\n{"level":"debug"}\n{"level":"warn"}\n', { logging: { format: "JSON", group: "g" } });
		const lines = await messages(observer, "echo");
		expect(lines.map((text) => JSON.parse(text))).toEqual([
			expect.objectContaining({ type: "platform.start" }),
			expect.objectContaining({ message: "plain" }),
			{ level: "warn" },
			expect.objectContaining({ type: "platform.report" }),
		]);
	});

	it("has whole lines of each invocation of many at once", async () => {
		const observer = open();
		const logs = Array.from({ length: 20 }, (_, index) => observer.begin(startOf({ requestId: `id-${index}` })));
		for (const half of ["he", "llo\n"]) for (const log of logs) log.output(1, bytes(half));
		for (const log of logs) log.finish(usageOf(), null);
		const lines = await messages(observer, "echo");
		expect(lines.filter((line) => line === "hello")).toHaveLength(20);
		expect(lines).toHaveLength(80);
	});

	it("is apart from that of a function whose name differs by case", async () => {
		const observer = open();
		run(observer, "lower\n", { functionName: "echo" });
		run(observer, "upper\n", { functionName: "Echo" });
		expect(await messages(observer, "echo")).toContain("lower");
		expect(await messages(observer, "Echo")).toContain("upper");
		expect(await messages(observer, "Echo")).toHaveLength(4);
		await observer.close();
		const files = readdirSync(folder).map((name) => name.toLowerCase());
		expect(new Set(files).size).toBe(2);
	});

	it("is its owner's alone", async () => {
		const observer = open();
		run(observer, "secret\n");
		await observer.close();
		expect(statSync(folder).mode & 0o777).toBe(0o700);
		expect(statSync(join(folder, "echo.log")).mode & 0o777).toBe(0o600);
	});

	it("is on disk after close, and read by the next host", async () => {
		const first = open();
		run(first, "before\n");
		await first.close();
		const second = open();
		run(second, "after\n");
		const lines = await messages(second, "echo");
		expect(lines.filter((line) => /^(before|after)$/.test(line))).toEqual(["before", "after"]);
	});

	it("goes on where the host was killed while it wrote", async () => {
		mkdirSync(folder);
		appendFileSync(join(folder, "echo.log"), "2026-11-22T10:00:00.000Z\tone\n2026-11-22T10:00:00.000Z\tha");
		const observer = open();
		expect(await messages(observer, "echo")).toEqual(["one", "ha"]);
		run(observer, "two\n", { requestId: "id-1" });
		await observer.close();
		expect((await messages(observer, "echo")).slice(0, 4)).toEqual([
			"one",
			"ha",
			"START RequestId: id-1 Version: $LATEST",
			"two",
		]);
	});

	it("is nothing for a function that was never invoked", async () => {
		expect(await messages(open(), "nobody")).toEqual([]);
	});

	it("has the host's own lines, outside any invocation", async () => {
		const observer = open();
		observer.note("echo", { format: "Text", group: "g" }, "an event was dropped\nand why");
		observer.note("echo", { format: "JSON", group: "g" }, "another");
		const [text, json] = await messages(observer, "echo");
		expect(text).toBe("[pilot] an event was dropped and why");
		expect(JSON.parse(json!)).toMatchObject({ level: "WARN", message: "[pilot] another" });
	});

	it("ignores what comes after the end, and a second end", async () => {
		const observer = open();
		const log = observer.begin(startOf());
		log.finish(usageOf(), null);
		log.output(1, bytes("late\n"));
		log.finish(usageOf(), null);
		expect(await messages(observer, "echo")).toHaveLength(3);
		expect(observer.stats("echo").invocations).toBe(1);
	});
});

describe("the tail", () => {
	it("is what the invocation wrote, without times, also before its end", () => {
		const log = open().begin(startOf({ requestId: "id-1" }));
		log.output(1, bytes("one\nhalf"));
		expect(decode(log.tail())).toBe("START RequestId: id-1 Version: $LATEST\none\n");
		log.finish(usageOf(), null);
		expect(decode(log.tail())).toMatch(/^START .*\none\nhalf\nEND RequestId: id-1\nREPORT RequestId: id-1\t.*\t\n$/);
	});

	it("is the last 4 KB", () => {
		const log = open().begin(startOf());
		log.output(1, bytes("0123456789\n".repeat(5000)));
		log.finish(usageOf(), null);
		expect(log.tail()).toHaveLength(4096);
		expect(decode(log.tail())).toMatch(/REPORT .*\t\n$/);
	});
});

describe("reading the last lines", () => {
	it.each([0, 1, 3, 400, 401, 402, 1000])("gives %i of what is there", async (count) => {
		const observer = open({ maxBytes: 8192 });
		const log = observer.begin(startOf());
		for (let index = 0; index < 400; index++) log.output(1, bytes(`${index}\n`));
		const all = await messages(observer, "echo");
		expect(await messages(observer, "echo", count)).toEqual(count === 0 ? [] : all.slice(-count));
	});
});

describe("rotation", () => {
	it("keeps the log within twice its limit, and the newest lines", async () => {
		const observer = open({ maxBytes: 10_000 });
		for (let index = 0; index < 1000; index++) run(observer, `line ${index}\n`);
		await observer.close();
		const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
		expect(sizes).toHaveLength(2);
		for (const size of sizes) expect(size).toBeLessThanOrEqual(10_000);
		const lines = (await messages(observer, "echo")).filter((line) => line.startsWith("line"));
		const first = 1000 - lines.length;
		expect(lines).toEqual(Array.from({ length: lines.length }, (_, index) => `line ${first + index}`));
		expect(lines.length).toBeGreaterThan(20);
	});
});

describe("following", () => {
	/** Collects lines until there are `count`. */
	function follow(observer: Observer, count: number, lastLines?: number): Promise<string[]> {
		const stop = new AbortController();
		return (async () => {
			const lines: string[] = [];
			for await (const line of observer.read("echo", { follow: true, signal: stop.signal, lastLines })) {
				lines.push(line.slice(line.indexOf("\t") + 1));
				if (lines.length === count) stop.abort();
			}
			return lines;
		})();
	}

	it("gives what is there and then each line once, over many rotations", async () => {
		const observer = open({ maxBytes: 4096 });
		const log = observer.begin(startOf({ requestId: "id-1" }));
		for (let index = 0; index < 10; index++) log.output(1, bytes(`${index}\n`));
		const followed = follow(observer, 2001);
		for (let index = 10; index < 2000; index++) {
			log.output(1, bytes(`${index}\n`));
			if (index % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		}
		expect(await followed).toEqual([
			"START RequestId: id-1 Version: $LATEST",
			...Array.from({ length: 2000 }, (_, index) => `${index}`),
		]);
	});

	it("starts with the last lines, and goes on", async () => {
		const observer = open();
		run(observer, "one\ntwo\n");
		const followed = follow(observer, 4, 1);
		await new Promise((resolve) => setTimeout(resolve, 50));
		run(observer, "three\n");
		expect((await followed).map((line) => line.split(" ")[0])).toEqual(["REPORT", "START", "three", "END"]);
	});

	it("waits for a function's first invocation", async () => {
		const observer = open();
		const followed = follow(observer, 1);
		await new Promise((resolve) => setTimeout(resolve, 20));
		run(observer, "");
		expect(await followed).toEqual([expect.stringMatching(/^START/)]);
	});

	it("ends at once when its signal is aborted, before or while it waits", async () => {
		const observer = open();
		const lines = async (signal: AbortSignal) => {
			const found: string[] = [];
			for await (const line of observer.read("echo", { follow: true, signal })) found.push(line);
			return found;
		};
		expect(await lines(AbortSignal.abort())).toEqual([]);
		expect(await lines(AbortSignal.timeout(20))).toEqual([]);
	});

	it("ends when the function is deleted, and when the host ends", async () => {
		const observer = open();
		const deleted = follow(observer, 100);
		await new Promise((resolve) => setTimeout(resolve, 20));
		await observer.remove("echo");
		expect(await deleted).toEqual([]);
		const ended = follow(observer, 100);
		run(observer, "");
		await observer.close();
		expect(await ended).toHaveLength(3);
	});

	it("does not hold the log up when nobody takes the lines", async () => {
		const observer = open();
		const stop = new AbortController();
		const slow = observer.read("echo", { follow: true, signal: stop.signal })[Symbol.asyncIterator]();
		const first = slow.next();
		run(observer, "");
		await first;
		for (let index = 0; index < 50; index++) run(observer, `${"x".repeat(99_999)}\n`);
		await observer.close();
		const written = readFileSync(join(folder, "echo.log"), "utf8").split("\n");
		expect(written.filter((line) => line.endsWith("x")).length).toBeGreaterThan(10);
		stop.abort();
		await slow.return?.();
	});
});

describe("deleting a function", () => {
	it("removes its files and its figures, and those of no other", async () => {
		const observer = open({ maxBytes: 4096 });
		for (let index = 0; index < 100; index++) run(observer, "x\n");
		run(observer, "kept\n", { functionName: "other" });
		await messages(observer, "echo");
		await observer.remove("echo");
		expect(await messages(observer, "echo")).toEqual([]);
		expect(observer.stats("echo").invocations).toBe(0);
		expect(await messages(observer, "other")).toContain("kept");
		await observer.close();
		expect(readdirSync(folder)).toEqual(["other.log"]);
	});

	it("removes the files that an earlier host left", async () => {
		const first = open();
		run(first, "x\n");
		await first.close();
		await open().remove("echo");
		expect(readdirSync(folder)).toEqual([]);
	});

	it("is not undone by an invocation that still runs", async () => {
		const observer = open();
		const log = observer.begin(startOf());
		log.output(1, bytes("before\n"));
		await observer.remove("echo");
		log.output(1, bytes("after\n"));
		log.finish(usageOf(), null);
		expect(decode(log.tail())).toContain("after\nEND");
		await observer.close();
		expect(existsSync(join(folder, "echo.log"))).toBe(false);
		expect(observer.stats("echo").invocations).toBe(0);
	});

	it("takes nothing from a function that is created again at once", async () => {
		const observer = open();
		const old = observer.begin(startOf());
		old.output(1, bytes("old\n"));
		const removed = observer.remove("echo");
		run(observer, "new\n", { requestId: "id-2" });
		old.output(1, bytes("old too\n"));
		old.finish(usageOf(), null);
		await removed;
		expect((await messages(observer, "echo")).slice(0, 2)).toEqual(["START RequestId: id-2 Version: $LATEST", "new"]);
		expect(observer.stats("echo").invocations).toBe(1);
	});
});

describe("a flood", () => {
	const LINES = Buffer.from(`${"x".repeat(99)}\n`.repeat(10_000));

	it("of 100 MB without a pause stays within its memory, and is counted to the byte", async () => {
		const observer = open({ maxBytes: 256 * MIB });
		const log = observer.begin(startOf());
		const before = process.memoryUsage().rss;
		for (let sent = 0; sent < 100; sent++) log.output(1, LINES);
		expect(process.memoryUsage().rss - before).toBeLessThan(64 * MIB);
		log.finish(usageOf(), null);
		expect(decode(log.tail())).toMatch(/\n\[pilot\] [0-9]+ lines \([0-9]+ bytes\) of output were dropped here\nEND /);
		const lines = await messages(observer, "echo");
		const kept = lines.filter((line) => line.startsWith("x")).length;
		const dropped = lines.flatMap((line) => /^\[pilot\] ([0-9]+) lines \(([0-9]+) bytes\)/.exec(line)?.slice(1) ?? []);
		expect(kept).toBeGreaterThan(1000);
		expect([kept + Number(dropped[0]), kept * 100 + Number(dropped[1])]).toEqual([1_000_000, 100_000_000]);
	});

	it("that pauses is written as fast as the disk takes it, each gap counted where it is", async () => {
		const observer = open({ maxBytes: 256 * MIB });
		const log = observer.begin(startOf());
		let number = 0;
		for (let sent = 0; sent < 60; sent++) {
			let text = "";
			for (let count = 0; count < 10_000; count++) text += `${number++}\n`;
			log.output(1, bytes(text));
			await new Promise(setImmediate);
		}
		log.finish(usageOf(), null);
		let expected = 0;
		for (const line of (await messages(observer, "echo")).slice(1, -2)) {
			const gap = /^\[pilot\] ([0-9]+) lines?/.exec(line);
			if (gap) expected += Number(gap[1]);
			else expect(Number(line)).toBe(expected++);
		}
		expect(expected).toBe(number);
	});

	it("of one invocation leaves room for another of the same function", async () => {
		const observer = open();
		const flood = observer.begin(startOf({ requestId: "flood" }));
		for (let sent = 0; sent < 10; sent++) flood.output(1, LINES);
		run(observer, "quiet\n", { requestId: "quiet" });
		flood.finish(usageOf(), null);
		const lines = await messages(observer, "echo");
		expect(lines).toContain("quiet");
		expect(lines.filter((line) => line.startsWith("REPORT"))).toHaveLength(2);
	});

	it("of many functions stays within what all have together", async () => {
		const observer = open({ limits: { total: 4 * MIB } });
		const logs = Array.from({ length: 20 }, (_, index) => observer.begin(startOf({ functionName: `f${index}` })));
		for (const log of logs) for (let sent = 0; sent < 3; sent++) log.output(1, LINES);
		for (const log of logs) log.finish(usageOf(), null);
		await observer.close();
		const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
		expect(sizes.reduce((one, two) => one + two)).toBeLessThan(5.5 * MIB);
		// The host's own lines have a reserve.
		expect(sizes).toHaveLength(20);
	});

	it("of newlines, of bytes one by one, and of one endless line ends", async () => {
		const observer = open();
		const log = observer.begin(startOf());
		for (let sent = 0; sent < 20; sent++) log.output(1, new Uint8Array(MIB).fill(10));
		for (let sent = 0; sent < 200_000; sent++) log.output(2, Uint8Array.of(0x79));
		for (let sent = 0; sent < 20; sent++) log.output(1, new Uint8Array(MIB).fill(0x7a));
		log.finish(usageOf(), null);
		const report = decode(log.tail());
		expect(report).toMatch(/lines \([0-9]+ bytes\) of output were dropped here/);
		await messages(observer, "echo");
	});
});

describe("a disk that does not take the log", () => {
	it("costs the log its lines, counts them, and nobody notices", async () => {
		writeFileSync(folder, "a file where the folder should be");
		const observer = open();
		const log = observer.begin(startOf({ requestId: "id-1" }));
		log.output(1, bytes("lost\n"));
		log.finish(usageOf(), null);
		expect(decode(log.tail())).toContain("lost\nEND");
		await new Promise((resolve) => setTimeout(resolve, 60));
		await rm(folder);
		run(observer, "kept\n", { requestId: "id-2" });
		await observer.close();
		const [note, ...lines] = await messages(observer, "echo");
		expect(note).toMatch(/^\[pilot\] 4 lines \([0-9]+ bytes\) of output were dropped here$/);
		expect(lines.slice(0, 2)).toEqual(["START RequestId: id-2 Version: $LATEST", "kept"]);
		expect(observer.stats("echo").invocations).toBe(2);
	});

	it.skipIf(process.getuid?.() === 0)("may be one that is not to be written", async () => {
		mkdirSync(folder);
		chmodSync(folder, 0o500);
		const observer = open();
		run(observer, "lost\n");
		await observer.close();
		chmodSync(folder, 0o700);
		expect(readdirSync(folder)).toEqual([]);
	});

	const mounts = canMount();
	it.skipIf(!mounts)("may be full, and have room again later", async () => {
		const disk = mountSmallDisk(MIB);
		try {
			const observer = open({ folder: disk.folder });
			for (let index = 0; index < 40; index++) {
				run(observer, `${`${index}`.padEnd(49_999, "x")}\n`);
				await messages(observer, "echo");
			}
			await rm(join(disk.folder, "echo.log"));
			await new Promise((resolve) => setTimeout(resolve, 60));
			run(observer, "room again\n");
			await observer.close();
			const lines = await messages(observer, "echo");
			expect(lines).toContain("room again");
			expect(lines.some((line) => /^\[pilot\] [0-9]+ lines \([0-9]+ bytes\)/.test(line))).toBe(true);
			for (const line of lines) expect(line).toMatch(/^(START|END|REPORT|\[pilot\]|room|[0-9]+x+$)/);
		} finally {
			disk.unmount();
		}
	});
});
