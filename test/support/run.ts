/** Programs of the machine that some tests need. */
import { execFile, execFileSync } from "node:child_process";

export interface Finished {
	code: number;
	stdout: string;
	stderr: string;
}

/** Runs a program to its end, with `input` on its stdin. Does not throw when it fails. */
export function run(
	program: string,
	args: readonly string[],
	{ input = "", ...options }: { env?: NodeJS.ProcessEnv; cwd?: string; input?: string } = {},
): Promise<Finished> {
	return new Promise((resolve) => {
		const child = execFile(program, args, { ...options, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
			// Aborted: a shell's number for it.
			const code = error?.signal === "SIGABRT" ? 134 : Number(error?.code ?? 1);
			resolve({ code: error ? code : 0, stdout, stderr });
		});
		child.stdin?.on("error", () => {}).end(input);
	});
}

/** Does the program run with these arguments? If not, says in one line which tests are skipped. */
export function available(program: string, args: readonly string[], skipped: string): boolean {
	try {
		execFileSync(program, args, { stdio: "ignore" });
		return true;
	} catch {
		console.warn(`${program} ${args.join(" ")} does not run here: ${skipped}`);
		return false;
	}
}
