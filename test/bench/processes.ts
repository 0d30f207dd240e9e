/** Processes that a run starts: each on a core of its own, all of them ended with the run. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { availableParallelism } from "node:os";

/** The server under test has this core, with all its threads; the load generator the other. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

const children = new Set<ChildProcess>();

/** What the machine's user has set has no say. */
function environment(more: Record<string, string>): NodeJS.ProcessEnv {
	const own = Object.entries(process.env).filter(([name]) => !/^(PILOT_|NODE_OPTIONS)/.test(name));
	return { ...Object.fromEntries(own), ...more };
}

export interface StartOptions {
	/** Null leaves the choice to the kernel. */
	core: number | null;
	env?: Record<string, string>;
	input?: string;
	/** With a channel for messages to it. */
	ipc?: boolean;
}

/** Starts a program, pinned to its core where the machine has two of them, and `taskset`. Its errors are shown. */
export function start(command: readonly string[], { core, env = {}, input, ipc = false }: StartOptions): ChildProcess {
	const canPin = process.platform === "linux" && availableParallelism() > 1 && core !== null;
	const [program, ...args] = canPin ? ["taskset", "-c", String(core), ...command] : command;
	const child = spawn(program!, args, {
		env: environment(env),
		stdio: ["pipe", "pipe", "inherit", ...(ipc ? ["ipc" as const] : [])],
	});
	children.add(child);
	child.once("exit", () => children.delete(child));
	child.stdin!.on("error", () => {});
	child.stdin!.end(input);
	return child;
}

/** Resolves with the first whole line that the program writes; rejects if it ends before. What follows is thrown away. */
export async function firstLine(child: ChildProcess): Promise<string> {
	let text = "";
	for await (const chunk of child.stdout!.iterator({ destroyOnReturn: false })) {
		text += String(chunk);
		if (text.includes("\n")) break;
	}
	child.stdout!.resume();
	if (!text.includes("\n")) throw new Error(`${child.spawnargs.join(" ")} ended before it was ready: ${text}`);
	return text.slice(0, text.indexOf("\n"));
}

/** Runs a program to its end. Rejects if it failed. */
export async function output(command: readonly string[], options: StartOptions): Promise<string> {
	const child = start(command, options);
	const chunks: Buffer[] = [];
	child.stdout!.on("data", (chunk: Buffer) => chunks.push(chunk));
	const [code, signal] = await once(child, "close");
	if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code ?? signal}`);
	return Buffer.concat(chunks).toString();
}

export async function stop(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const ended = once(child, "exit");
	child.kill("SIGTERM");
	const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
	await ended;
	clearTimeout(timer);
}

export async function stopAll(): Promise<void> {
	await Promise.all([...children].map(stop));
}

/** A port that nobody has now. */
export async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	server.close();
	await once(server, "close");
	return port;
}

/** Resident memory of a process and all that it started, bytes (Linux; elsewhere NaN). */
export function residentBytes(pid: number): number {
	if (process.platform !== "linux") return Number.NaN;
	return [pid, ...descendants(pid)].reduce((sum, it) => sum + residentOf(it), 0);
}

function residentOf(pid: number): number {
	try {
		return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
	} catch {
		return 0;
	}
}

/** Time that a process and all that it started held a core, ms (Linux; elsewhere NaN). */
export function cpuMs(pid: number): number {
	if (process.platform !== "linux") return Number.NaN;
	return [pid, ...descendants(pid)].reduce((sum, it) => sum + cpuOf(it), 0);
}

/** Clock ticks of user and system time, 10 ms each: the kernel's USER_HZ is 100 everywhere. */
function cpuOf(pid: number): number {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		return 10 * (Number(fields[11]) + Number(fields[12]));
	} catch {
		return 0;
	}
}

function descendants(pid: number): number[] {
	const parents = new Map<number, number>();
	for (const name of readdirSync("/proc").filter((it) => /^\d+$/.test(it))) {
		try {
			const stat = readFileSync(`/proc/${name}/stat`, "utf8");
			// The name in parentheses may hold anything; the parent is the second field after it.
			parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
		} catch {
			// It ended meanwhile.
		}
	}
	const found = [pid];
	for (const parent of found) for (const [child, its] of parents) if (its === parent) found.push(child);
	return found.slice(1);
}

/** From now on the most memory that a process had resident, bytes, whenever it is asked (Linux; elsewhere NaN). */
export function peakOf(pid: number): () => number {
	if (process.platform !== "linux") return () => Number.NaN;
	// The kernel begins anew (proc(5), clear_refs).
	writeFileSync(`/proc/${pid}/clear_refs`, "5");
	return () => 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN);
}
