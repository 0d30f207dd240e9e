/** A function's log as a stream of text. */
import { ServiceError } from "../errors.ts";
import type { Observer } from "../observe/types.ts";

const DEFAULT_LINES = 200;
const MAX_LINES = 100_000;

export interface LogQuery {
	follow: boolean;
	lastLines: number;
}

/** Reads `follow` and `lines` of a query. Throws ServiceError. */
export function logQuery(query: Record<string, string | undefined>): LogQuery {
	const { follow = "0", lines = String(DEFAULT_LINES) } = query;
	if (!["0", "1", "false", "true"].includes(follow))
		throw invalid(`follow is ${JSON.stringify(follow)}, and may be 0 or 1`);
	if (!/^[0-9]{1,6}$/.test(lines) || Number(lines) > MAX_LINES)
		throw invalid(`lines is ${JSON.stringify(lines.slice(0, 20))}, and may be 0 to ${MAX_LINES}`);
	return { follow: follow === "1" || follow === "true", lastLines: Number(lines) };
}

function invalid(message: string): ServiceError {
	return new ServiceError("InvalidParameterValueException", message);
}

/** The log as bytes, as fast as they are read and no faster. Cancelling the stream ends the reading. */
export function logStream(observer: Pick<Observer, "read">, name: string, query: LogQuery): ReadableStream<Uint8Array> {
	const stop = new AbortController();
	const pieces = observer.read(name, { ...query, signal: stop.signal })[Symbol.asyncIterator]();
	const encoder = new TextEncoder();
	return new ReadableStream<Uint8Array>(
		{
			async pull(controller) {
				const { done, value } = await pieces.next();
				if (done) controller.close();
				else controller.enqueue(encoder.encode(value));
			},
			async cancel() {
				stop.abort();
				await pieces.return?.();
			},
		},
		{ highWaterMark: 0 },
	);
}
