import { appendFileSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bytes, decode, failureOf, messages, run, startOf, usageOf, useObservers } from "./testing.ts";

const observers = useObservers();

describe("a function's log", () => {
	it("has START, the output of both streams in order, END and REPORT", async () => {
		const observer = observers.open();
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
			expect.stringMatching(
				/^REPORT RequestId: id-1\t.*Init Duration: 1.00 ms\tCPU Time: 1.000 ms\tFuel Used: 1234\tStatus: timeout$/,
			),
		]);
	});

	it("has the time before each line", async () => {
		let now = Date.UTC(2026, 10, 22, 10, 0, 0, 5);
		const observer = observers.open({ now: () => now });
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
		const observer = observers.open();
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
		const observer = observers.open();
		const logs = Array.from({ length: 20 }, (_, index) => observer.begin(startOf({ requestId: `id-${index}` })));
		for (const half of ["he", "llo\n"]) for (const log of logs) log.output(1, bytes(half));
		for (const log of logs) log.finish(usageOf(), null);
		const lines = await messages(observer, "echo");
		expect(lines.filter((line) => line === "hello")).toHaveLength(20);
		expect(lines).toHaveLength(80);
	});

	it("is apart from that of a function whose name differs by case", async () => {
		const observer = observers.open();
		run(observer, "lower\n", { functionName: "echo" });
		run(observer, "upper\n", { functionName: "Echo" });
		expect(await messages(observer, "echo")).toContain("lower");
		expect(await messages(observer, "Echo")).toContain("upper");
		expect(await messages(observer, "Echo")).toHaveLength(4);
		await observer.close();
		const files = readdirSync(observers.folder).map((name) => name.toLowerCase());
		expect(new Set(files).size).toBe(2);
	});

	it("is its owner's alone", async () => {
		const observer = observers.open();
		run(observer, "secret\n");
		await observer.close();
		expect(statSync(observers.folder).mode & 0o777).toBe(0o700);
		expect(statSync(join(observers.folder, "echo.log")).mode & 0o777).toBe(0o600);
	});

	it("is on disk after close, and read by the next host", async () => {
		const first = observers.open();
		run(first, "before\n");
		await first.close();
		const second = observers.open();
		run(second, "after\n");
		const lines = await messages(second, "echo");
		expect(lines.filter((line) => /^(before|after)$/.test(line))).toEqual(["before", "after"]);
	});

	it("goes on where the host was killed while it wrote", async () => {
		mkdirSync(observers.folder);
		appendFileSync(join(observers.folder, "echo.log"), "2026-11-22T10:00:00.000Z\tone\n2026-11-22T10:00:00.000Z\tha");
		const observer = observers.open();
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
		expect(await messages(observers.open(), "nobody")).toEqual([]);
	});

	it("has the host's own lines, outside any invocation", async () => {
		const observer = observers.open();
		observer.note("echo", { format: "Text", group: "g" }, "an event was dropped\nand why");
		observer.note("echo", { format: "JSON", group: "g" }, "another");
		const [text, json] = await messages(observer, "echo");
		expect(text).toBe("[pilot] an event was dropped and why");
		expect(JSON.parse(json!)).toMatchObject({ level: "WARN", message: "[pilot] another" });
	});

	it("ignores what comes after the end, and a second end", async () => {
		const observer = observers.open();
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
		const log = observers.open().begin(startOf({ requestId: "id-1" }));
		log.output(1, bytes("one\nhalf"));
		expect(decode(log.tail())).toBe("START RequestId: id-1 Version: $LATEST\none\n");
		log.finish(usageOf(), null);
		expect(decode(log.tail())).toMatch(/^START .*\none\nhalf\nEND RequestId: id-1\nREPORT RequestId: id-1\t.*\t\n$/);
	});

	it("is the last 4 KB", () => {
		const log = observers.open().begin(startOf());
		log.output(1, bytes("0123456789\n".repeat(5000)));
		log.finish(usageOf(), null);
		expect(log.tail()).toHaveLength(4096);
		expect(decode(log.tail())).toMatch(/REPORT .*\t\n$/);
	});
});

describe("deleting a function", () => {
	it("removes its files and its figures, and those of no other", async () => {
		const observer = observers.open({ maxBytes: 4096 });
		for (let index = 0; index < 100; index++) run(observer, "x\n");
		run(observer, "kept\n", { functionName: "other" });
		await messages(observer, "echo");
		await observer.remove("echo");
		expect(await messages(observer, "echo")).toEqual([]);
		expect(observer.stats("echo").invocations).toBe(0);
		expect(await messages(observer, "other")).toContain("kept");
		await observer.close();
		expect(readdirSync(observers.folder)).toEqual(["other.log"]);
	});

	it("removes the files that an earlier host left", async () => {
		const first = observers.open();
		run(first, "x\n");
		await first.close();
		await observers.open().remove("echo");
		expect(readdirSync(observers.folder)).toEqual([]);
	});

	it("is not undone by an invocation that still runs", async () => {
		const observer = observers.open();
		const log = observer.begin(startOf());
		log.output(1, bytes("before\n"));
		await observer.remove("echo");
		log.output(1, bytes("after\n"));
		log.finish(usageOf(), null);
		expect(decode(log.tail())).toContain("after\nEND");
		// Longer than lines are gathered for.
		await new Promise((resolve) => setTimeout(resolve, 60));
		expect(existsSync(join(observers.folder, "echo.log"))).toBe(false);
		expect(observer.stats("echo").invocations).toBe(0);
	});

	it("takes nothing from a function that is created again at once", async () => {
		const observer = observers.open();
		const old = observer.begin(startOf());
		old.output(1, bytes("old\n"));
		const removed = observer.remove("echo");
		// So much that it is written at once.
		run(observer, `new\n${"x".repeat(100_000)}\n`.repeat(5), { requestId: "id-2" });
		old.output(1, bytes("old too\n"));
		old.finish(usageOf(), null);
		await removed;
		expect((await messages(observer, "echo")).slice(0, 2)).toEqual(["START RequestId: id-2 Version: $LATEST", "new"]);
		expect(observer.stats("echo").invocations).toBe(1);
	});
});
