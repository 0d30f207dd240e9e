/** `pilot logs`. */
import { pipeline } from "node:stream/promises";
import { Command } from "commander";
import { clientOf, examples, optionsOf, parseCount } from "../context.ts";
import { readLog } from "../pilot-api.ts";

export function logsCommand(): Command {
	return new Command("logs")
		.description("show a function's log")
		.argument("<name>", "the function")
		.option("-f, --follow", "go on with what is written from now on, until Ctrl-C")
		.option("-n, --lines <count>", "only the last lines", parseCount)
		.addHelpText("after", examples("pilot logs hello", "pilot logs tick -f --lines 20"))
		.action(async (name: string, _options, command: Command) => {
			const options = optionsOf<{ follow?: boolean; lines?: number }>(command);
			const { body } = await readLog(clientOf(options), name, {
				follow: options.follow === true,
				lines: options.lines,
			});
			await pipeline(body, process.stdout, { end: false });
		});
}
