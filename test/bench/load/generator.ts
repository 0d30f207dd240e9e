/**
 * The load generator: a process of its own on a core of its own. `generator.ts` reads a `LoadPlan` from standard input and
 * prints a `LoadResult`. Keep-alive connections, no pipelining. A request costs it two system calls and little else: one
 * buffer a connection, and an answer that is as long as the first one, with its status and its body, is not parsed again.
 */
import { connect, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { AnswerReader } from "./answer.ts";
import type { LoadPlan, LoadResult } from "./plan.ts";

const plan = JSON.parse(await text(process.stdin)) as LoadPlan;
const requests = plan.targets.map(({ host, path }) => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`));

let latencies = new Float64Array(1 << 16);
let answered = 0;
let failed = 0;
let failure: string | null = null;
let running = true;

function record(latency: number): void {
	if (answered === latencies.length) {
		const larger = new Float64Array(latencies.length * 2);
		larger.set(latencies);
		latencies = larger;
	}
	latencies[answered++] = latency;
}

function fail(what: string): void {
	failed++;
	failure ??= what;
}

/** xorshift: the same requests in every run. */
let state = 0x9e3779b9;
function anyRequest(): Buffer {
	if (requests.length === 1) return requests[0]!;
	state ^= state << 13;
	state ^= state >>> 17;
	state ^= state << 5;
	return requests[(state >>> 0) % requests.length]!;
}

class Client {
	private readonly reader = new AnswerReader(plan.body);
	private readonly buffer = Buffer.allocUnsafeSlow(65_536);
	private due = 0;
	private waiting = false;
	private socket: Socket;
	readonly closed: Promise<void>;
	readonly opened: Promise<void>;
	private readonly onFree: (client: Client) => void;

	constructor(onFree: (client: Client) => void) {
		this.onFree = onFree;
		const opened = Promise.withResolvers<void>();
		const closed = Promise.withResolvers<void>();
		this.opened = opened.promise;
		this.closed = closed.promise;
		const onread = { buffer: this.buffer, callback: (length: number) => this.read(length) };
		this.socket = connect({ port: plan.port, host: "127.0.0.1", onread });
		this.socket.setNoDelay(true);
		this.socket.once("connect", () => opened.resolve());
		this.socket.on("error", (error) => this.broke(error.message));
		this.socket.on("close", () => {
			this.broke("closed");
			opened.resolve();
			closed.resolve();
		});
	}

	private broke(why: string): void {
		if (this.waiting && running) fail(`the connection broke: ${why}`);
		this.waiting = false;
	}

	/** `due` is when the request should have gone out. */
	send(due: number): void {
		this.due = due;
		this.waiting = true;
		this.socket.write(anyRequest());
	}

	private read(length: number): boolean {
		const problem = this.reader.take(this.buffer, length);
		if (problem === undefined) return true;
		const now = performance.now();
		this.waiting = false;
		if (problem === null) record(now - this.due);
		else fail(problem);
		if (this.reader.keepsOpen) this.onFree(this);
		else this.end();
		return true;
	}

	ended = false;
	end(): void {
		this.ended = true;
		this.waiting = false;
		this.socket.destroy();
	}
}

let left = plan.requests ?? Number.POSITIVE_INFINITY;
const over = Promise.withResolvers<void>();

/** Each connection sends the next when it has its answer. */
function closedLoop(client: Client): void {
	if (running && left-- > 0) return client.send(performance.now());
	client.end();
	if (clients.every((it) => it.ended)) over.resolve();
}

const free: Client[] = [];
const clients = Array.from({ length: plan.connections }, () => {
	return new Client(plan.rate === null ? closedLoop : (client) => free.push(client));
});
await Promise.all(clients.map((it) => it.opened));

const started = performance.now();
const idle = performance.eventLoopUtilization();
let busy = 0;
if (plan.rate === null) for (const client of clients) closedLoop(client);
else free.push(...clients);
const end = started + plan.seconds * 1000;

/**
 * Sends what is due. A request that finds no connection free goes out late, and its latency counts from when it was due:
 * what a stalled server did to it does not get lost. It never sleeps, since a timer would be up to 1 ms late.
 */
function openLoop(sent: number): void {
	const now = performance.now();
	let next = sent;
	const interval = 1000 / plan.rate!;
	while (started + next * interval <= now && free.length > 0) free.pop()!.send(started + next++ * interval);
	if (now < end) setImmediate(openLoop, next);
}
if (plan.rate !== null) openLoop(0);

await Promise.race([over.promise, sleep(plan.seconds * 1000)]);
running = false;
busy = performance.eventLoopUtilization(idle).utilization;
const elapsed = (performance.now() - started) / 1000;
// What is on its way still counts, but for what never comes.
await sleep(plan.rate === null ? 50 : 200);
for (const client of clients) client.end();
await Promise.all(clients.map((it) => it.closed));

const sorted = latencies.subarray(0, answered).sort();
const at = (share: number): number => sorted[Math.min(answered - 1, Math.floor(answered * share))] ?? Number.NaN;
const result: LoadResult = {
	perSecond: answered / elapsed,
	p50: at(0.5),
	p99: at(0.99),
	failed,
	failure,
	busy: plan.rate === null ? busy : 0,
};
console.log(JSON.stringify(result));
process.exit();
