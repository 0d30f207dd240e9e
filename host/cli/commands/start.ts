/** `pilot start`. */
import { globSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { readProject } from "../build/project.ts";
import { Client } from "../client.ts";
import { loadCode } from "../code.ts";
import { examples, optionsOf } from "../context.ts";
import { type Deployed, deploy } from "../deploy.ts";
import { messageOf } from "../errors.ts";
import { formatBytes, note, paint, print, printJson } from "../output.ts";
import { type RunningHost, serve, withHostOptions } from "../serve.ts";

const COMPONENTS = fileURLToPath(new URL("../../../components", import.meta.url));

export function startCommand(): Command {
	return withHostOptions(new Command("start"))
		.description("run a host with the example functions of components/, until Ctrl-C")
		.addHelpText("after", examples("pilot start", "pilot start --port 8000 --data /tmp/pilot"))
		.action(async (_options, command: Command) => {
			const options = optionsOf<{ data?: string }>(command);
			await serve(options, (host) => deployExamples(host, dataOf(options), options.json === true));
		});
}

/** Where the host of this command keeps what it has. */
function dataOf({ data }: { data?: string }): string {
	return data ?? (process.env.PILOT_DATA || ".pilot");
}

async function deployExamples(host: RunningHost, data: string, json: boolean): Promise<void> {
	const client = new Client(host.apiUrl, data);
	const folders = globSync("*/package.json", { cwd: COMPONENTS }).map((it) => `${COMPONENTS}/${dirname(it)}`);
	const functions: Deployed[] = [];
	for (const folder of folders.sort()) {
		try {
			const deployed = await deploy(client, await loadCode(folder));
			functions.push(deployed);
			if (!json) print(line(deployed, curlOf(folder, deployed)));
		} catch (error) {
			note(`${paint("red", "error:", process.stderr)} ${folder}: ${messageOf(error)}`);
		}
	}
	if (json) return printJson({ apiUrl: host.apiUrl, urlPortUrl: host.urlPortUrl, functions });
	print(`Host at ${host.apiUrl}, page at ${new URL("/_pilot/", host.apiUrl)}; Ctrl-C ends`);
}

/** Name, world, size, URL and what to paste. */
function line({ name, world, size, url }: Deployed, curl: string): string {
	return [name.padEnd(10), world, formatBytes(size), url, paint("cyan", curl)].join("  ");
}

/** By the path form: not every machine resolves names under `localhost`. */
function curlOf(folder: string, { urlByPath }: Deployed): string {
	return `curl ${(readProject(folder).settings.curl ?? "{url}").replaceAll("{url}", urlByPath)}`;
}
