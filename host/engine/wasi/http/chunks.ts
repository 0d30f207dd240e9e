/** Below this a write is gathered with its neighbours: a flood of one-byte writes must not become as many objects. */
const SMALL = 1024;
const BLOCK = 16_384;
const NOTHING = new Uint8Array();

/** Bytes in the order they came, copied in and given out in pieces. */
export class Chunks {
	private readonly full: Uint8Array[] = [];
	private block = NOTHING;
	private used = 0;
	/** How many bytes there are. */
	size = 0;

	/** Copies the bytes in. */
	push(bytes: Uint8Array): void {
		if (bytes.length === 0) return;
		if (bytes.length < SMALL && this.size > 0) this.gather(bytes);
		else {
			this.seal();
			this.full.push(bytes.slice());
		}
		this.size += bytes.length;
	}

	private gather(bytes: Uint8Array): void {
		if (this.used + bytes.length > this.block.length) {
			this.seal();
			this.block = new Uint8Array(BLOCK);
		}
		this.block.set(bytes, this.used);
		this.used += bytes.length;
	}

	/** The block is done. One that is mostly empty is cut to size, so that what is kept is near to what is counted. */
	private seal(): void {
		const { block, used } = this;
		if (used > 0) this.full.push(used > BLOCK / 2 ? block.subarray(0, used) : block.slice(0, used));
		this.block = NOTHING;
		this.used = 0;
	}

	/** The next piece; undefined if there is none. */
	shift(): Uint8Array | undefined {
		if (this.full.length === 0) this.seal();
		const piece = this.full.shift();
		if (piece !== undefined) this.size -= piece.length;
		return piece;
	}

	/** All there is, as one. */
	all(): Uint8Array {
		this.seal();
		const all = this.full.length === 1 ? this.full[0]! : Buffer.concat(this.full, this.size);
		this.clear();
		return all;
	}

	clear(): void {
		this.full.length = 0;
		this.block = NOTHING;
		this.used = 0;
		this.size = 0;
	}
}
