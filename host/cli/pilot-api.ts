/** The host's own interface under `/_pilot/api/`: what Lambda's API has no words for. */

import type { KeyView, NewKey } from "../auth/keyring.ts";
import type { FunctionLine, FunctionView } from "../console/types.ts";
import type { DeadLetterRecord, TriggerRecord } from "../store/types.ts";
import type { Answer, Client } from "./client.ts";

export type { FunctionLine, FunctionView, KeyView, NewKey };

const API = "/_pilot/api";

export async function listFunctions(client: Client): Promise<FunctionLine[]> {
	return (await client.json<{ functions: FunctionLine[] }>("GET", `${API}/functions`)).functions;
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

export async function listTriggers(client: Client, functionName?: string): Promise<TriggerRecord[]> {
	const query = functionName === undefined ? "" : `?${new URLSearchParams({ functionName })}`;
	return (await client.json<{ triggers: TriggerRecord[] }>("GET", `${API}/triggers${query}`)).triggers;
}

export function addTrigger(
	client: Client,
	functionName: string,
	kind: string,
	settings: Record<string, unknown>,
): Promise<TriggerRecord> {
	return client.json("POST", `${API}/triggers`, { kind, functionName, settings });
}

export function removeTrigger(client: Client, id: string): Promise<void> {
	return client.json("DELETE", `${API}/triggers/${encodeURIComponent(id)}`);
}

export async function listKeys(client: Client): Promise<KeyView[]> {
	return (await client.json<{ keys: KeyView[] }>("GET", `${API}/keys`)).keys;
}

export function createKey(client: Client, wanted: { account?: string; description?: string }): Promise<NewKey> {
	return client.json("POST", `${API}/keys`, wanted);
}

export function removeKey(client: Client, id: string): Promise<void> {
	return client.json("DELETE", `${API}/keys/${encodeURIComponent(id)}`);
}

export type DeadLetterLine = Pick<DeadLetterRecord, "id" | "createdAt" | "target" | "condition">;

const lettersOf = (name: string) => `${API}/functions/${encodeURIComponent(name)}/dead-letters`;
const letter = (name: string, id: string) => `${lettersOf(name)}/${encodeURIComponent(id)}`;

export async function listDeadLetters(client: Client, name: string): Promise<DeadLetterLine[]> {
	return (await client.json<{ deadLetters: DeadLetterLine[] }>("GET", lettersOf(name))).deadLetters;
}

export function showDeadLetter(client: Client, name: string, id: string): Promise<DeadLetterRecord> {
	return client.json("GET", letter(name, id));
}

export function retryDeadLetter(client: Client, name: string, id: string): Promise<{ requestId: string }> {
	return client.json("POST", `${letter(name, id)}/retry`);
}

export function removeDeadLetter(client: Client, name: string, id: string): Promise<void> {
	return client.json("DELETE", letter(name, id));
}
