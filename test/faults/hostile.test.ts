/** Every hostile guest behind its function URL, alone and all at once: a neighbour is served, and nothing is left over. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { FailureKind } from "../../host/engine/types.ts";
import { guest, guestNames } from "../support/guests.ts";
import { FAILURES, HARMLESS, REFUSED } from "../support/hostile.ts";
import { type ChildHost, sleep, workplace } from "./child-host.ts";
import { call, type Lambda, lambda } from "./lambda.ts";

/** What REPORT says at its end of an invocation of a guest that fails so. */
const STATUS_OF: Partial<Record<FailureKind, string>> = {
	timeout: "Status: timeout",
	memory: "Status: error\tError Type: Runtime.OutOfMemory",
	crash: "Status: error\tError Type: Runtime.ExitError",
	exit: "Status: error\tError Type: Runtime.ExitError",
	"response-too-large": "Status: error\tError Type: Function.ResponseSizeTooLarge",
	// The guest said so itself: a regular end.
	handled: "",
};
const REFUSED_NAMES = Object.keys(REFUSED);
const NAMES = Object.keys(FAILURES);
const statusOf = (name: string) => STATUS_OF[FAILURES[name]!.kind];

let place: ReturnType<typeof workplace>;
let host: ChildHost;
let api: Lambda;

beforeAll(async () => {
	place = workplace();
	host = await place.boot();
	api = lambda(host.apiUrl);
	await api.deploy("neighbour", "echo");
	await api.createUrl("neighbour");
	for (const name of NAMES) {
		await api.deploy(name, name, { Timeout: 3 });
		await api.createUrl(name);
	}
}, 60_000);
afterAll(() => place.clear());

/** Asks the neighbour, by URL and by API, until `done` resolves; gives how often it answered. */
async function neighbourMeanwhile(done: Promise<unknown>): Promise<number> {
	let over = false;
	const end = (): void => {
		over = true;
	};
	done.then(end, end);
	let answers = 0;
	do {
		const [url, invoked] = await Promise.all([
			call(host.urlPortUrl, "GET", "/neighbour/"),
			api.invoke("neighbour", `[${answers}]`),
		]);
		expect([url.status, invoked.status, invoked.text]).toEqual([200, 200, `[${answers}]`]);
		answers++;
	} while (!over);
	return answers;
}

const throughUrl = (name: string) => call(host.urlPortUrl, "GET", `/${name}/`);

async function reports(name: string): Promise<string[]> {
	return (await api.logs(name)).text.split("\n").filter((line) => line.includes("\tREPORT RequestId: "));
}

async function nothingRuns(): Promise<void> {
	await vi.waitFor(async () => expect((await api.status()).json.engine.busy).toBe(0), { timeout: 60_000 });
}

it("every guest of the folder is in one of the lists", () => {
	expect(guestNames().sort()).toEqual([...NAMES, ...REFUSED_NAMES, ...HARMLESS].sort());
});

describe("hostile guests", () => {
	it("are refused at the deploy, where initialisation is what is hostile, and leave nothing", async () => {
		const deploys = Promise.all(REFUSED_NAMES.map(async (name) => api.create(name, await guest(name))));
		expect(await neighbourMeanwhile(deploys)).toBeGreaterThan(1);
		expect((await deploys).map((it) => it.status)).toEqual(REFUSED_NAMES.map(() => 400));
		expect((await Promise.all(REFUSED_NAMES.map((it) => api.get(it)))).map((it) => it.status)).toEqual(
			REFUSED_NAMES.map(() => 404),
		);
		await nothingRuns();
	}, 60_000);

	it("all at once, three callers each, leave a neighbour its turns; each caller gets 502", async () => {
		const calls = Promise.all(NAMES.flatMap((name) => [name, name, name]).map(throughUrl));
		expect(await neighbourMeanwhile(calls)).toBeGreaterThan(1);
		expect(new Set((await calls).map((it) => it.status))).toEqual(new Set([502]));
		await nothingRuns();
	}, 60_000);

	it("have what they did in REPORT: one line an invocation, with its status", async () => {
		for (const name of NAMES) {
			await vi.waitFor(async () => expect(await reports(name)).toHaveLength(3), { timeout: 10_000 });
			for (const line of await reports(name)) {
				expect(line).toMatch(
					/\tREPORT RequestId: [0-9a-f-]{36}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\t/,
				);
				expect(line).toMatch(/\tFuel Used: \d+\t/);
				expect([name, line.split(/\tFuel Used: \d+\t/)[1]]).toEqual([name, statusOf(name)]);
			}
		}
	}, 60_000);

	it("that flood their log do not fill the disk or the memory: what was dropped is counted", async () => {
		const { text } = await api.logs("flood-stderr");
		expect(text).toMatch(/dropped/);
		expect(text.length).toBeLessThan(40_000_000);
	});

	it("leave nothing behind, however often they run: no handles, no listeners, no memory", async () => {
		const quick = NAMES.filter((name) => FAILURES[name]!.kind !== "timeout");
		const round = async (): Promise<void> => {
			await Promise.all(quick.flatMap((name) => [throughUrl(name), throughUrl(name)]));
			const gone = new AbortController();
			const cancelled = ["loop", "flood-stderr", "grow"].map((name) =>
				call(host.urlPortUrl, "GET", `/${name}/`, { signal: gone.signal }).catch(() => null),
			);
			await sleep(50);
			gone.abort();
			await Promise.all(cancelled);
			await nothingRuns();
		};
		for (let count = 0; count < 3; count++) await round();
		const before = await settled();
		for (let count = 0; count < 10; count++) await round();
		const after = await settled();
		expect(after.listeners).toBe(before.listeners);
		expect(after.resources).toEqual(before.resources);
		expect(after.timers).toBeLessThan(before.timers + 20);
		expect(after.heapUsed + after.external).toBeLessThan(before.heapUsed + before.external + 8_000_000);
		expect([host.child.exitCode, host.output.stderr]).toEqual([null, ""]);
	}, 60_000);
});

/** What the host holds once logs are written. Connections are the test's own, and have timers. */
async function settled() {
	await sleep(500);
	const { resources, ...rest } = await host.look();
	const { TCPSocketWrap: connections = 0, Timeout: timers = 0, FSReqPromise: _writes, ...others } = resources;
	return { ...rest, resources: others, timers: timers - connections };
}
