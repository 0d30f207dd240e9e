/** The end of one invocation's log, as `X-Amz-Log-Result` has it. */
import { lastBytes } from "./utf8.ts";

/** Bytes that Invoke answers with for `LogType=Tail` (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html). */
export const TAIL_BYTES = 4096;
/** Characters kept; a character is a byte at least, so the last 4 KB are among them, and none of those is half of a pair. */
const KEPT = 2 * TAIL_BYTES;

export class Tail {
	#text = "";

	push(line: string): void {
		this.#text += `${line}\n`;
		// Seldom, so that a line costs its length and no more.
		if (this.#text.length > 2 * KEPT) this.#text = this.#text.slice(-KEPT);
	}

	/** UTF-8, each line with its newline, no character split. */
	bytes(): Uint8Array {
		return lastBytes(Buffer.from(this.#text.slice(-KEPT)), TAIL_BYTES);
	}
}
