/** Events whose end nobody here can be told: kept in the store, so many a function, until somebody looks. */
import type { DeadLetterRecord, QueuedEvent, Store, TableWrite } from "../../store/types.ts";
import type { AttemptResponse, Condition } from "./policy.ts";

/** Kept of one function; the oldest go first. Each may have 1 MB twice. */
export const MAX_DEAD_LETTERS = 100;

export interface Letter {
	target: string;
	condition: Condition;
	body: string;
	attributes?: Record<string, string>;
}

/** The letter of an event that ended, as it is kept. */
export function deadLetterOf(event: QueuedEvent, letter: Letter, now: number): DeadLetterRecord {
	const { functionName, qualifier, payload, clientContext, tenantId } = event;
	const kept = { qualifier, payload: Buffer.from(payload).toString("base64"), clientContext };
	return {
		functionName,
		// Two of one event: its destination's and its dead-letter queue's.
		id: `${now.toString().padStart(15, "0")}-${event.id}${letter.attributes ? "-dlq" : ""}`,
		createdAt: new Date(now).toISOString(),
		...letter,
		event: tenantId === undefined ? kept : { ...kept, tenantId },
	};
}

/** What keeps new letters of one function, and makes room for them. */
export async function writesFor(
	store: Pick<Store, "deadLetters">,
	letters: readonly DeadLetterRecord[],
): Promise<TableWrite[]> {
	const [first] = letters;
	if (first === undefined) return [];
	const { items } = await store.deadLetters.list(first.functionName, MAX_DEAD_LETTERS);
	const over = items.slice(0, Math.max(0, items.length + letters.length - MAX_DEAD_LETTERS));
	return [
		...over.map(
			({ functionName, id }): TableWrite => ({ table: "deadLetters", op: "delete", scope: functionName, key: id }),
		),
		...letters.map((record): TableWrite => ({ table: "deadLetters", op: "put", record })),
	];
}

/** Bytes of `ErrorMessage` (Developer Guide, "Adding a dead-letter queue"). */
const MAX_MESSAGE = 1024;

/** Message attributes of an event in a dead-letter queue. */
export function attributesOf(event: QueuedEvent, response: AttemptResponse | null): Record<string, string> {
	return {
		RequestID: event.id,
		ErrorCode: String(response?.statusCode ?? 429),
		ErrorMessage: messageOf(response).slice(0, MAX_MESSAGE),
	};
}

function messageOf(response: AttemptResponse | null): string {
	if (response === null) return "Function not invoked.";
	const text = Buffer.from(response.payload).toString();
	try {
		const { errorMessage } = JSON.parse(text) as { errorMessage?: unknown };
		return typeof errorMessage === "string" ? errorMessage : text;
	} catch {
		return text;
	}
}
