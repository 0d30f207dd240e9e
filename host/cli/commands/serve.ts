/** `pilot serve`. */
import { Command } from "commander";
import { examples, optionsOf } from "../context.ts";
import { print, printJson } from "../output.ts";
import { serve, withHostOptions } from "../serve.ts";

export function serveCommand(): Command {
	return withHostOptions(new Command("serve"))
		.description("run a host, until Ctrl-C")
		.addHelpText("after", examples("pilot serve", "pilot serve --port 8000 --data /var/lib/pilot"))
		.action(async (_options, command: Command) => {
			const options = optionsOf(command);
			await serve(options, async ({ apiUrl, urlPortUrl }) => {
				if (options.json) return printJson({ apiUrl, urlPortUrl });
				print(`Host at ${apiUrl} (function URLs by path at ${urlPortUrl}); Ctrl-C ends`);
			});
		});
}
