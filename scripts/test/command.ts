/** Programs that the tests' script runs. */
import { spawn } from "node:child_process";

export interface CommandResult {
	/** Null if it could not be started, or a signal ended it. */
	code: number | null;
	/** Standard output and error as they came; empty if they were shown. */
	output: string;
}

export interface CommandOptions {
	env?: Record<string, string | undefined>;
	/** Shown as it comes; else kept. */
	show?: boolean;
}

/** Runs a program to its end, without standard input. Never rejects. */
export function run(
	file: string,
	args: readonly string[],
	{ env, show = false }: CommandOptions = {},
): Promise<CommandResult> {
	const { promise, resolve } = Promise.withResolvers<CommandResult>();
	const output = show ? "inherit" : "pipe";
	const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ["ignore", output, output] });
	const parts: Buffer[] = [];
	for (const stream of [child.stdout, child.stderr]) stream?.on("data", (part: Buffer) => parts.push(part));
	const end = (code: number | null, text = "") => resolve({ code, output: Buffer.concat(parts).toString() + text });
	child.on("error", (error) => end(null, error.message));
	child.on("close", (code) => end(code));
	return promise;
}
