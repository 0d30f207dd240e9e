/** `pilot dev`. */
import { watch } from "node:fs/promises";
import { sep } from "node:path";
import { Command } from "commander";
import { readProject } from "../build/project.ts";
import type { Client } from "../client.ts";
import { loadCode } from "../code.ts";
import { clientOf, examples, optionsOf } from "../context.ts";
import { deploy } from "../deploy.ts";
import { messageOf } from "../errors.ts";
import { formatBytes, note, paint, print, printJson } from "../output.ts";
import { applyOptions, withSettings } from "./deploy.ts";

/** Editors save in several steps: a build starts when it was quiet for so long, ms. */
const QUIET_MS = 80;

export function devCommand(): Command {
	return withSettings(new Command("dev"))
		.description("build and deploy a project, again on every save, until Ctrl-C")
		.argument("[path]", "the function's folder", ".")
		.addHelpText("after", examples("pilot dev components/hello", "pilot dev . --env STAGE=dev"))
		.action(async (path: string, _options, command: Command) => {
			const options = optionsOf(command);
			const { folder } = readProject(path);
			const stop = new AbortController();
			for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
			// Watched before the first build: what is saved meanwhile counts.
			const changes = changesIn(folder, stop.signal);
			const round = () => once(path, command, clientOf(options), options.json === true);
			await round();
			if (!options.json) note(paint("dim", `Watching ${folder}; Ctrl-C ends`, process.stderr));
			for await (const _ of changes) await round();
		});
}

/** One build and deployment. Its error is shown, and the next save gets another. */
async function once(path: string, command: Command, client: Client, json: boolean): Promise<void> {
	const start = performance.now();
	try {
		const result = await deploy(client, applyOptions(await loadCode(path), optionsOf(command)));
		const ms = Math.round(performance.now() - start);
		if (json) return printJson({ ...result, ms });
		print(
			`${paint("green", "✓")} ${result.name} ${result.action} in ${ms} ms (${formatBytes(result.size)})  ${result.url}`,
		);
	} catch (error) {
		if (json) return printJson({ error: messageOf(error) });
		note(`${paint("red", "✗", process.stderr)} ${messageOf(error)}`);
	}
}

/** Yields after each burst of changes to the folder's sources; ends with the signal. */
async function* changesIn(folder: string, signal: AbortSignal): AsyncGenerator<void> {
	let wake = Promise.withResolvers<boolean>();
	const listening = listen(folder, signal, () => wake.resolve(true)).finally(() => wake.resolve(false));
	while (await wake.promise) {
		await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
		wake = Promise.withResolvers();
		if (signal.aborted) break;
		yield;
	}
	await listening;
}

async function listen(folder: string, signal: AbortSignal, onChange: () => void): Promise<void> {
	try {
		for await (const { filename } of watch(folder, { recursive: true, signal })) {
			const [top = ""] = (filename ?? "").split(sep);
			if (!["dist", "node_modules", ".git"].includes(top)) onChange();
		}
	} catch (error) {
		if ((error as Error).name !== "AbortError") throw error;
	}
}
