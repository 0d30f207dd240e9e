import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { FRAME, type Frame, FrameReader, Link } from "./link.ts";

/** What a link writes, a buffer a write, and a way to let it. */
function recorder() {
	const written: Buffer[] = [];
	const socket = new PassThrough();
	socket.write = ((chunk: Buffer) => written.push(chunk) > 0) as typeof socket.write;
	let flush = (): void => {};
	const schedule = (it: () => void): void => {
		flush = it;
	};
	const link = new Link(socket as unknown as Socket, schedule, { frame: () => {}, closed: () => {} });
	return { link, socket, written, flush: () => flush() };
}

const SENT: [Frame["type"], number, unknown, string][] = [
	[FRAME.invoke, 0, { a: ["ä", "\xff"] }, "bytes"],
	[FRAME.body, 2 ** 32 - 1, null, ""],
	[FRAME.credit, 7, 12, "x".repeat(3000)],
];

function bytesOf(frames: typeof SENT): Buffer {
	const { link, written, flush } = recorder();
	for (const [type, id, head, text] of frames) link.send(type, id, head, Buffer.from(text));
	flush();
	return Buffer.concat(written);
}

function read(pieces: Buffer[]): typeof SENT {
	const frames: typeof SENT = [];
	const reader = new FrameReader(({ type, id, head, bytes }) => frames.push([type, id, head, bytes.toString()]));
	for (const piece of pieces) reader.take(piece);
	return frames;
}

describe("frames", () => {
	it("arrive as they were sent, cut at any byte", () => {
		const all = bytesOf(SENT);
		expect(read([all])).toEqual(SENT);
		for (let at = 1; at < all.length; at++) expect(read([all.subarray(0, at), all.subarray(at)])).toEqual(SENT);
		expect(read(Array.from(all, (_, i) => all.subarray(i, i + 1)))).toEqual(SENT);
	});

	it("of one turn go out in one write, in their order", () => {
		const { link, written, flush } = recorder();
		for (const [type, id, head, text] of SENT) link.send(type, id, head, Buffer.from(text));
		expect(written).toEqual([]);
		flush();
		expect(written.length).toBe(1);
		link.send(FRAME.stop, 1);
		flush();
		expect(written.length).toBe(2);
		expect(read(written)).toEqual([...SENT, [FRAME.stop, 1, null, ""]]);
	});

	it("that are large go out uncopied", () => {
		const { link, written, flush } = recorder();
		const large = Buffer.alloc(200_000, "y");
		link.send(FRAME.body, 1, null, large);
		flush();
		expect(written.some((it) => it.buffer === large.buffer)).toBe(true);
		expect(read(written)).toEqual([[FRAME.body, 1, null, large.toString()]]);
	});

	it("are not sent once the link is closed", async () => {
		const { link, socket, written, flush } = recorder();
		link.send(FRAME.stop, 1);
		await new Promise((resolve) => socket.once("close", resolve).destroy());
		flush();
		link.send(FRAME.stop, 2);
		expect(written).toEqual([]);
	});
});
