/** `application/vnd.amazon.eventstream`: the events of a streamed answer, framed by the codec that AWS's own clients read them with. */
import type { EventStreamCodec } from "@smithy/core/event-streams";

export const EVENT_STREAM = "application/vnd.amazon.eventstream";

/** An event of `InvokeWithResponseStreamResponseEvent`. */
export type StreamEvent =
	| { type: "PayloadChunk"; payload: Uint8Array }
	| { type: "InvokeComplete"; ErrorCode?: string; ErrorDetails?: string; LogResult?: string };

/** Bytes of payload in one event. */
export const MAX_CHUNK = 65_536;

let codec: Promise<EventStreamCodec> | undefined;

/** The codec is loaded by the first who streams: it is a tenth of a second's work, and most hosts stream nothing. */
async function load(): Promise<EventStreamCodec> {
	const { EventStreamCodec } = await import("@smithy/core/event-streams");
	return new EventStreamCodec(
		(bytes) => (typeof bytes === "string" ? bytes : Buffer.from(bytes).toString()),
		(text) => Buffer.from(text),
	);
}

/** Resolves with the function that gives an event's bytes. */
export async function eventEncoder(): Promise<(event: StreamEvent) => Uint8Array> {
	codec ??= load();
	const loaded = await codec;
	return (event) => {
		const { type, ...members } = event;
		const isChunk = event.type === "PayloadChunk";
		return loaded.encode({
			headers: {
				":message-type": { type: "string", value: "event" },
				":event-type": { type: "string", value: type },
				":content-type": { type: "string", value: isChunk ? "application/octet-stream" : "application/json" },
			},
			body: isChunk ? event.payload : Buffer.from(JSON.stringify(members)),
		});
	};
}

/** A payload as the payloads of as many events as it takes. */
export function* pieces(payload: Uint8Array): Generator<Uint8Array> {
	for (let at = 0; at < payload.length; at += MAX_CHUNK) yield payload.subarray(at, at + MAX_CHUNK);
}
