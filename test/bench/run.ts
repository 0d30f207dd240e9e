/**
 * `npm run bench`: requests a second of the host and of its peers in one run. Rounds are interleaved, figures are medians;
 * the server has one core and the load generator another. Read the ratios: the machine is shared.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "../../host/cli/build/index.ts";
import { readProject } from "../../host/cli/build/project.ts";
import { guest } from "../support/guests.ts";
import { findWasmtime } from "../support/wasmtime.ts";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
const CONNECTIONS = 32;
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const folder = mkdtempSync(join(tmpdir(), "pilot-bench-"));

interface Subject {
	name: string;
	port: number;
	hostHeader: string;
	path: string;
}

interface Figures {
	perSecond: number;
	p50: number;
	p99: number;
	failed: number;
}

const servers: ChildProcess[] = [];

/** Pins a command to a core, where the machine has two and `taskset`. */
function pinned(core: number, command: string[]): ChildProcess {
	const whole =
		availableParallelism() > 1 && process.platform === "linux" ? ["taskset", "-c", String(core), ...command] : command;
	return spawn(whole[0]!, whole.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
}

async function startServer(command: string[], ready: (text: string) => boolean): Promise<void> {
	const child = pinned(0, command);
	servers.push(child);
	for await (const chunk of child.stdout!) if (ready(String(chunk))) break;
	child.stdout!.resume();
}

/** A port that nobody has now. */
async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	server.close();
	await once(server, "close");
	return port;
}

async function waitFor(port: number): Promise<void> {
	for (let i = 0; i < 100; i++) {
		try {
			await fetch(`http://127.0.0.1:${port}/`);
			return;
		} catch {
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}
	throw new Error(`nothing answers on port ${port}`);
}

async function measure({ port, hostHeader, path }: Subject): Promise<Figures> {
	const script = join(here, "load.ts");
	const child = pinned(1, [
		process.execPath,
		script,
		"127.0.0.1",
		String(port),
		hostHeader,
		path,
		String(SECONDS),
		String(CONNECTIONS),
	]);
	let text = "";
	child.stdout!.on("data", (chunk) => {
		text += chunk;
	});
	await once(child, "close");
	return JSON.parse(text) as Figures;
}

async function start(): Promise<Subject[]> {
	const rust = process.env.BENCH_RUST ?? join(root, "test/guests/rust-http/rust-http.wasm");
	const echo = join(folder, "ok.wasm");
	writeFileSync(echo, await guest("ok"));
	const hello = (await build(readProject(join(root, "components/hello")))).path;
	const [honoPort, hostPort] = [await freePort(), await freePort()];
	const says = (text: string): boolean => text.includes("ready");
	await startServer([process.execPath, join(here, "hono.ts"), String(honoPort)], says);
	const guests = [`rust=${rust}`, `wat=${echo}`, `hello=${hello}`];
	await startServer([process.execPath, join(here, "host.ts"), String(hostPort), join(folder, "data"), ...guests], says);
	const subjects: Subject[] = [
		{ name: "bare Hono", port: honoPort, hostHeader: "localhost", path: "/" },
		{ name: "Pilotlight, wasi:http (Rust)", port: hostPort, hostHeader: "rust.localhost", path: "/" },
		{ name: "Pilotlight, handler (text format)", port: hostPort, hostHeader: "wat.localhost", path: "/" },
		{ name: "Pilotlight, handler (TypeScript on QuickJS)", port: hostPort, hostHeader: "hello.localhost", path: "/" },
	];
	const wasmtime = findWasmtime();
	if (wasmtime === null) console.log("wasmtime is not here (npm test installs it): its rows are left out");
	else subjects.push(...(await startWasmtime(wasmtime, rust)));
	return subjects;
}

async function startWasmtime(wasmtime: string, rust: string): Promise<Subject[]> {
	const subjects: Subject[] = [];
	for (const more of [[], ["--max-instance-reuse-count", "1000"]]) {
		const port = await freePort();
		servers.push(pinned(0, [wasmtime, "serve", "-Scli", "--addr", `127.0.0.1:${port}`, ...more, rust]));
		await waitFor(port);
		subjects.push({
			name: `wasmtime serve${more.length > 0 ? ", 1,000 reuses" : ""} (Rust)`,
			port,
			hostHeader: "localhost",
			path: "/",
		});
	}
	return subjects;
}

function median(values: number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function table(rows: { name: string; rounds: Figures[] }[]): string {
	const base = median(rows[0]!.rounds.map((it) => it.perSecond));
	const lines = rows.map(({ name, rounds }) => {
		const rate = median(rounds.map((it) => it.perSecond));
		const p50 = median(rounds.map((it) => it.p50));
		const p99 = median(rounds.map((it) => it.p99));
		const failed = rounds.reduce((sum, it) => sum + it.failed, 0);
		return `| ${name} | ${Math.round(rate)} | ${(rate / base).toFixed(2)} | ${p50.toFixed(2)} | ${p99.toFixed(2)} | ${failed} |`;
	});
	return [
		"| server, one core | requests/s | of bare Hono | p50, ms | p99, ms | failed |",
		"|---|---|---|---|---|---|",
		...lines,
	].join("\n");
}

try {
	const rows = (await start()).map((subject) => ({ subject, name: subject.name, rounds: [] as Figures[] }));
	for (let round = 0; round <= ROUNDS; round++) {
		for (const row of rows) {
			process.stderr.write(`\rround ${round} of ${ROUNDS}: ${row.name.padEnd(50)}`);
			const figures = await measure(row.subject);
			// The first round warms up.
			if (round > 0) row.rounds.push(figures);
		}
	}
	process.stderr.write(`\r${" ".repeat(80)}\r`);
	console.log(table(rows));
} finally {
	for (const server of servers) server.kill("SIGTERM");
	await Promise.all(servers.map((it) => (it.exitCode === null ? once(it, "exit") : undefined)));
	rmSync(folder, { recursive: true, force: true });
}
