/** `pilot new`. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { Command, Option } from "commander";
import { examples, optionsOf } from "../context.ts";
import { CliError, UsageError } from "../errors.ts";
import { print, printJson } from "../output.ts";
import { templates } from "../template.ts";

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

export function newCommand(): Command {
	return new Command("new")
		.description("make a folder with a function that builds and deploys")
		.argument("<name>", "the function's name, or a path that ends with it")
		.addOption(new Option("--lang <language>", "what it is written in").choices(Object.keys(templates)).default("ts"))
		.addHelpText("after", examples("pilot new greet", "pilot dev greet"))
		.action((path: string, _options, command: Command) => {
			const { lang, json } = optionsOf<{ lang: keyof typeof templates }>(command);
			const folder = resolve(path);
			const name = basename(folder);
			if (!NAME.test(name)) throw new UsageError(`${name} is no function's name: 1 to 64 of a-z, A-Z, 0-9, - and _`);
			if (existsSync(folder) && readdirSync(folder).length > 0) throw new CliError(`${folder} is not empty`);
			const files = templates[lang](name, folder);
			for (const [file, text] of Object.entries(files)) {
				mkdirSync(dirname(join(folder, file)), { recursive: true });
				writeFileSync(join(folder, file), text);
			}
			if (json) return printJson({ name, folder, files: Object.keys(files) });
			print(`${path}/ has ${Object.keys(files).join(", ")}`);
			print(`Next: npx pilot dev ${path}`);
		});
}
