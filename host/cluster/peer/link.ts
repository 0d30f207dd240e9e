/**
 * A connection between two workers: many invocations at once, each with a number of its own, in frames. What is sent in one
 * turn of the event loop goes out in one write, since a write to a process that sleeps costs more than all else (40 us on a
 * virtual machine).
 *
 * A frame is its length (4 bytes, big-endian, of what follows), its type (1), the invocation's number (4), the length of its
 * head (4), the head as JSON, and bytes.
 */
import type { Socket } from "node:net";

/** Frames of an invocation, and of the bodies that go with it in either direction. */
export const FRAME = {
	/** To the home: what is to be invoked; the bytes are the event. */
	invoke: 1,
	/** To the home: the caller went away. */
	cancel: 2,
	/** From the home: status and fields of an answer; the bytes are its body, if it is there as a whole. */
	response: 3,
	/** From the home: what came of it. The bytes are the payload. */
	result: 4,
	/** From the home: what `invoke` threw. */
	error: 5,
	/** A piece of a body. */
	body: 6,
	/** The end of a body, with its trailers. */
	end: 7,
	/** A body broke off. */
	broken: 8,
	/** So many bytes of a body were taken. */
	credit: 9,
	/** Nobody wants the rest of a body. */
	stop: 10,
} as const;

export type FrameType = (typeof FRAME)[keyof typeof FRAME];

export interface Frame {
	type: FrameType;
	id: number;
	/** JSON of this project's own making, read by the same version that wrote it. */
	head: unknown;
	bytes: Buffer;
}

const PREFIX = 13;
/** What is sent together is copied into one buffer up to this size. */
const COPIED = 65_536;
const NOTHING = Buffer.alloc(0);

/** When what was gathered goes out. */
export type Schedule = (flush: () => void) => void;

export interface LinkEvents {
	frame(frame: Frame): void;
	/** Once, whoever closed it and why. */
	closed(): void;
}

export class Link {
	readonly #socket: Socket;
	readonly #schedule: Schedule;
	#gathered: Buffer[] = [];
	#size = 0;
	#isClosed = false;

	constructor(socket: Socket, schedule: Schedule, events: LinkEvents) {
		this.#socket = socket;
		this.#schedule = schedule;
		const reader = new FrameReader((frame) => events.frame(frame));
		socket.on("data", (chunk: Buffer) => reader.take(chunk));
		socket.on("error", () => {});
		socket.once("close", () => {
			this.#isClosed = true;
			events.closed();
		});
	}

	send(type: FrameType, id: number, head: unknown = null, bytes: Uint8Array = NOTHING): void {
		if (this.#isClosed) return;
		const text = Buffer.from(JSON.stringify(head));
		const prefix = Buffer.allocUnsafe(PREFIX);
		prefix.writeUInt32BE(PREFIX - 4 + text.length + bytes.length, 0);
		prefix[4] = type;
		prefix.writeUInt32BE(id, 5);
		prefix.writeUInt32BE(text.length, 9);
		if (this.#size === 0) this.#schedule(this.#flush);
		this.#gathered.push(prefix, text);
		if (bytes.length > 0) this.#gathered.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
		this.#size += PREFIX + text.length + bytes.length;
	}

	readonly #flush = (): void => {
		const all = this.#gathered;
		const size = this.#size;
		this.#gathered = [];
		this.#size = 0;
		if (this.#isClosed) return;
		if (size <= COPIED) return void this.#socket.write(Buffer.concat(all, size));
		this.#socket.cork();
		for (const it of all) this.#socket.write(it);
		this.#socket.uncork();
	};

	destroy(): void {
		this.#socket.destroy();
	}
}

/** Frames out of what comes, however it is cut. */
export class FrameReader {
	readonly #take: (frame: Frame) => void;
	#pending: Buffer[] = [];
	#length = 0;
	/** Bytes without which there is nothing to do. */
	#needed = 4;

	constructor(take: (frame: Frame) => void) {
		this.#take = take;
	}

	take(chunk: Buffer): void {
		this.#pending.push(chunk);
		this.#length += chunk.length;
		if (this.#length < this.#needed) return;
		const all = this.#pending.length === 1 ? chunk : Buffer.concat(this.#pending, this.#length);
		const rest = all.subarray(this.#frames(all));
		this.#pending = rest.length === 0 ? [] : [rest];
		this.#length = rest.length;
		this.#needed = rest.length < 4 ? 4 : 4 + rest.readUInt32BE(0);
	}

	/** Gives where the first frame begins that is not whole. */
	#frames(all: Buffer): number {
		let at = 0;
		while (all.length - at >= 4) {
			const end = at + 4 + all.readUInt32BE(at);
			if (all.length < end) break;
			const head = at + PREFIX;
			const bytes = head + all.readUInt32BE(at + 9);
			this.#take({
				type: all[at + 4] as FrameType,
				id: all.readUInt32BE(at + 5),
				head: JSON.parse(all.toString("utf8", head, bytes)),
				bytes: all.subarray(bytes, end),
			});
			at = end;
		}
		return at;
	}
}
