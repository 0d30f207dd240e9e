/** Accepts an event for later: what resolves is on disk. The bus's queue consumer runs it. */
import { randomUUID } from "node:crypto";
import type { QueuedEvent } from "../store/types.ts";

export interface NewEvent {
	functionName: string;
	qualifier?: string | null;
	payload: Uint8Array;
	clientContext?: string | null;
	traceId?: string | null;
	tenantId?: string | null;
	/** Destinations passed so far. */
	hops?: number;
}

/** A queued event that is due at once. */
export function newQueuedEvent(event: NewEvent, now: number): QueuedEvent {
	return {
		id: randomUUID(),
		functionName: event.functionName,
		qualifier: event.qualifier ?? null,
		payload: event.payload,
		clientContext: event.clientContext ?? null,
		traceId: event.traceId ?? null,
		...(event.tenantId ? { tenantId: event.tenantId } : {}),
		acceptedAt: now,
		attempts: 0,
		dueAt: now,
		hops: event.hops ?? 0,
	};
}
