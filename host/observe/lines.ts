/** Puts a guest's output together to lines, whatever the pieces it comes in. */
import { wholeEnd } from "./utf8.ts";

/** A longer line is cut (CloudWatch's limit for one event was 256 KB), bytes. */
export const MAX_LINE = 256 * 1024;
const FIRST_SIZE = 256;
const NEWLINE = 10;
const NOTHING = new Uint8Array(0);

/** Where lines go. */
export interface LineSink {
	/** Asked before each line; without room lines are only counted, which costs little. */
	hasRoom(): boolean;
	line(text: string): void;
	drop(lines: number, bytes: number): void;
	/** Asks for memory for a line that is not whole yet, bytes; where it is refused the line is cut. */
	take(bytes: number): boolean;
	/** Gives such memory back. */
	give(bytes: number): void;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The lines of one stream. Bytes that are not UTF-8 become U+FFFD. Holds one line at most, in a buffer of its own. */
export class LineAssembler {
	readonly #sink: LineSink;
	#buffer: Uint8Array = NOTHING;
	#length = 0;
	/** Bytes of this line beyond MAX_LINE, or beyond what memory there was. */
	#cut = 0;

	constructor(sink: LineSink) {
		this.#sink = sink;
	}

	push(bytes: Uint8Array): void {
		let start = 0;
		for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
			if (!this.#sink.hasRoom()) {
				start = this.#skip(bytes, start);
				break;
			}
			this.#finish(bytes.subarray(start, end));
			start = end + 1;
		}
		this.#hold(bytes.subarray(start));
	}

	/** The stream ended: what there is of a line is a line. Holds no memory afterwards. */
	flush(): void {
		if (this.#length > 0 || this.#cut > 0) {
			if (this.#sink.hasRoom()) this.#finish(NOTHING);
			else this.#sink.drop(1, this.#forget());
		}
		this.#release();
	}

	/** Counts the lines that end in `bytes`, which has one at least. Gives where the next one starts. */
	#skip(bytes: Uint8Array, start: number): number {
		let lines = 0;
		let next = start;
		for (let at = start; at < bytes.length; at++) {
			if (bytes[at] !== NEWLINE) continue;
			lines++;
			next = at + 1;
		}
		this.#sink.drop(lines, next - start + this.#forget());
		return next;
	}

	#finish(last: Uint8Array): void {
		if (this.#length === 0 && this.#cut === 0 && last.length <= MAX_LINE) {
			this.#sink.line(decoder.decode(last));
			return;
		}
		this.#hold(last);
		const cut = this.#cut;
		const end = cut > 0 ? wholeEnd(this.#buffer, this.#length - 1) : this.#length;
		const text = decoder.decode(this.#buffer.subarray(0, end));
		const missing = cut + this.#length - end;
		this.#forget();
		this.#sink.line(cut > 0 ? `${text} [pilot] ${missing} bytes of this line were dropped here` : text);
	}

	#hold(bytes: Uint8Array): void {
		this.#grow(this.#length + bytes.length);
		const kept = Math.min(bytes.length, this.#buffer.length - this.#length);
		this.#buffer.set(bytes.subarray(0, kept), this.#length);
		this.#length += kept;
		this.#cut += bytes.length - kept;
	}

	#grow(size: number): void {
		const old = this.#buffer;
		// What follows a cut is cut too, so that a line is its beginning.
		if (size <= old.length || this.#cut > 0) return;
		const wanted = Math.min(MAX_LINE, Math.max(FIRST_SIZE, size, old.length * 2));
		if (wanted <= old.length || !this.#sink.take(wanted - old.length)) return;
		this.#buffer = new Uint8Array(wanted);
		this.#buffer.set(old.subarray(0, this.#length));
	}

	#release(): void {
		this.#sink.give(this.#buffer.length);
		this.#buffer = NOTHING;
	}

	/** Starts a new line. Gives the bytes that there were of this one. */
	#forget(): number {
		const bytes = this.#length + this.#cut;
		this.#length = 0;
		this.#cut = 0;
		// One long line must not keep its memory as long as the invocation lives.
		if (this.#buffer.length > 16 * FIRST_SIZE) this.#release();
		return bytes;
	}
}
