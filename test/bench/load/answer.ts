/**
 * Reads HTTP answers off a connection, one at a time, and says whether each is what it must be. The first is parsed whole;
 * another of the same length, with the same status and the same end, is taken as the same without a look at its headers.
 */
const STATUS = Buffer.from("HTTP/1.1 200 ");
const HEAD_END = Buffer.from("\r\n\r\n");
const CHUNKS_END = Buffer.from("0\r\n\r\n");

export class AnswerReader {
	private readonly body: Buffer;
	/** Bytes of an answer that is not whole yet. */
	private pending: Buffer = Buffer.alloc(0);
	/** Length of the first good answer, and its last bytes: body and, if it was chunked, what ends it. */
	private length = 0;
	private tail: Buffer = Buffer.alloc(0);
	keepsOpen = true;

	constructor(body: string) {
		this.body = Buffer.from(body);
	}

	/**
	 * Takes what came. Null: an answer is whole and good; a text: it is whole and wrong, and how; undefined: it is not whole.
	 * The bytes are the caller's again afterwards.
	 */
	take(buffer: Buffer, length: number): string | null | undefined {
		if (this.pending.length === 0 && length === this.length && this.isLikeFirst(buffer)) return null;
		this.pending = Buffer.concat([this.pending, buffer.subarray(0, length)]);
		return this.parse();
	}

	private isLikeFirst(buffer: Buffer): boolean {
		const tail = this.length - this.tail.length;
		return (
			buffer.compare(STATUS, 0, STATUS.length, 0, STATUS.length) === 0 &&
			buffer.compare(this.tail, 0, this.tail.length, tail, this.length) === 0
		);
	}

	private parse(): string | null | undefined {
		const head = this.pending.indexOf(HEAD_END);
		if (head < 0) return undefined;
		const headers = this.pending.toString("latin1", 0, head);
		const start = head + HEAD_END.length;
		const length = /^content-length: *(\d+)/im.exec(headers);
		const found = length === null ? this.chunked(start) : this.sized(start, Number(length[1]));
		if (found === undefined) return undefined;
		if (/^connection: *close/im.test(headers)) this.keepsOpen = false;
		const whole = this.pending.subarray(0, found.end);
		this.pending = Buffer.from(this.pending.subarray(found.end));
		return this.judge(headers, whole, start, found.body);
	}

	private sized(start: number, length: number): { end: number; body: Buffer } | undefined {
		const end = start + length;
		return this.pending.length < end ? undefined : { end, body: this.pending.subarray(start, end) };
	}

	private chunked(start: number): { end: number; body: Buffer } | undefined {
		const chunks: Buffer[] = [];
		for (let at = start; ; ) {
			const line = this.pending.indexOf("\r\n", at);
			if (line < 0) return undefined;
			const size = Number.parseInt(this.pending.toString("latin1", at, line), 16);
			const end = line + 2 + size + 2;
			if (this.pending.length < end) return undefined;
			if (size === 0) return { end, body: Buffer.concat(chunks) };
			chunks.push(this.pending.subarray(line + 2, end - 2));
			at = end;
		}
	}

	private judge(headers: string, whole: Buffer, start: number, body: Buffer): string | null {
		if (!headers.startsWith("HTTP/1.1 200 ")) return `${headers.split("\r\n")[0]}: ${body.toString().slice(0, 200)}`;
		if (!body.equals(this.body)) return `the body was ${JSON.stringify(body.toString().slice(0, 200))}`;
		// A body in one piece stands as it is before the end; one in several is parsed each time.
		const tail = Buffer.from(whole.subarray(start));
		const inOnePiece = tail.length === body.length || tail.subarray(-CHUNKS_END.length).equals(CHUNKS_END);
		if (inOnePiece && this.length === 0) [this.length, this.tail] = [whole.length, tail];
		return null;
	}
}
