/** The host as its users run it: a process of its own, which may be killed. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { OPEN } from "../../host/cli/serve.ts";
import { WORKERS } from "../support/workers.ts";

const MAIN = fileURLToPath(new URL("../../host/cli/main.ts", import.meta.url));
const LOOK = fileURLToPath(new URL("look.ts", import.meta.url));

export interface Ended {
	code: number | null;
	signal: NodeJS.Signals | null;
	stdout: string;
	stderr: string;
}

/** What the process holds, as it says itself (`look.ts`). */
export interface Look {
	/** Resources that keep its event loop alive, how many of each type. */
	resources: Record<string, number>;
	/** After a garbage collection, bytes. */
	heapUsed: number;
	/** Of buffers, bytes. */
	external: number;
	/** Listeners of the process, and of what it listens with. */
	listeners: number;
}

export interface HostProcess {
	child: ChildProcess;
	/** What it wrote so far. */
	output: { stdout: string; stderr: string };
	ended: Promise<Ended>;
	/** SIGKILL, and the end. */
	kill(): Promise<Ended>;
	look(): Promise<Look>;
}

export interface ChildHost extends HostProcess {
	apiUrl: string;
	urlPortUrl: string;
}

export interface Options {
	args?: readonly string[];
	env?: Record<string, string>;
}

/** `pilot serve` on free ports. */
export function spawnHost(folder: string, { args = ["--port", "0"], env = {} }: Options = {}): HostProcess {
	const program = ["--expose-gc", "--import", LOOK, MAIN, "serve", "--json", "--data", folder, ...args];
	const child = spawn(process.execPath, program, {
		env: { ...ownEnvironment(), PILOT_WORKERS: String(WORKERS), ...env },
		stdio: ["ignore", "pipe", "pipe", "ipc"],
	});
	const output = { stdout: "", stderr: "" };
	child.stdout!.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
	// Every host without keys says so, and nothing else is expected.
	const note = (text: string) => (output.stderr = (output.stderr + text).replace(`${OPEN}\n`, ""));
	child.stderr!.setEncoding("utf8").on("data", note);
	const ended = once(child, "close").then(([code, signal]): Ended => ({ code, signal, ...output }));
	return {
		child,
		output,
		ended,
		async kill() {
			child.kill("SIGKILL");
			return ended;
		},
		async look() {
			const answer = once(child, "message");
			child.send("look");
			const [look] = await answer;
			return look as Look;
		},
	};
}

/** Settings of the machine's user have no say. */
function ownEnvironment(): NodeJS.ProcessEnv {
	return Object.fromEntries(
		Object.entries(process.env).filter(([name]) => !/^(PILOT_|VITEST|NODE_OPTIONS)/.test(name)),
	);
}

/** The same, once it answers. Rejects with what it wrote if it ends instead. */
export async function bootHost(folder: string, options?: Options): Promise<ChildHost> {
	const host = spawnHost(folder, options);
	const { promise: ready, resolve } = Promise.withResolvers<{ apiUrl: string; urlPortUrl: string }>();
	host.child.stdout!.on("data", () => {
		if (host.output.stdout.endsWith("}\n")) resolve(JSON.parse(host.output.stdout));
	});
	const failed = host.ended.then(({ code, signal, stderr }): never => {
		throw new Error(`the host ended (${code ?? signal}): ${stderr}`);
	});
	return { ...host, ...(await Promise.race([ready, failed])) };
}

/** A folder for the hosts of one test, and the way to be rid of all of them. */
export function workplace() {
	const folder = mkdtempSync(join(tmpdir(), "pilot-faults-"));
	const hosts: HostProcess[] = [];
	return {
		folder,
		data: join(folder, "data"),
		spawn(options?: Options, data = join(folder, "data")): HostProcess {
			const host = spawnHost(data, options);
			hosts.push(host);
			return host;
		},
		async boot(options?: Options, data = join(folder, "data")): Promise<ChildHost> {
			const host = await bootHost(data, options);
			hosts.push(host);
			return host;
		},
		async clear(): Promise<void> {
			await Promise.all(hosts.splice(0).map((it) => it.kill()));
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
export function randomFrom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
