/** Triggers as `deploy` keeps them: one of a kind a function, with the settings that were given last. */
import type { Client } from "./client.ts";
import { addTrigger, listTriggers, removeTrigger } from "./pilot-api.ts";

/** Sees that the function has the trigger; others of its kind go. False if nothing had to change. */
export async function ensureTrigger(
	client: Client,
	functionName: string,
	kind: string,
	settings: Record<string, unknown>,
): Promise<boolean> {
	const ofKind = (await listTriggers(client, functionName)).filter((it) => it.kind === kind);
	// The host adds defaults to what was given.
	const kept = ofKind.find((it) => Object.entries(settings).every(([key, value]) => it.settings[key] === value));
	const others = ofKind.filter((it) => it !== kept);
	// First the new one: a mistake in it must not cost the old one.
	if (!kept) await addTrigger(client, functionName, kind, settings);
	for (const { id } of others) await removeTrigger(client, id);
	return !kept || others.length > 0;
}

/** Settings in one line: `expression=rate(1 minute) timezone=UTC`. */
export function describeSettings(settings: Record<string, unknown>): string {
	return Object.entries(settings)
		.map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
		.join(" ");
}
