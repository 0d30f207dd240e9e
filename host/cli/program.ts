/** The command line: options for all commands, and one line a command. */
import { Command, CommanderError } from "commander";
import { commands } from "./commands/index.ts";
import { DEFAULT_ENDPOINT } from "./context.ts";
import { messageOf, UsageError } from "./errors.ts";
import { note, paint } from "./output.ts";

export function createProgram(environment: NodeJS.ProcessEnv = process.env): Command {
	const program = new Command("pilot")
		.description("AWS Lambda's contract with WebAssembly components: run a host, deploy functions, call them.")
		.option("--endpoint <url>", "the host to talk to (PILOT_ENDPOINT)", environment.PILOT_ENDPOINT || DEFAULT_ENDPOINT)
		.option("--json", "write results as JSON")
		.configureHelp({ showGlobalOptions: true })
		.showSuggestionAfterError()
		.exitOverride();
	for (const create of commands) {
		program.addCommand(create().configureHelp({ showGlobalOptions: true }).copyInheritedSettings(program));
	}
	return program;
}

/** Runs a command line and gives its exit code: 0, 1 (failed) or 2 (usage). */
export async function run(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<number> {
	try {
		await createProgram(environment).parseAsync(args, { from: "user" });
		return Number(process.exitCode ?? 0);
	} catch (error) {
		// Commander has written its message already, or the help that was asked for.
		if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
		report(error, environment);
		return error instanceof UsageError || (error instanceof Error && error.name === "ConfigError") ? 2 : 1;
	}
}

function report(error: unknown, environment: NodeJS.ProcessEnv): void {
	const lines = messageOf(error).trim().split("\n");
	const shown = lines.length > MAX_LINES ? [...lines.slice(0, MAX_LINES), "…"] : lines;
	note(`${paint("red", "error:", process.stderr)} ${shown.join("\n")}`);
	if (environment.PILOT_DEBUG && error instanceof Error) note(error.stack ?? "");
}

/** A message's own lines: a bundler's shows the source with the place of the mistake. */
const MAX_LINES = 12;
