/** Runs the command line as its users do: as a process. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

export interface Ended {
	code: number | null;
	stdout: string;
	stderr: string;
}

export interface PilotOptions {
	endpoint?: string;
	input?: string;
	cwd?: string;
	env?: Record<string, string>;
}

/** A running command, and what it has written so far. */
export interface Running {
	child: ChildProcess;
	output: { stdout: string; stderr: string };
	ended: Promise<Ended>;
	/** Resolves when the pattern is in either output; rejects if the command ends first. */
	until(pattern: RegExp): Promise<void>;
}

export function startPilot(args: readonly string[], { endpoint, input, cwd, env }: PilotOptions = {}): Running {
	const child = spawn(process.execPath, [MAIN, ...args], {
		cwd,
		env: { ...clean(), ...(endpoint && { PILOT_ENDPOINT: endpoint }), ...env },
		stdio: ["pipe", "pipe", "pipe"],
	});
	const output = { stdout: "", stderr: "" };
	const wake = new Set<() => void>();
	for (const name of ["stdout", "stderr"] as const) {
		child[name].setEncoding("utf8").on("data", (text: string) => {
			output[name] += text;
			for (const it of wake) it();
		});
	}
	child.stdin.end(input ?? "");
	const ended = once(child, "close").then(([code]): Ended => ({ code, ...output }));
	const until = (pattern: RegExp) => {
		const { promise, resolve, reject } = Promise.withResolvers<void>();
		const look = () => pattern.test(output.stdout + output.stderr) && resolve();
		wake.add(look);
		look();
		void ended.then((it) => reject(new Error(`ended before ${pattern}: ${JSON.stringify(it)}`)));
		return promise.finally(() => wake.delete(look));
	};
	return { child, output, ended, until };
}

/** Runs a command to its end. */
export function pilot(args: readonly string[], options?: PilotOptions): Promise<Ended> {
	return startPilot(args, options).ended;
}

/** The environment without what would change a command's behaviour. */
function clean(): Record<string, string | undefined> {
	return Object.fromEntries(
		Object.entries(process.env).filter(([name]) => !/^(PILOT_|NO_COLOR|FORCE_COLOR|VITEST)/.test(name)),
	);
}

/** A temporary folder with files; `remove` deletes it. */
export function folderOf(files: Record<string, string | Uint8Array> = {}): { folder: string; remove(): void } {
	const folder = mkdtempSync(join(tmpdir(), "pilot-cli-"));
	for (const [name, content] of Object.entries(files)) {
		mkdirSync(dirname(join(folder, name)), { recursive: true });
		writeFileSync(join(folder, name), content);
	}
	return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
