/** What a function gets at a tick: EventBridge's "Scheduled Event", or the input that the trigger was given. */
import { randomUUID } from "node:crypto";
import type { Config } from "../../config.ts";

/** The event as JSON. `time` is the tick's, in whole seconds, also when it is delivered later. */
export function scheduledEvent(config: Pick<Config, "region" | "account">, ruleName: string, tick: Date): Uint8Array {
	const { region, account } = config;
	const event = {
		version: "0",
		id: randomUUID(),
		"detail-type": "Scheduled Event",
		source: "aws.events",
		account,
		time: `${tick.toISOString().slice(0, 19)}Z`,
		region,
		resources: [`arn:aws:events:${region}:${account}:rule/${ruleName}`],
		detail: {},
	};
	return Buffer.from(JSON.stringify(event));
}
