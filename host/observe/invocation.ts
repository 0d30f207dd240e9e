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
export function openInvocation(options: InvocationOptions): InvocationLog {
	return new Invocation(options);
}

/** What output needs is made with the first of it: most invocations print nothing. */
class Invocation implements InvocationLog, Source {
	readonly budget: Budget;
	private readonly options: InvocationOptions;
	private readonly lines = new Tail();
	private droppedLines = 0;
	private droppedBytes = 0;
	private streams: Record<1 | 2, LineAssembler> | undefined;
	private open = true;

	constructor(options: InvocationOptions) {
		this.options = options;
		this.budget = new Budget(options.limit);
		for (const message of options.formatter.start(options.time())) this.own(message);
	}

	output(stream: 1 | 2, bytes: Uint8Array): void {
		if (!this.open) return;
		this.streams ??= { 1: this.assembler(1), 2: this.assembler(2) };
		this.streams[stream].push(bytes);
	}

	finish(usage: Usage, failure: Failure | null): void {
		if (!this.open) return;
		this.streams?.[1].flush();
		this.streams?.[2].flush();
		this.open = false;
		this.noteDropped();
		const { formatter, time, ended } = this.options;
		for (const message of formatter.end(time(), usage, failure)) this.own(message);
		ended(usage, failure);
	}

	tail(): Uint8Array {
		return this.lines.bytes();
	}

	/** The line that stands for lines which the disk did not take. */
	dropped(lines: number, bytes: number): string {
		const { formatter, time } = this.options;
		return this.stamp(formatter.dropped(time(), lines, bytes));
	}

	private stamp(message: string): string {
		return `${this.options.time()}\t${message}`;
	}

	/** A line of the host's. */
	private own(message: string): void {
		this.lines.push(message);
		this.options.log.append(this.stamp(message), this, true);
	}

	/** A line of the guest's. */
	private line(stream: 1 | 2, text: string): void {
		const { formatter, log, time } = this.options;
		const message = formatter.line(time(), stream, text);
		if (message === null) return;
		this.noteDropped();
		if (log.append(this.stamp(message), this, false)) this.lines.push(message);
		else this.drop(1, Buffer.byteLength(text) + 1);
	}

	private drop(lines: number, bytes: number): void {
		this.droppedLines += lines;
		this.droppedBytes += bytes;
	}

	private noteDropped(): void {
		if (this.droppedLines === 0) return;
		const { formatter, time } = this.options;
		this.own(formatter.dropped(time(), this.droppedLines, this.droppedBytes));
		this.droppedLines = 0;
		this.droppedBytes = 0;
	}

	private assembler(stream: 1 | 2): LineAssembler {
		const { log } = this.options;
		return new LineAssembler({
			hasRoom: () => log.hasRoom(this, this.droppedLines > 0),
			line: (text) => this.line(stream, text),
			drop: (lines, bytes) => this.drop(lines, bytes),
			take: (bytes) => log.total.take(bytes),
			give: (bytes) => log.total.give(bytes),
		});
	}
}
