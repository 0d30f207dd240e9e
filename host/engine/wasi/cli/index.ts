import type { HostInterface } from "../types.ts";
import { environment } from "./environment.ts";
import { exit } from "./exit.ts";
import { stderr, stdin, stdout } from "./stdio.ts";
import { terminalInput, terminalOutput, terminalStderr, terminalStdin, terminalStdout } from "./terminal.ts";

/** `wasi:cli`, without `run`, which a guest exports. */
export const cli: readonly HostInterface[] = [
	environment,
	exit,
	stdin,
	stdout,
	stderr,
	terminalInput,
	terminalOutput,
	terminalStdin,
	terminalStdout,
	terminalStderr,
];
