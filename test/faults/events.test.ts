/**
 * Events that were accepted before kill -9. Each function has a destination that fails and waits an hour for its retry: its
 * queued events are what was delivered, on disk, and are read when all hosts have ended.
 */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openSqliteStore } from "../../host/store/sqlite.ts";
import { randomFrom, sleep, workplace } from "./child-host.ts";
import { arnOf, type Lambda, lambda } from "./lambda.ts";

const SINK = "sink";
/** A failed event comes again after an hour. */
const env = { PILOT_ASYNC_BACKOFF_MS: "3600000" };

let place: ReturnType<typeof workplace>;
beforeEach(() => {
	place = workplace();
});
afterEach(() => place.clear());

const boot = () => place.boot({ env });

/** A function whose every success is an event of the sink. */
async function deployRecorded(api: Lambda, name: string): Promise<void> {
	await api.deploy(name, "ok");
	const settings = { MaximumRetryAttempts: 0, DestinationConfig: { OnSuccess: { Destination: arnOf(SINK) } } };
	expect((await api.putEventInvoke(name, settings)).status).toBe(200);
}

interface Delivered {
	requestContext: { requestId: string; functionArn: string };
	// biome-ignore lint/suspicious/noExplicitAny: the event of any source.
	requestPayload: any;
}

/** What reached the sink; the host must have ended. */
async function delivered(): Promise<{ records: Delivered[]; others: string[] }> {
	const store = await openSqliteStore(place.data);
	const queued = await store.queue.due(Number.MAX_SAFE_INTEGER, 1_000_000, new Set());
	await store.close();
	const records = queued.filter((it) => it.functionName === SINK);
	const others = queued.filter((it) => it.functionName !== SINK).map((it) => it.functionName);
	return { records: records.map(({ payload }) => JSON.parse(Buffer.from(payload).toString())), others };
}

/** Lets hosts deliver the rest, and end in order, until so much has reached the sink or a few had their chance. */
async function deliverRest(wanted: number): Promise<Delivered[]> {
	for (let round = 0; ; round++) {
		const host = await boot();
		await sleep(1000);
		host.child.kill("SIGTERM");
		expect((await host.ended).code).toBe(0);
		const { records, others } = await delivered();
		const complete = others.length === 0 && records.length >= wanted;
		if (!complete && round < 8) continue;
		expect(others).toEqual([]);
		return records;
	}
}

it("every invocation that was answered with 202 is delivered, each success to its destination exactly once", async () => {
	const random = randomFrom(41);
	const accepted: { id: string; n: number }[] = [];
	let sent = 0;
	let host = await boot();
	await lambda(host.apiUrl).deploy(SINK, "fail");
	await deployRecorded(lambda(host.apiUrl), "f");
	for (let round = 0; round < 6; round++) {
		const api = lambda(host.apiUrl);
		const enough = accepted.length + 20 + Math.floor(random() * 80);
		const lane = async (): Promise<void> => {
			for (;;) {
				const n = sent++;
				const answer = await api.invokeLater("f", { n }).catch(() => null);
				if (answer === null) return;
				expect(answer.status).toBe(202);
				accepted.push({ id: answer.headers.get("x-amzn-requestid")!, n });
			}
		};
		const lanes = Promise.all([lane(), lane(), lane(), lane()]);
		await vi.waitFor(() => expect(accepted.length).toBeGreaterThanOrEqual(enough), { timeout: 60_000, interval: 2 });
		await sleep(random() * 10);
		await host.kill();
		await lanes;
		host = await boot();
	}
	await host.kill();
	const records = await deliverRest(accepted.length);
	const ids = records.map((it) => it.requestContext.requestId);
	expect(new Set(ids).size).toBe(ids.length);
	const numbers = new Map(records.map((it) => [it.requestContext.requestId, it.requestPayload.n]));
	expect(accepted.filter(({ id, n }) => numbers.get(id) !== n)).toEqual([]);
	expect(records.length).toBeLessThanOrEqual(sent);
}, 180_000);

it("every file of a bucket that is complete gets its event, also one that came while no host ran", async () => {
	const random = randomFrom(42);
	const folder = join(place.folder, "bucket");
	await mkdir(folder);
	let host = await boot();
	const api = lambda(host.apiUrl);
	await api.deploy(SINK, "fail");
	await deployRecorded(api, "f");
	const settings = { bucket: "docs", folder, settleMs: 10, rescanMs: 500 };
	expect((await api.addTrigger({ kind: "bucket", functionName: "f", settings })).status).toBe(201);

	const files: string[] = [];
	const put = async (): Promise<void> => {
		const name = `file-${files.length}`;
		files.push(name);
		// In place, or written elsewhere and moved there.
		const inPlace = random() < 0.5;
		await writeFile(join(inPlace ? folder : place.folder, name), name);
		if (!inPlace) await rename(join(place.folder, name), join(folder, name));
	};
	for (let round = 0; round < 5; round++) {
		for (let count = Math.floor(random() * 30); count > 0; count--) await put();
		await sleep(random() * 150);
		await host.kill();
		await put();
		host = await boot();
	}
	await host.kill();
	const records = await deliverRest(files.length);
	const keys = records.map((it) => it.requestPayload.Records[0].s3.object.key as string);
	expect(keys.toSorted()).toEqual(files.toSorted());
}, 180_000);

it("a tick that fell due while no host ran fires once, however often the next hosts are killed", async () => {
	const random = randomFrom(43);
	let host = await boot();
	const api = lambda(host.apiUrl);
	await api.deploy(SINK, "fail");
	await deployRecorded(api, "f");
	// Once a day, so that none falls due during the test but by the clock that is set below.
	const settings = { expression: "cron(0 0 * * ? *)", input: { tick: true } };
	const { id } = (await api.addTrigger({ kind: "schedule", functionName: "f", settings })).json;
	const rounds = 4;
	for (let round = 0; round < rounds; round++) {
		await host.kill();
		const store = await openSqliteStore(place.data);
		// The host was away for three days: three ticks, the last of which counts.
		await store.triggers.advance(id, "tick", String(Date.now() - 3 * 86_400_000 + round));
		await store.close();
		const starting = place.spawn({ env });
		await sleep(300 + random() * 500);
		await starting.kill();
		host = await boot();
		await sleep(100 + random() * 100);
	}
	await host.kill();
	const records = await deliverRest(rounds);
	expect(records.map((it) => it.requestPayload)).toEqual(Array.from({ length: rounds }, () => ({ tick: true })));
}, 180_000);
