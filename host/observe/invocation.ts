/** The log of one invocation: formats what happens, and hands it on without waiting. */
import type { Failure, Usage } from "../engine/types.ts";
import type { Formatter } from "./format.ts";
import { Budget } from "./limits.ts";
import { LineAssembler } from "./lines.ts";
import type { FunctionLog, Source } from "./log.ts";
import { OpenInvocation, type OpenInvocations } from "./open-invocations.ts";
import { Tail } from "./tail.ts";
import type { InvocationLog } from "./types.ts";

/** What the invocations of an observer share. */
export interface InvocationOptions {
	/** Bytes of an invocation that may wait for the disk. */
	limit: number;
	/** ISO 8601 with ms. */
	time(): string;
	open: OpenInvocations;
}

/** Called once, at `finish`. */
type Ended = (usage: Usage, failure: Failure | null) => void;

/** Writes START, at once or with what follows. */
export function openInvocation(
	options: InvocationOptions,
	log: FunctionLog,
	formatter: Formatter,
	ended: Ended,
): InvocationLog {
	return new Invocation(options, log, formatter, ended);
}

/** What output needs is made with the first of it: most invocations print nothing. */
class Invocation extends OpenInvocation implements InvocationLog, Source {
	private readonly options: InvocationOptions;
	private readonly log: FunctionLog;
	private readonly formatter: Formatter;
	private readonly ended: Ended;
	/** Messages without their times, while there is no output between them. */
	private readonly startMessages: string[];
	private endMessages: string[] = NONE;
	/** What stands for START in the log, as long as it is not there. */
	private start: string;
	private lines: Tail | undefined;
	private ownBudget: Budget | undefined;
	private droppedLines = 0;
	private droppedBytes = 0;
	private streams: Record<1 | 2, LineAssembler> | undefined;
	private isOpen = true;

	constructor(options: InvocationOptions, log: FunctionLog, formatter: Formatter, ended: Ended) {
		super();
		this.options = options;
		this.log = log;
		this.formatter = formatter;
		this.ended = ended;
		const time = options.time();
		this.startMessages = formatter.start(time);
		this.start = stamped(time, this.startMessages);
		if (this.start !== "") options.open.add(this);
	}

	get budget(): Budget {
		this.ownBudget ??= new Budget(this.options.limit);
		return this.ownBudget;
	}

	override flushStart(): void {
		this.options.open.remove(this);
		if (this.start !== "") this.log.appendOwn(this.start, this.startMessages.length, this);
		this.start = "";
	}

	output(stream: 1 | 2, bytes: Uint8Array): void {
		if (!this.isOpen) return;
		if (this.streams === undefined) {
			this.flushStart();
			this.streams = { 1: this.assembler(1), 2: this.assembler(2) };
		}
		this.streams[stream].push(bytes);
	}

	finish(usage: Usage, failure: Failure | null): void {
		if (!this.isOpen) return;
		this.streams?.[1].flush();
		this.streams?.[2].flush();
		this.isOpen = false;
		this.noteDropped();
		this.options.open.remove(this);
		const time = this.options.time();
		this.endMessages = this.formatter.end(time, usage, failure);
		const end = stamped(time, this.endMessages);
		const all = this.start === "" ? end : end === "" ? this.start : `${this.start}\n${end}`;
		const started = this.start === "" ? 0 : this.startMessages.length;
		if (all !== "") this.log.appendOwn(all, started + this.endMessages.length, this);
		this.start = "";
		this.ended(usage, failure);
	}

	tail(): Uint8Array {
		const lines = this.lines ?? this.firstLines();
		if (!this.isOpen) for (const message of this.endMessages) lines.push(message);
		this.endMessages = NONE;
		this.lines = lines;
		return lines.bytes();
	}

	private firstLines(): Tail {
		const lines = new Tail();
		for (const message of this.startMessages) lines.push(message);
		return lines;
	}

	/** A line between START and END. */
	private keep(message: string): void {
		this.lines ??= this.firstLines();
		this.lines.push(message);
	}

	/** The line that stands for lines which the disk did not take. */
	dropped(lines: number, bytes: number): string {
		const time = this.options.time();
		return `${time}\t${this.formatter.dropped(time, lines, bytes)}`;
	}

	/** A line of the guest's. */
	private line(stream: 1 | 2, text: string): void {
		const time = this.options.time();
		const message = this.formatter.line(time, stream, text);
		if (message === null) return;
		this.noteDropped();
		if (this.log.append(`${time}\t${message}`, this)) this.keep(message);
		else this.drop(1, Buffer.byteLength(text) + 1);
	}

	private drop(lines: number, bytes: number): void {
		this.droppedLines += lines;
		this.droppedBytes += bytes;
	}

	private noteDropped(): void {
		if (this.droppedLines === 0) return;
		const time = this.options.time();
		const message = this.formatter.dropped(time, this.droppedLines, this.droppedBytes);
		this.keep(message);
		this.log.appendOwn(`${time}\t${message}`, 1, this);
		this.droppedLines = 0;
		this.droppedBytes = 0;
	}

	private assembler(stream: 1 | 2): LineAssembler {
		const { log } = this;
		return new LineAssembler({
			hasRoom: () => log.hasRoom(this, this.droppedLines > 0),
			line: (text) => this.line(stream, text),
			drop: (lines, bytes) => this.drop(lines, bytes),
			take: (bytes) => log.total.take(bytes),
			give: (bytes) => log.total.give(bytes),
		});
	}
}

const NONE: string[] = [];

/** Messages as lines, each with its time. */
function stamped(time: string, messages: readonly string[]): string {
	if (messages.length === 0) return "";
	let text = `${time}\t${messages[0]!}`;
	for (let i = 1; i < messages.length; i++) text += `\n${time}\t${messages[i]!}`;
	return text;
}
