/** The log of one invocation: formats what happens, and hands it on without waiting. */
import type { Failure, Usage } from "../engine/types.ts";
import type { Formatter } from "./format.ts";
import { Budget } from "./limits.ts";
import { LineAssembler } from "./lines.ts";
import type { FunctionLog, Source } from "./log.ts";
import { Tail } from "./tail.ts";
import type { InvocationLog } from "./types.ts";

export interface InvocationOptions {
	log: FunctionLog;
	formatter: Formatter;
	/** Bytes that may wait for the disk. */
	limit: number;
	/** ISO 8601 with ms. */
	time(): string;
	/** Called once, at `finish`. */
	ended(usage: Usage, failure: Failure | null): void;
}

/** Writes START. */
export function openInvocation({ log, formatter, limit, time, ended }: InvocationOptions): InvocationLog {
	const tail = new Tail();
	const dropped = { lines: 0, bytes: 0 };
	const source: Source = {
		budget: new Budget(limit),
		dropped: (lines, bytes) => stamp(formatter.dropped(time(), lines, bytes)),
	};
	const stamp = (message: string) => `${time()}\t${message}`;

	function own(message: string): void {
		tail.push(message);
		log.append(stamp(message), source, true);
	}
	function noteDropped(): void {
		if (dropped.lines === 0) return;
		own(formatter.dropped(time(), dropped.lines, dropped.bytes));
		dropped.lines = 0;
		dropped.bytes = 0;
	}
	function drop(lines: number, bytes: number): void {
		dropped.lines += lines;
		dropped.bytes += bytes;
	}
	function line(stream: 1 | 2, text: string): void {
		const message = formatter.line(time(), stream, text);
		if (message === null) return;
		noteDropped();
		if (log.append(stamp(message), source, false)) tail.push(message);
		else drop(1, Buffer.byteLength(text) + 1);
	}

	const sink = (stream: 1 | 2) =>
		new LineAssembler({
			hasRoom: () => log.hasRoom(source, dropped.lines > 0),
			line: (text) => line(stream, text),
			drop,
			take: (bytes) => log.total.take(bytes),
			give: (bytes) => log.total.give(bytes),
		});
	const streams = { 1: sink(1), 2: sink(2) };
	let open = true;
	for (const message of formatter.start(time())) own(message);
	return {
		output(stream, bytes) {
			if (open) streams[stream].push(bytes);
		},
		finish(usage, failure) {
			if (!open) return;
			streams[1].flush();
			streams[2].flush();
			open = false;
			noteDropped();
			for (const message of formatter.end(time(), usage, failure)) own(message);
			ended(usage, failure);
		},
		tail: () => tail.bytes(),
	};
}
