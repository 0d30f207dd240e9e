import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, SERVER_CORE, start } from "../processes.ts";
import type { Bench } from "../types.ts";
import { HELLO_JSON, LOCAL, type Server, whenUp } from "./server.ts";

/** A peer of 160 MB: it comes when somebody runs the benchmark, and is no dependency of the project's. */
const VERSION = "1.20261117.1";
const CACHE = fileURLToPath(new URL("../../.cache/workerd/", import.meta.url));
const PACKAGES: Record<string, string> = {
	"linux-x64": "linux-64",
	"linux-arm64": "linux-arm64",
	"darwin-x64": "darwin-64",
	"darwin-arm64": "darwin-arm64",
};

/** The binary itself, since the package's own program starts it from a second Node. */
function findWorkerd(): string | null {
	const name = PACKAGES[`${process.platform}-${process.arch}`];
	if (name === undefined) return null;
	const path = join(CACHE, VERSION, "node_modules/@cloudflare", `workerd-${name}`, "bin/workerd");
	return existsSync(path) ? path : null;
}

function install(): void {
	const folder = join(CACHE, VERSION);
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, "package.json"), '{ "private": true }');
	const options = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
	execFileSync("npm", ["install", ...options, `workerd@${VERSION}`], { cwd: folder, stdio: "ignore" });
}

/** workerd's path, installed if need be. Null, and a line in the report, if it cannot be had. */
export function workerdFor(bench: Bench): string | null {
	const found = findWorkerd();
	if (found !== null) return found;
	bench.progress("installing workerd");
	try {
		install();
	} catch {
		// Said below.
	}
	const installed = findWorkerd();
	if (installed === null) bench.missing("workerd is not here, and npm cannot bring it: its rows are left out");
	return installed;
}

/** The worker says what components/hello says, in as many steps. */
const WORKER = `export default {
	async fetch(request) {
		const name = new URL(request.url).searchParams.get("name") ?? "world";
		return Response.json({ message: \`Hello, \${name}!\` });
	},
};
`;

function config(port: number): string {
	return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
	services = [(name = "main", worker = (modules = [(name = "worker", esModule = embed "worker.js")],
		compatibilityDate = "2026-11-01"))],
	sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`;
}

export async function startWorkerd(workerd: string, folder: string): Promise<Server> {
	const port = await freePort();
	writeFileSync(join(folder, "worker.js"), WORKER);
	writeFileSync(join(folder, "config.capnp"), config(port));
	const child = start([workerd, "serve", join(folder, "config.capnp")], { core: SERVER_CORE });
	child.stdout!.resume();
	return whenUp(child, { name: "workerd", port, targets: [LOCAL], body: HELLO_JSON });
}
