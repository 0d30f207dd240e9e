/** The host's own interface under `/_pilot/api/`: what Lambda's API has no words for. */
import type { Answer, Client } from "./client.ts";

export interface FunctionView {
	name: string;
	/** The export that makes it a function: `pilot:function/handler@0.1.0`. */
	world: string;
	/** Bytes. */
	codeSize: number;
	memoryMb: number;
	timeoutSeconds: number;
	/** Units an invocation may use; null is no limit. */
	fuel: number | null;
	/** ISO 8601. */
	lastModified: string;
	/** Null if it has none. */
	url: string | null;
	invocations: number;
	errors: number;
}

export interface TriggerView {
	id: string;
	kind: string;
	functionName: string;
	enabled: boolean;
	settings: Record<string, unknown>;
}

const API = "/_pilot/api";

export async function listFunctions(client: Client): Promise<FunctionView[]> {
	return (await client.json<{ functions: FunctionView[] }>("GET", `${API}/functions`)).functions;
}

/** Null if there is no such function. */
export function viewFunction(client: Client, name: string): Promise<FunctionView | null> {
	return client.find(`${API}/functions/${encodeURIComponent(name)}`);
}

export interface LogOptions {
	follow: boolean;
	/** Only so many of the last lines. */
	lines?: number;
	signal?: AbortSignal;
}

/** A function's log as text, oldest line first; with `follow` its body does not end. */
export function readLog(client: Client, name: string, { follow, lines, signal }: LogOptions): Promise<Answer> {
	const query = new URLSearchParams({
		...(follow && { follow: "1" }),
		...(lines !== undefined && { lines: String(lines) }),
	});
	return client.send("GET", `${API}/functions/${encodeURIComponent(name)}/logs?${query}`, { signal });
}

export async function listTriggers(client: Client, functionName?: string): Promise<TriggerView[]> {
	const { triggers } = await client.json<{ triggers: TriggerView[] }>("GET", `${API}/triggers`);
	return functionName === undefined ? triggers : triggers.filter((it) => it.functionName === functionName);
}

export function addTrigger(
	client: Client,
	functionName: string,
	kind: string,
	settings: Record<string, unknown>,
): Promise<TriggerView> {
	return client.json("POST", `${API}/triggers`, { kind, functionName, settings });
}

export function removeTrigger(client: Client, id: string): Promise<void> {
	return client.json("DELETE", `${API}/triggers/${encodeURIComponent(id)}`);
}
