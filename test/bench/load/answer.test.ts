import { describe, expect, it } from "vitest";
import { AnswerReader } from "./answer.ts";

const SIZED = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";

/** What a reader says of each piece. */
function take(pieces: string[]): (string | null | undefined)[] {
	const reader = new AnswerReader("hello");
	return pieces.map((piece) => {
		const buffer = Buffer.alloc(1000, piece.padEnd(1000, "x"));
		return reader.take(buffer, piece.length);
	});
}

describe("an answer", () => {
	it.each([
		["with a length", SIZED],
		["in chunks", CHUNKED],
		["in several chunks", CHUNKED.replace("5\r\nhello", "2\r\nhe\r\n3\r\nllo")],
	])("%s is good, again and again", (_name, text) => {
		expect(take([text, text, text])).toEqual([null, null, null]);
	});

	it("is the same cut at any byte", () => {
		for (const text of [SIZED, CHUNKED])
			for (let at = 1; at < text.length; at++)
				expect(take([text, text.slice(0, at), text.slice(at), text])).toEqual([null, undefined, null, null]);
	});

	it.each([
		["another status", SIZED.replace("200 OK", "502 XY")],
		["another body", SIZED.replace("hello", "hullo")],
		["another length", SIZED.replace("5\r\n\r\nhello", "6\r\n\r\nhello!")],
		["another body in chunks", CHUNKED.replace("hello", "hullo")],
	])("with %s is found among good ones", (_name, text) => {
		for (const good of [SIZED, CHUNKED]) {
			const [first, second, third] = take([good, text, good]);
			expect([first, third]).toEqual([null, null]);
			expect(second).toMatch(/^(HTTP\/1.1 502|the body was)/);
		}
	});

	it("that closes the connection says so", () => {
		const reader = new AnswerReader("hello");
		const bytes = Buffer.from(SIZED.replace("Content", "Connection: close\r\nContent"));
		expect(reader.take(bytes, bytes.length)).toBe(null);
		expect(reader.keepsOpen).toBe(false);
	});
});
