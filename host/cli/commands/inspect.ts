/** `pilot inspect`. */
import { Command } from "commander";
import { clientOf, examples, optionsOf } from "../context.ts";
import { CliError } from "../errors.ts";
import { paint, print, printJson } from "../output.ts";
import { viewFunction } from "../pilot-api.ts";

export function inspectCommand(): Command {
	return new Command("inspect")
		.description("show all about a function: settings, URL, triggers, last invocations")
		.argument("<name>", "the function")
		.addHelpText("after", examples("pilot inspect hello", "pilot inspect hello --json | jq .function.codeSha256"))
		.action(async (name: string, _options, command: Command) => {
			const options = optionsOf(command);
			const view = await viewFunction(clientOf(options), name);
			if (!view) throw new CliError(`There is no function ${name}`);
			if (options.json) return printJson(view);
			for (const line of outline(view)) print(line);
		});
}

/** Members as `name: value`, and what lies in them indented under it. */
function outline(value: object, indent = ""): string[] {
	return Object.entries(value).flatMap(([name, it]) => {
		const label = `${indent}${paint("dim", `${name}:`)}`;
		if (Array.isArray(it)) return [label + (it.length === 0 ? " none" : ""), ...it.flatMap((one) => item(one, indent))];
		if (typeof it === "object" && it !== null) return [label, ...outline(it, `${indent}  `)];
		return [`${label} ${it === null ? "none" : String(it)}`];
	});
}

function item(value: unknown, indent: string): string[] {
	if (typeof value !== "object" || value === null) return [`${indent}  - ${String(value)}`];
	const [first = "", ...rest] = outline(value, "");
	return [`${indent}  - ${first}`, ...rest.map((line) => `${indent}    ${line}`)];
}
