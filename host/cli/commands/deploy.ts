/** `pilot deploy`. */
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { type FunctionSettings, INITS, ISOLATIONS } from "../build/project.ts";
import { loadCode } from "../code.ts";
import { clientOf, examples, optionsOf, parseCount, parsePair } from "../context.ts";
import { type Deployment, deploy } from "../deploy.ts";
import { formatBytes, print, printJson, withSpinner } from "../output.ts";

interface Options extends Omit<FunctionSettings, "curl"> {
	name?: string;
}

/** The options that `deploy` and `dev` share. */
export function withSettings(command: Command): Command {
	return command
		.option("--name <name>", "the function's name (default: the project's or the file's)")
		.option("--memory <mb>", "cap over its linear memories, MB (default: 128)", parseCount)
		.option("--timeout <seconds>", "longest time of an invocation, s (default: 3)", parseCount)
		.option("--fuel <units>", "most fuel of an invocation (default: no limit)", parseCount)
		.addOption(
			new Option("--isolation <kind>", "what an invocation leaves for the next: all (reuse), or nothing").choices(
				ISOLATIONS,
			),
		)
		.addOption(
			new Option("--init <when>", "run initialisation once a version (default), or in each instance").choices(INITS),
		)
		.option("--env <key=value>", "an environment variable; once for each, and all at once", parsePair)
		.option("--schedule <expression>", 'when to run it: "rate(5 minutes)" or "0 12 * * *"')
		.option("--bucket <folder>", "a folder: each new file in it is an event");
}

/** Settings of the command line before those of the project. */
export function applyOptions(deployment: Deployment, options: Options): Deployment {
	const { name = deployment.name, memory, timeout, fuel, isolation, init, env, schedule, bucket } = options;
	const given = { memory, timeout, fuel, isolation, init, env, schedule, bucket: bucket && resolve(bucket) };
	const chosen = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
	return { ...deployment, name, settings: { ...deployment.settings, ...chosen } };
}

export function deployCommand(): Command {
	return withSettings(new Command("deploy"))
		.description("create or update a function from a .wasm, a .zip or a project folder")
		.argument("<path>", "the .wasm, the .zip, or the folder (is built first)")
		.addHelpText(
			"after",
			examples(
				"pilot deploy components/hello",
				"pilot deploy app.wasm --name app --memory 256 --timeout 10 --env STAGE=test --env DEBUG=1",
				'pilot deploy components/tick --schedule "rate(5 minutes)"',
			),
		)
		.action(async (path: string, _options, command: Command) => {
			const options = optionsOf<Options>(command);
			const deployment = applyOptions(await loadCode(path), options);
			const result = await withSpinner(`Deploying ${deployment.name}`, () => deploy(clientOf(options), deployment));
			if (options.json) return printJson(result);
			print(`${result.name} ${result.action} (${result.world}, ${formatBytes(result.size)})`);
			if (result.url) print(result.url);
		});
}
