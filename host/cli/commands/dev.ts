/** `pilot dev`. */
import { watch } from "node:fs";
import { sep } from "node:path";
import { setTimeout } from "node:timers/promises";
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
/** Folders that hold no sources: a build writes into the first one. */
const IGNORED = new Set(["dist", "node_modules", ".git"]);

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

/** Yields after each burst of changes to the folder's sources, from the call on; ends with the signal. */
function changesIn(folder: string, signal: AbortSignal): AsyncGenerator<void> {
	let wake = Promise.withResolvers<void>();
	let failure: Error | undefined;
	const watcher = watch(folder, { recursive: true }, (_event, filename) => {
		const [top = ""] = (filename ?? "").split(sep);
		if (!IGNORED.has(top)) wake.resolve();
	});
	watcher.on("error", (error) => {
		failure = error;
		wake.resolve();
	});
	signal.addEventListener("abort", () => {
		watcher.close();
		wake.resolve();
	});
	return (async function* () {
		for (;;) {
			await wake.promise;
			if (!signal.aborted) await setTimeout(QUIET_MS);
			if (failure) throw failure;
			if (signal.aborted) return;
			wake = Promise.withResolvers();
			yield;
		}
	})();
}
