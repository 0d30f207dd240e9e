/** The end of one invocation's log, as `X-Amz-Log-Result` has it. */
import { lastBytes } from "./utf8.ts";

/** Bytes that Invoke answers with for `LogType=Tail` (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html). */
export const TAIL_BYTES = 4096;
/** Characters to keep; a character is a byte at least, so the last 4 KB are among them, and none of those is half of a pair. */
const KEPT = 2 * TAIL_BYTES;

/** Holds the lines themselves and puts them together when asked: few callers ask. */
export class Tail {
	#lines: string[] = [];
	#length = 0;

	push(line: string): void {
		this.#lines.push(line);
		this.#length += line.length + 1;
		// Seldom, so that a line costs next to nothing.
		if (this.#length > 4 * KEPT) this.#trim();
	}

	/** UTF-8, each line with its newline, no character split. */
	bytes(): Uint8Array {
		if (this.#lines.length === 0) return new Uint8Array(0);
		return lastBytes(Buffer.from(`${this.#lines.join("\n")}\n`.slice(-KEPT)), TAIL_BYTES);
	}

	/** Forgets lines that are wholly before the last `KEPT` characters, and the beginning of a long one. */
	#trim(): void {
		let first = this.#lines.length;
		let length = 0;
		while (first > 0 && length < KEPT) length += this.#lines[--first]!.length + 1;
		this.#lines = this.#lines.slice(first);
		const longest = this.#lines[0]!;
		if (longest.length > KEPT) {
			this.#lines[0] = longest.slice(-KEPT);
			length += KEPT - longest.length;
		}
		this.#length = length;
	}
}
