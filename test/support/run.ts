/** Programs of the machine that some tests need. */
import { execFile, execFileSync } from "node:child_process";

export interface Finished {
	code: number;
	stdout: string;
	stderr: string;
}

/** Runs a program to its end. Does not throw when it fails. */
export function run(
	program: string,
	args: readonly string[],
	options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<Finished> {
	return new Promise((resolve) => {
		const child = execFile(program, args, { ...options, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
			resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
		});
		child.stdin?.end();
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
