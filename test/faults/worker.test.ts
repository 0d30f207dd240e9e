/** Workers that die, stop, or get stuck, under load: their callers are told, others notice nothing, and counts are right afterwards. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { guest } from "../support/guests.ts";
import { type ChildHost, type Options, sleep, workplace } from "./child-host.ts";
import { DEBUGGABLE, runInside } from "./inspector.ts";
import { type Lambda, lambda } from "./lambda.ts";
import { open, request } from "./sockets.ts";

// Each case starts processes: seconds, more where other tests run beside it.
vi.setConfig({ testTimeout: 180_000 });

const WAIT = { timeout: 60_000, interval: 50 };
/** Long after a test's end. */
const LONG = { Timeout: 600 };

interface WorkerView {
	slot: number;
	pid: number;
	running: number;
	busy: number;
	permits: number;
}

let place: ReturnType<typeof workplace>;
let host: ChildHost;
let api: Lambda;
beforeEach(() => {
	place = workplace();
});
afterEach(() => place.clear());

async function boot({ env, ...options }: Options = {}): Promise<void> {
	host = await place.boot({ ...options, env: { PILOT_WORKERS: "2", ...env } });
	api = lambda(host.apiUrl);
}

async function workers(): Promise<WorkerView[]> {
	return (await api.status()).json.workers;
}

/** Two workers, none of them one of `gone`; nothing runs, and no permit is lost. */
async function expectWhole(gone: readonly number[], concurrency = 1000): Promise<void> {
	await vi.waitFor(async () => {
		const now = await workers();
		expect(now.map(({ slot }) => slot).sort()).toEqual([0, 1]);
		expect(now.filter(({ pid }) => gone.includes(pid))).toEqual([]);
		expect(now.map(({ running, busy }) => [running, busy])).toEqual([
			[0, 0],
			[0, 0],
		]);
		expect(now.reduce((sum, { permits }) => sum + permits, 0)).toBeLessThanOrEqual(concurrency);
	}, WAIT);
}

function isAlive(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch {
		return false;
	}
}

/** Callers of a function URL, each request on a connection of its own, until they are told to end. */
function callers(count: number, path: string) {
	let over = false;
	const seen = { answered: 0, cut: 0, wrong: [] as string[] };
	async function one(): Promise<void> {
		while (!over) {
			const { socket, received, closed } = await open(host.urlPortUrl);
			socket.write(request("GET", path, { connection: "close" }));
			await closed;
			if (received() === "") seen.cut++;
			else if (received().startsWith("HTTP/1.1 200 ")) seen.answered++;
			else seen.wrong.push(received());
		}
	}
	const ended = Promise.all(Array.from({ length: count }, one));
	return {
		seen,
		async more(answers: number): Promise<void> {
			const enough = seen.answered + answers;
			await vi.waitFor(() => expect(seen.answered).toBeGreaterThanOrEqual(enough), WAIT);
		},
		async end() {
			over = true;
			await ended;
			return seen;
		},
	};
}

/** Ways for a worker to fail. */
const FAULTS: [string, (pid: number) => void | Promise<void>, RegExp][] = [
	["killed", (pid) => void process.kill(pid, "SIGKILL"), /it ended by itself, SIGKILL/],
	["stopped", (pid) => void process.kill(pid, "SIGSTOP"), /it was stopped/],
	[
		"out of JavaScript heap",
		(pid) => runInside(host, pid, "globalThis.all = new Array(3e7).fill(1.5)"),
		/it ended by itself, SIG|it was stuck|it gave no sign of life/,
	],
	[
		"stuck in native code",
		(pid) => runInside(host, pid, "process.getBuiltinModule('crypto').pbkdf2Sync('a', 'b', 2 ** 31 - 1, 64, 'sha512')"),
		// On a machine that is busy it does not get the CPU that would show it.
		/it was stuck|it gave no sign of life/,
	],
];

describe.each(FAULTS)("a worker that is %s", (_, fail, why) => {
	beforeEach(() => boot({ env: { NODE_OPTIONS: `${DEBUGGABLE.NODE_OPTIONS} --max-old-space-size=120` } }));

	it("is replaced: its callers are told or cut off, all others are answered, counts are right", async () => {
		await api.deploy("ok", "ok");
		await api.createUrl("ok");
		const load = callers(8, "/ok/");
		await load.more(100);
		const [victim] = await workers();
		await fail(victim!.pid);
		await vi.waitFor(() => expect(host.output.stderr).toMatch(why), WAIT);
		await vi.waitFor(async () => expect((await workers()).map(({ pid }) => pid)).not.toContain(victim!.pid), WAIT);
		await load.more(200);
		const { cut, wrong } = await load.end();
		// At most one request of each caller was the dead worker's.
		expect(cut).toBeLessThanOrEqual(8);
		// A worker that handed a request over to it says so.
		for (const text of wrong)
			expect(text).toMatch(/^HTTP\/1\.1 502 [\s\S]*worker process that served the request ended/);
		await expectWhole([victim!.pid]);
		expect(isAlive(victim!.pid)).toBe(false);
	});
});

describe("kill -9 of a worker", () => {
	it("tells callers of the API what became of their invocation, and the function's log too", async () => {
		await boot();
		await api.deploy("loop", "loop", LONG);
		const away = new AbortController();
		const calls = Array.from({ length: 12 }, () =>
			fetch(`${host.apiUrl}/2015-03-31/functions/loop/invocations`, { method: "POST", signal: away.signal }).then(
				async (it) => ({ status: it.status, type: it.headers.get("x-amzn-errortype"), text: await it.text() }),
				(error: Error) => error.name,
			),
		);
		const busy = async () => (await workers()).reduce((sum, it) => sum + it.running, 0);
		await vi.waitFor(async () => expect(await busy()).toBe(12), WAIT);
		const [victim, other] = await workers();
		expect(victim!.running).toBeGreaterThan(0);
		process.kill(victim!.pid, "SIGKILL");
		await vi.waitFor(async () => expect((await workers()).map(({ pid }) => pid)).not.toContain(victim!.pid), WAIT);
		// What ran in the other one and came by it runs on.
		const left = (await workers()).find(({ pid }) => pid === other!.pid)!.running;
		away.abort();
		const answers = await Promise.all(calls);
		const told = answers.filter((it) => typeof it !== "string");
		for (const it of told) {
			expect([it.status, it.type]).toEqual([500, "ServiceException"]);
			expect(it.text).toMatch(/The worker process ended: it ended by itself, SIGKILL\. It was running request/);
		}
		expect(answers.filter((it) => it === "AbortError").length).toBeGreaterThanOrEqual(left);
		expect((await api.logs("loop")).text).toContain("Error: The worker process ended");
		await expectWhole([victim!.pid]);
	});

	it("gives its permits back: afterwards as many invocations run at once as before, and no more", async () => {
		await boot({ env: { PILOT_CONCURRENCY: "6" } });
		await api.deploy("loop", "loop", LONG);
		await api.createUrl("loop");
		const fill = async () => {
			const wires = await Promise.all(
				Array.from({ length: 12 }, async () => {
					const wire = await open(host.urlPortUrl);
					wire.socket.write(request("GET", "/loop/", { connection: "close" }));
					return wire;
				}),
			);
			await vi.waitFor(() => {
				const refused = wires.filter((it) => it.received().includes("429 "));
				expect(refused).toHaveLength(6);
			}, WAIT);
			const all = await workers();
			expect(all.reduce((sum, it) => sum + it.running, 0)).toBe(6);
			expect(all.reduce((sum, it) => sum + it.permits, 0)).toBe(6);
			return { end: () => wires.forEach(({ socket }) => void socket.destroy()) };
		};
		const first = await fill();
		const [victim] = await workers();
		process.kill(victim!.pid, "SIGKILL");
		await vi.waitFor(async () => expect((await workers()).map(({ pid }) => pid)).not.toContain(victim!.pid), WAIT);
		first.end();
		await expectWhole([victim!.pid], 6);
		(await fill()).end();
		await expectWhole([victim!.pid], 6);
	});

	it("again and again, before it has done anything, is answered with pauses, and all is well once it stops", async () => {
		await boot();
		const gone: number[] = [];
		for (let round = 0; round < 4; round++) {
			const pid = await vi.waitFor(async () => {
				const it = (await workers()).find(({ slot }) => slot === 1)!;
				expect(gone).not.toContain(it.pid);
				return it.pid;
			}, WAIT);
			gone.push(pid);
			process.kill(pid, "SIGKILL");
		}
		await vi.waitFor(() => expect(host.output.stderr).toMatch(/takes its place in \d+ ms/), WAIT);
		await expectWhole(gone);
	});
});

describe("control", () => {
	it("takes its workers along when it is killed: port and folder are free at once", async () => {
		await boot();
		await api.deploy("ok", "ok");
		const pids = (await workers()).map(({ pid }) => pid);
		await host.kill();
		await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), WAIT);
		const { port } = new URL(host.apiUrl);
		await boot({ args: ["--port", port, "--url-port", "0"] });
		expect(await api.invoke("ok")).toMatchObject({ status: 200, text: '"ok"' });
	});

	it("follows a second SIGTERM: what runs is ended, its callers are told, and the host ends with 0", async () => {
		await boot({ env: { PILOT_GRACE_MS: "600000" } });
		await api.deploy("loop", "loop", LONG);
		const answer = api.invoke("loop");
		await vi.waitFor(async () => expect((await api.status()).json.engine.busy).toBe(1), WAIT);
		host.child.kill("SIGTERM");
		await vi.waitFor(() => expect(fetch(`${host.apiUrl}/_pilot/api/status`)).rejects.toThrow(), WAIT);
		await sleep(400);
		host.child.kill("SIGTERM");
		expect((await answer).text).toContain("The host is stopping. Try again.");
		expect(await host.ended).toMatchObject({ code: 0, signal: null });
	});

	it("is followed by workers that get a terminal's Ctrl-C too: what runs finishes", async () => {
		await boot();
		await api.deploy("slow", "loop", { Timeout: 2 });
		const answer = api.invoke("slow");
		await vi.waitFor(async () => expect((await api.status()).json.engine.busy).toBe(1), WAIT);
		for (const pid of [...(await workers()).map((it) => it.pid), host.child.pid!]) process.kill(pid, "SIGINT");
		expect((await answer).text).toContain("Task timed out after 2.00 seconds");
		expect(await host.ended).toMatchObject({ code: 0, signal: null });
	});
});

describe("a change that was acknowledged", () => {
	it("holds for every request that begins afterwards, whichever worker gets it", async () => {
		await boot();
		await api.deploy("f", "echo");
		await api.createUrl("f");
		for (let round = 0; round < 8; round++) {
			const code = round % 2 === 0 ? "ok" : "echo";
			expect((await api.updateCode("f", await guest(code))).status).toBe(200);
			const answers = await Promise.all(
				Array.from({ length: 8 }, () =>
					fetch(`${host.urlPortUrl}/f/`, { headers: { connection: "close" } }).then((it) => it.text()),
				),
			);
			for (const text of answers) expect(text === '"ok"').toBe(code === "ok");
		}
		expect((await api.deleteUrl("f")).status).toBe(204);
		const after = await Promise.all(Array.from({ length: 8 }, () => fetch(`${host.urlPortUrl}/f/`)));
		expect(after.map(({ status }) => status)).toEqual(Array(8).fill(404));
	});
});

describe("the log of a function", () => {
	it("has the lines of all workers as soon as their callers have their answers, and who follows gets them", async () => {
		await boot();
		await api.deploy("f", "ok");
		await api.createUrl("f");
		const reader = await open(host.apiUrl);
		reader.socket.write(request("GET", "/_pilot/api/functions/f/logs?follow=1"));
		await vi.waitFor(() => expect(reader.received()).toContain("200 OK"), WAIT);
		// Enough at once for both workers to have some.
		const answers = await Promise.all(Array.from({ length: 200 }, () => fetch(`${host.urlPortUrl}/f/`)));
		const ids = answers.map((it) => it.headers.get("x-amzn-requestid")!).sort();
		const reports = (text: string) => [...text.matchAll(/REPORT RequestId: (\S+)/g)].map((it) => it[1]!).sort();
		expect(reports((await api.logs("f")).text)).toEqual(ids);
		// A chunk may begin in the middle of a line.
		const followed = () => reader.received().replace(/\r\n[0-9a-f]+\r\n/g, "");
		await vi.waitFor(() => expect(reports(followed())).toEqual(ids), WAIT);
		const { json } = await api.send("GET", "/_pilot/api/functions/f");
		expect([json.stats.invocations, json.stats.errors]).toEqual([200, 0]);
		const all = await workers();
		expect(all.length).toBe(2);
		reader.socket.destroy();
		expect((await api.delete("f")).status).toBe(204);
		await api.deploy("f", "ok");
		expect((await api.logs("f")).text).toBe("");
	});
});
