/** The host as its users run it, `pilot serve`, with functions deployed through its API. */
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { firstLine, SERVER_CORE, start, stop } from "../processes.ts";
import type { Server, Subject } from "./server.ts";

const PROGRAM = fileURLToPath(new URL("../../../host/cli/main.ts", import.meta.url));
const ROLE = "arn:aws:iam::000000000000:role/bench";

export interface PilotOptions {
	data: string;
	/** Null: all cores. */
	core?: number | null;
	/** Processes that serve; 1 unless given. */
	workers?: number;
	/** Settings by their environment variables. */
	env?: Record<string, string>;
	/** Flags of Node. */
	flags?: readonly string[];
	ipc?: boolean;
}

export interface PilotHost {
	apiUrl: string;
	port: number;
	pid: number;
	child: ChildProcess;
	/** ms from its start until it said that it listens. */
	startMs: number;
	/** Creates a function of this code, with settings as CreateFunction takes them, and gives it a URL. */
	deploy(name: string, code: Uint8Array, settings?: object): Promise<void>;
	/** A load on a function's URL. */
	subject(name: string, functions: readonly string[], body: string): Subject;
	/** Invokes through the API; resolves with the answer's status and text. */
	invoke(name: string, event: string, signal?: AbortSignal): Promise<{ ok: boolean; text: string }>;
	call(method: string, path: string, body?: object): Promise<unknown>;
	stop(): Promise<void>;
}

export async function startPilot({
	data,
	core = SERVER_CORE,
	workers = 1,
	env = {},
	flags = [],
	ipc,
}: PilotOptions): Promise<PilotHost> {
	const started = performance.now();
	const command = [process.execPath, ...flags, PROGRAM, "serve", "--json", "--port", "0", "--data", data];
	const child = start(command, { core, env: { PILOT_WORKERS: String(workers), ...env }, ipc });
	const { apiUrl } = JSON.parse(await firstLine(child)) as { apiUrl: string };
	return { ...client(apiUrl), startMs: performance.now() - started, child, pid: child.pid!, stop: () => stop(child) };
}

function client(apiUrl: string) {
	const port = Number(new URL(apiUrl).port);

	async function call(method: string, path: string, body?: object): Promise<unknown> {
		const response = await fetch(apiUrl + path, { method, body: body === undefined ? null : JSON.stringify(body) });
		const text = await response.text();
		if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
		return text === "" ? undefined : JSON.parse(text);
	}

	return {
		apiUrl,
		port,
		call,
		async deploy(name: string, code: Uint8Array, settings: object = {}): Promise<void> {
			const Code = { ZipFile: Buffer.from(code).toString("base64") };
			const fixed = { FunctionName: name, Runtime: "provided.wasi", Handler: "h", Role: ROLE, Code };
			await call("POST", "/2015-03-31/functions", { ...fixed, ...settings });
			await call("POST", `/2021-10-31/functions/${name}/url`, { AuthType: "NONE" });
		},
		subject: (name: string, functions: readonly string[], body: string): Subject => ({
			name,
			port,
			targets: functions.map((it) => ({ host: `${it}.localhost`, path: "/" })),
			body,
		}),
		async invoke(name: string, event: string, signal?: AbortSignal): Promise<{ ok: boolean; text: string }> {
			const path = `/2015-03-31/functions/${name}/invocations`;
			const response = await fetch(apiUrl + path, { method: "POST", body: event, signal: signal ?? null });
			const ok = response.ok && !response.headers.has("x-amz-function-error");
			return { ok, text: await response.text() };
		},
	};
}

/** A host as one of the servers of a row. */
export function asServer(host: PilotHost, subject: Subject): Server {
	return { pid: host.pid, subject, stop: () => host.stop() };
}
