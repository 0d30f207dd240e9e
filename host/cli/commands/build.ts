/** `pilot build`. */
import { relative } from "node:path";
import { Command } from "commander";
import { build } from "../build/index.ts";
import { readProject } from "../build/project.ts";
import { examples, optionsOf } from "../context.ts";
import { formatBytes, print, printJson, withSpinner } from "../output.ts";

export function buildCommand(): Command {
	return new Command("build")
		.description("build a function's component, without deploying it")
		.argument("[path]", "the function's folder", ".")
		.addHelpText("after", examples("pilot build components/hello", "pilot build --json"))
		.action(async (path: string, _options, command: Command) => {
			const project = readProject(path);
			const { path: output, size, sha256, fresh } = await withSpinner(`Building ${project.name}`, () => build(project));
			if (optionsOf(command).json) return printJson({ name: project.name, path: output, size, sha256, fresh });
			const state = fresh ? "" : ", nothing had changed";
			print(`${relative(process.cwd(), output)} (${formatBytes(size)}${state})`);
		});
}
