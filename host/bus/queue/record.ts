/** The record that a destination gets, as Lambda writes it (Developer Guide, "Capturing records of asynchronous invocations"). */
import type { QueuedEvent } from "../../store/types.ts";
import type { AttemptResponse, Condition } from "./policy.ts";

export interface RecordInput {
	event: QueuedEvent;
	/** With its version: `…:function:NAME:$LATEST`. */
	functionArn: string;
	condition: Condition;
	/** Attempts that reached the function. */
	attempts: number;
	/** Null if no attempt was made before the event's time was over. */
	response: AttemptResponse | null;
	now: number;
}

/** The record as JSON. Payloads that are JSON stand in it as they came, to the last digit; others as a string. */
export function destinationRecord({ event, functionArn, condition, attempts, response, now }: RecordInput): Uint8Array {
	const members = [
		['"version"', '"1.0"'],
		['"timestamp"', JSON.stringify(new Date(now).toISOString())],
		[
			'"requestContext"',
			JSON.stringify({ requestId: event.id, functionArn, condition, approximateInvokeCount: attempts }),
		],
		['"requestPayload"', embed(event.payload)],
	];
	if (response) {
		const { statusCode, executedVersion, functionError } = response;
		members.push(['"responseContext"', JSON.stringify({ statusCode, executedVersion, functionError })]);
		members.push(['"responsePayload"', embed(response.payload)]);
	}
	return Buffer.from(`{${members.map(([name, value]) => `${name}:${value}`).join(",")}}`);
}

// JSON.parse and JSON.stringify would round numbers and drop the second of two equal keys: the text itself is kept.
function embed(payload: Uint8Array): string {
	const text = Buffer.from(payload).toString("utf8");
	if (text.trim() === "") return "null";
	try {
		JSON.parse(text);
		return text;
	} catch {
		return JSON.stringify(text);
	}
}
