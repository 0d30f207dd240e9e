/** `pilot ls`. */
import { Command } from "commander";
import { clientOf, examples, optionsOf } from "../context.ts";
import { formatBytes, note, print, printJson, table } from "../output.ts";
import { listFunctions } from "../pilot-api.ts";

const COLUMNS = ["NAME", "WORLD", "SIZE", "MEMORY", "TIMEOUT", "INVOCATIONS", "ERRORS", "URL"];

export function lsCommand(): Command {
	return new Command("ls")
		.alias("list")
		.description("list the functions")
		.addHelpText("after", examples("pilot ls", "pilot ls --json | jq -r '.[].name'"))
		.action(async (_options, command: Command) => {
			const options = optionsOf(command);
			const functions = await listFunctions(clientOf(options));
			if (options.json) return printJson(functions);
			if (functions.length === 0) return note("There is no function yet: `pilot new NAME` makes one.");
			const rows = functions.map((it) => [
				it.name,
				it.world,
				formatBytes(it.size),
				`${it.memoryMb} MB`,
				`${it.timeoutSeconds} s`,
				String(it.invocations),
				String(it.errors),
				it.url?.addresses.byName ?? it.url?.addresses.byId ?? "-",
			]);
			print(table(COLUMNS, rows));
		});
}
