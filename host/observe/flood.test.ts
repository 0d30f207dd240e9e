import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canMount, mountSmallDisk } from "../store/testing/small-disk.ts";
import { bytes, decode, MIB, messages, run, startOf, usageOf, useObservers } from "./testing.ts";

const observers = useObservers();

describe("a flood", () => {
	const LINES = Buffer.from(`${"x".repeat(99)}\n`.repeat(10_000));

	it("of 100 MB without a pause stays within its memory, and is counted to the byte", async () => {
		const observer = observers.open({ maxBytes: 256 * MIB });
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
		const observer = observers.open({ maxBytes: 256 * MIB });
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
		const wrong: string[] = [];
		for (const line of (await messages(observer, "echo")).slice(1, -2)) {
			const gap = /^\[pilot\] ([0-9]+) lines?/.exec(line);
			if (gap) expected += Number(gap[1]);
			else if (Number(line) !== expected++) wrong.push(line);
		}
		expect(wrong).toEqual([]);
		expect(expected).toBe(number);
	});

	it("leaves all the room there was once it is written", async () => {
		const observer = observers.open({ maxBytes: 256 * MIB, limits: { total: 3 * MIB } });
		const log = observer.begin(startOf());
		const kept: number[] = [];
		for (let round = 0; round < 5; round++) {
			for (let sent = 0; sent < 5; sent++) log.output(1, LINES);
			await new Promise((resolve) => setTimeout(resolve, 60));
			const lines = await messages(observer, "echo");
			kept.push(lines.filter((line) => line.startsWith("x")).length);
		}
		for (let round = 1; round < 5; round++) expect(kept[round]! - kept[round - 1]!).toBeGreaterThan(1000);
	});

	it("of one invocation leaves room for another of the same function", async () => {
		const observer = observers.open();
		const flood = observer.begin(startOf({ requestId: "flood" }));
		for (let sent = 0; sent < 10; sent++) flood.output(1, LINES);
		run(observer, "quiet\n", { requestId: "quiet" });
		flood.finish(usageOf(), null);
		const lines = await messages(observer, "echo");
		expect(lines).toContain("quiet");
		expect(lines.filter((line) => line.startsWith("REPORT"))).toHaveLength(2);
	});

	it("of many functions stays within what all have together", async () => {
		const observer = observers.open({ limits: { total: 4 * MIB } });
		const logs = Array.from({ length: 20 }, (_, index) => observer.begin(startOf({ functionName: `f${index}` })));
		for (const log of logs) for (let sent = 0; sent < 3; sent++) log.output(1, LINES);
		for (const log of logs) log.finish(usageOf(), null);
		await observer.close();
		const sizes = readdirSync(observers.folder).map((name) => statSync(join(observers.folder, name)).size);
		expect(sizes.reduce((one, two) => one + two)).toBeLessThan(5.5 * MIB);
		// The host's own lines have a reserve.
		expect(sizes).toHaveLength(20);
	});

	it("of newlines, of bytes one by one, and of one endless line ends", async () => {
		const observer = observers.open();
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
		writeFileSync(observers.folder, "a file where the observers.folder should be");
		const observer = observers.open();
		const log = observer.begin(startOf({ requestId: "id-1" }));
		// So much that it is written at once, and reading waits for that.
		log.output(1, bytes(`${"x".repeat(999)}\n`.repeat(1000)));
		log.finish(usageOf(), null);
		expect(decode(log.tail())).toContain("x\nEND");
		await expect(messages(observer, "echo")).rejects.toThrow(/ENOTDIR/);
		await rm(observers.folder);
		run(observer, "kept\n", { requestId: "id-2" });
		await observer.close();
		const [note, ...lines] = await messages(observer, "echo");
		expect(note).toMatch(/^\[pilot\] 1003 lines \([0-9]{7} bytes\) of output were dropped here$/);
		expect(lines.slice(0, 2)).toEqual(["START RequestId: id-2 Version: $LATEST", "kept"]);
		expect(observer.stats("echo").invocations).toBe(2);
	});

	it.skipIf(process.getuid?.() === 0)("may be one that is not to be written (root may, so not as root)", async () => {
		mkdirSync(observers.folder);
		chmodSync(observers.folder, 0o500);
		const observer = observers.open();
		run(observer, "lost\n");
		await observer.close();
		chmodSync(observers.folder, 0o700);
		expect(readdirSync(observers.folder)).toEqual([]);
	});

	const mounts = canMount();
	it.skipIf(!mounts)("may be full, and have room again later", async () => {
		const disk = mountSmallDisk(MIB);
		try {
			const observer = observers.open({ folder: disk.folder });
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
