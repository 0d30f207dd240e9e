/** A function's log as a stream of text. */
import { ServiceError } from "../errors.ts";
import type { Observer } from "../observe/types.ts";

const DEFAULT_LINES = 200;
const MAX_LINES = 100_000;
/** Characters that go out at once, where so many are there. */
const BATCH = 64 * 1024;

export interface LogQuery {
	follow: boolean;
	lastLines: number;
}

/** Reads `follow` and `lines` of a query. Throws ServiceError. */
export function logQuery(query: Record<string, string | undefined>): LogQuery {
	const { follow = "0", lines = String(DEFAULT_LINES) } = query;
	if (!["0", "1", "false", "true"].includes(follow))
		throw invalid(`follow is ${JSON.stringify(follow.slice(0, 20))}, and may be 0 or 1`);
	if (!/^[0-9]{1,6}$/.test(lines) || Number(lines) > MAX_LINES)
		throw invalid(`lines is ${JSON.stringify(lines.slice(0, 20))}, and may be 0 to ${MAX_LINES}`);
	return { follow: follow === "1" || follow === "true", lastLines: Number(lines) };
}

function invalid(message: string): ServiceError {
	return new ServiceError("InvalidParameterValueException", message);
}

/**
 * The log as bytes, a line feed after each line, read no faster than the caller takes it. Ends when the log does, when the
 * stream is cancelled, or when `stopping` is aborted.
 */
export function logStream(
	observer: Pick<Observer, "read">,
	name: string,
	query: LogQuery,
	stopping: AbortSignal,
): ReadableStream<Uint8Array> {
	const cancelled = new AbortController();
	const signal = AbortSignal.any([cancelled.signal, stopping]);
	const lines = observer.read(name, { ...query, signal })[Symbol.asyncIterator]();
	const batches = batched(lines);
	const encoder = new TextEncoder();
	return new ReadableStream<Uint8Array>(
		{
			async pull(controller) {
				const { done, value } = await batches.next();
				if (done) controller.close();
				else controller.enqueue(encoder.encode(value));
			},
			async cancel() {
				cancelled.abort();
				await lines.return?.();
			},
		},
		{ highWaterMark: 0 },
	);
}

/** The lines that are there within a turn of the event loop, as one text: a long log is not a packet a line. */
async function* batched(lines: AsyncIterator<string>): AsyncGenerator<string> {
	const ask = () => {
		const next = lines.next();
		// Should the reader go away now, nobody is left to hear of a failure.
		next.catch(() => {});
		return next;
	};
	let next = ask();
	for (;;) {
		let result: IteratorResult<string> | null = await next;
		const turn = new Promise<null>((resolve) => setImmediate(resolve, null));
		let text = "";
		while (result && !result.done) {
			text += `${result.value}\n`;
			next = ask();
			result = text.length < BATCH ? await Promise.race([next, turn]) : null;
		}
		if (text !== "") yield text;
		if (result?.done) return;
	}
}
