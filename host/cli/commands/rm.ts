/** `pilot rm`. */
import { Command } from "commander";
import { clientOf, examples, optionsOf } from "../context.ts";
import { deleteFunction } from "../lambda.ts";
import { print, printJson } from "../output.ts";

export function rmCommand(): Command {
	return new Command("rm")
		.description("delete functions, with their URLs, triggers, queued events and logs")
		.argument("<name...>", "the functions")
		.addHelpText("after", examples("pilot rm hello", "pilot rm hello echo"))
		.action(async (names: string[], _options, command: Command) => {
			const options = optionsOf(command);
			const client = clientOf(options);
			for (const name of names) await deleteFunction(client, name);
			if (options.json) printJson({ deleted: names });
			else print(`Deleted ${names.join(", ")}`);
		});
}
