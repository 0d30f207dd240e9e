import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bytes, messages, run, startOf, useObservers } from "./testing.ts";
import type { Observer } from "./types.ts";

const observers = useObservers();

describe("reading the last lines", () => {
	it.each([0, 1, 3, 400, 401, 402, 1000])("gives %i of what is there", async (count) => {
		const observer = observers.open({ maxBytes: 8192 });
		const log = observer.begin(startOf());
		for (let index = 0; index < 400; index++) log.output(1, bytes(`${index}\n`));
		const all = await messages(observer, "echo");
		expect(await messages(observer, "echo", count)).toEqual(count === 0 ? [] : all.slice(-count));
	});
});

describe("rotation", () => {
	it("keeps the log within twice its limit, and the newest lines", async () => {
		const observer = observers.open({ maxBytes: 10_000 });
		for (let index = 0; index < 1000; index++) run(observer, `line ${index}\n`);
		await observer.close();
		const sizes = readdirSync(observers.folder).map((name) => statSync(join(observers.folder, name)).size);
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
		const observer = observers.open({ maxBytes: 4096 });
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
		const observer = observers.open();
		run(observer, "one\ntwo\n");
		const stop = new AbortController();
		const lines = observer.read("echo", { follow: true, signal: stop.signal, lastLines: 1 })[Symbol.asyncIterator]();
		const word = async () => String((await lines.next()).value).split(/[\t ]/)[1];
		expect(await word()).toBe("REPORT");
		run(observer, "three\n");
		expect([await word(), await word(), await word()]).toEqual(["START", "three", "END"]);
		stop.abort();
	});

	it("waits for a function's first invocation", async () => {
		const observer = observers.open();
		const followed = follow(observer, 1);
		await new Promise((resolve) => setTimeout(resolve, 20));
		run(observer, "");
		expect(await followed).toEqual([expect.stringMatching(/^START/)]);
	});

	it("ends at once when its signal is aborted, before or while it waits", async () => {
		const observer = observers.open();
		const lines = async (signal: AbortSignal) => {
			const found: string[] = [];
			for await (const line of observer.read("echo", { follow: true, signal })) found.push(line);
			return found;
		};
		expect(await lines(AbortSignal.abort())).toEqual([]);
		expect(await lines(AbortSignal.timeout(20))).toEqual([]);
	});

	it("ends when the function is deleted, and when the host ends", async () => {
		const observer = observers.open();
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
		const observer = observers.open();
		const stop = new AbortController();
		const slow = observer.read("echo", { follow: true, signal: stop.signal })[Symbol.asyncIterator]();
		const first = slow.next();
		run(observer, "");
		await first;
		for (let index = 0; index < 50; index++) run(observer, `${"x".repeat(99_999)}\n`);
		await observer.close();
		const written = readFileSync(join(observers.folder, "echo.log"), "utf8").split("\n");
		expect(written.filter((line) => line.endsWith("x")).length).toBeGreaterThan(10);
		stop.abort();
		await slow.return?.();
	});
});
