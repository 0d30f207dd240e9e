/**
 * Puts an instance back, in place, to what it was. Its modules have marked which pages they wrote to, and so has the host
 * (`build/meter/marks.ts`): only those are copied from the image. What a memory holds else is what it held at the beginning.
 */
import { PAGE_SHIFT, SLACK } from "./build/meter/marks.ts";
import { STEP, type Steps } from "./steps.ts";
import { globalAt, type MemoryImage, memoryAt, type WholeImage } from "./whole-image.ts";

const PAGE = 1 << PAGE_SHIFT;
/** Pages that are put back in one go. */
const MOST = STEP / PAGE;

/** One memory of one instance. */
class MarkedMemory {
	private readonly image: MemoryImage;
	private readonly memory: WebAssembly.Memory;
	private readonly bytes: Buffer;
	/** A byte for each page, and the same eight by eight: bytes of 0 and 1 are a number that is 0 if all are. */
	private readonly map: Uint8Array;
	private readonly eights: Float64Array;
	/** Pages before this one are as they were. */
	private at = 0;

	constructor(image: MemoryImage, memory: WebAssembly.Memory, map: WebAssembly.Memory) {
		this.image = image;
		this.memory = memory;
		this.bytes = Buffer.from(memory.buffer);
		// A memory is a multiple of 64 KiB, so this is one of 8 pages.
		this.map = new Uint8Array(map.buffer, 0, image.size / PAGE);
		this.eights = new Float64Array(map.buffer, 0, image.size / PAGE / 8);
	}

	/** A view of a memory that has grown since has the length 0: to look at that is quicker than to ask the memory. */
	get hasGrown(): boolean {
		const { size } = this.image;
		return size === 0 ? this.memory.buffer.byteLength > 0 : this.bytes.length !== size;
	}

	/** It is now as it is to be. */
	begin(): void {
		this.map.fill(0);
	}

	/** Puts the next marked pages back, `MOST` of them at most; false if there were none. */
	step(): boolean {
		const first = this.marked();
		if (first === this.map.length) {
			this.at = 0;
			return false;
		}
		let end = first;
		while (end < this.map.length && end < first + MOST && this.map[end] !== 0) this.map[end++] = 0;
		this.at = end;
		this.image.copyTo(this.bytes, first * PAGE, Math.min(end * PAGE + SLACK, this.image.size));
		return true;
	}

	/** The next marked page, or the number of pages. */
	private marked(): number {
		const { map, eights } = this;
		let page = this.at;
		while ((page & 7) !== 0) if (map[page++] !== 0) return page - 1;
		let eight = page >> 3;
		while (eight < eights.length && eights[eight] === 0) eight++;
		page = eight << 3;
		while (page < map.length && map[page] === 0) page++;
		return page;
	}
}

export class Restorer {
	private readonly memories: readonly MarkedMemory[];
	private readonly globals: readonly { global: WebAssembly.Global; value: number | bigint }[];

	/**
	 * For an instance that is as the image says, and runs nothing. `mapOf` gives the map of a memory of its; all that writes to a
	 * memory from now on marks it there.
	 */
	constructor(
		image: WholeImage,
		instances: readonly WebAssembly.Exports[],
		mapOf: (memory: WebAssembly.Memory) => WebAssembly.Memory,
	) {
		this.memories = image.memories.map((it) => {
			const memory = memoryAt(instances, it.place);
			return new MarkedMemory(it.image, memory, mapOf(memory));
		});
		this.globals = image.globals.map(({ place, value }) => ({ global: globalAt(instances, place), value }));
		for (const memory of this.memories) memory.begin();
	}

	/** All at once. False if a memory has grown: no memory can shrink. */
	restore(): boolean {
		if (this.memories.some((it) => it.hasGrown)) return false;
		for (const memory of this.memories) while (memory.step());
		this.restoreGlobals();
		return true;
	}

	/** As `restore`, for large memories. */
	*restoreInSteps(): Steps<boolean> {
		if (this.memories.some((it) => it.hasGrown)) return false;
		for (const memory of this.memories) while (memory.step()) yield;
		this.restoreGlobals();
		return true;
	}

	private restoreGlobals(): void {
		for (const { global, value } of this.globals) global.value = value;
	}
}
