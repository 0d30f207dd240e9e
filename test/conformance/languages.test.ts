/** Event guests of every toolchain: each does what its language promises, on one instance, call after call. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FunctionSpec } from "../../host/engine/types.ts";
import { answer, CONTEXT, type TestEngine, testEngine } from "../support/engine.ts";
import { guestCode, guestFolders, hasGuest } from "../support/toolchains.ts";
import { describedContext, EVENT_GUESTS, HTTP_GUESTS, TEXT, type Word } from "./languages.ts";

let test: TestEngine;
let folder: string;

beforeAll(async () => {
	test = await testEngine();
	folder = mkdtempSync(join(tmpdir(), "pilot-languages-"));
	writeFileSync(join(folder, "file.txt"), TEXT);
});
afterAll(async () => {
	await test.close();
	rmSync(folder, { recursive: true, force: true });
});

it("every guest has its line in the table", () => {
	expect(guestFolders("event")).toEqual(Object.keys(EVENT_GUESTS));
	const others = ["rust-http"];
	expect(guestFolders("http")).toEqual([...Object.keys(HTTP_GUESTS), ...others].sort());
});

/**
 * componentize-js 0.22 never frees what the host gives it (34 KB a call with 10 KB), and componentize-py 0.25 keeps each
 * event. Under jco their memories grow by the same.
 */
const LEAKS = new Set(["starlingmonkey-event", "python-event"]);

/** Building one with its toolchain takes most of a minute on a small machine. */
const BUILD_TIMEOUT = 300_000;

describe.each(Object.entries(EVENT_GUESTS).filter(([name]) => hasGuest(name)))("%s", (name, words) => {
	let spec: FunctionSpec;
	const knows = (...wanted: Word[]) => it.skipIf(!wanted.every((word) => words.includes(word)));

	beforeAll(async () => {
		const mounts = [{ host: folder, guest: "/mnt/files", readOnly: true }];
		const settings = { maxInstances: 1, env: { NAME: TEXT, EMPTY: "" }, mounts, memoryBytes: 256 * 2 ** 20 };
		spec = await test.spec(await guestCode(name), settings);
	}, BUILD_TIMEOUT);

	async function say(event: string | Uint8Array): Promise<string> {
		return answer(await test.invoke(spec, event));
	}

	knows("echo")("gives bytes back as they are, none to 5 MB", async () => {
		const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
		for (const bytes of [all, Buffer.alloc(0), Buffer.alloc(5_000_000, "xyz"), Buffer.from(TEXT)]) {
			const outcome = await test.invoke(spec, Buffer.concat([Buffer.from("echo "), bytes]));
			expect(outcome.ok && Buffer.compare(outcome.payload, bytes)).toBe(0);
		}
	});

	knows("context")("is told its context", async () => {
		expect(await say("context")).toBe(describedContext({}));
		const optional = { clientContext: `{"a":"${TEXT}"}`, tenantId: "blue", traceId: "" };
		const payload = { kind: "event" as const, event: Buffer.from("context"), context: { ...CONTEXT, ...optional } };
		expect(answer(await test.invoke(spec, "", { payload }))).toBe(describedContext(optional));
	});

	knows("fail")("reports a failure and serves on", async () => {
		const outcome = await test.invoke(spec, `fail ${TEXT}`);
		const stackTrace = ["at one", "at two"];
		expect(outcome).toMatchObject({
			failure: { kind: "handled", errorType: "Sample", errorMessage: TEXT, stackTrace },
		});
		expect(await say("echo on")).toBe("on");
	});

	knows("count", "trap")("keeps its state from call to call, and loses it with a trap", async () => {
		const before = Number(await say("count"));
		expect(Number(await say("count"))).toBe(before + 1);
		expect(await test.invoke(spec, "trap")).toMatchObject({ failure: { kind: "crash" } });
		expect(await say("count")).toBe("1");
	});

	knows("env")("has its environment and no other", async () => {
		expect([await say("env NAME"), await say("env EMPTY"), await say("env PATH")]).toEqual([TEXT, "", "-"]);
	});

	knows("say")("writes to the log", async () => {
		const outcome = await test.invoke(spec, `say ${TEXT}`);
		expect(answer(outcome)).toBe("said");
		expect(outcome.log).toContain(`out ${TEXT}\n`);
		expect(outcome.log).toContain(`err ${TEXT}\n`);
	});

	knows("read")("reads the files of its mounts, and no others", async () => {
		expect(await say("read /mnt/files/file.txt")).toBe(TEXT);
		for (const path of ["/mnt/files/none", "/etc/hostname", "/mnt/files/../../etc/hostname"])
			expect(await say(`read ${path}`)).toBe("-");
	});

	knows("time")("has clocks", async () => {
		expect(await say("time")).toBe("true");
	});

	it.skipIf(LEAKS.has(name))("serves many calls on one instance, with memory that stays as it is", async () => {
		const text = "x".repeat(10_000);
		const used = async () => {
			for (let i = 0; i < 200; i++) expect((await say(`echo ${text}`)).length).toBe(text.length);
			return (await test.invoke(spec, "count")).usage.memoryBytes;
		};
		await used();
		const before = await used();
		expect(await used()).toBe(before);
	});

	it("is as new for each call where it is kept to one request", async () => {
		const settings = { maxInstances: 1, memoryBytes: 256 * 2 ** 20, isolation: "request" } as const;
		const isolated = await test.spec(await guestCode(name), settings);
		for (let i = 0; i < 3; i++) expect(answer(await test.invoke(isolated, "count"))).toBe("1");
	});
});
