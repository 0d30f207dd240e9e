/** How a command fails: what is shown is the message alone, one or two lines. */

/** The command could not do what was asked. Exit code 1. */
export class CliError extends Error {
	override name = "CliError";
}

/** The command line itself is wrong. Exit code 2. */
export class UsageError extends Error {
	override name = "UsageError";
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

/** The `code` of a system error (`ENOENT`), or undefined. */
export function codeOf(error: unknown): string | undefined {
	return (error as { code?: string } | null)?.code;
}
