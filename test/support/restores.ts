/**
 * The oracle of restores in place: after each, all of the memories is compared with the image, marked or not, and each map has to
 * be empty.
 */
import { Restorer } from "../../host/engine/restorer.ts";
import type { MemoryImage } from "../../host/engine/whole-image.ts";

/** What is looked at in a `Restorer`. */
interface Inside {
	memories: { image: MemoryImage; bytes: Buffer; map: Uint8Array }[];
	globals: { global: WebAssembly.Global; value: number | bigint }[];
}

export interface Restores {
	/** Successful ones. */
	count: number;
	/** What was not as it was to be. */
	wrong: string[];
	/** Looks no more. */
	end(): void;
}

function look({ memories, globals }: Inside, wrong: string[]): void {
	for (const [i, { image, bytes, map }] of memories.entries()) {
		const whole = Buffer.alloc(image.size);
		image.copyTo(whole, 0, whole.length);
		if (bytes.compare(whole) !== 0) wrong.push(`memory ${i} at ${whole.findIndex((it, at) => it !== bytes[at])}`);
		if (map.some((it) => it !== 0)) wrong.push(`memory ${i} is still marked`);
	}
	for (const [i, { global, value }] of globals.entries())
		if (!Object.is(global.value, value)) wrong.push(`global ${i} is ${global.value}`);
}

/** Looks at all restores of this process from now on. */
export function watchRestores(): Restores {
	const { restore, restoreInSteps } = Restorer.prototype;
	const end = (): void => void Object.assign(Restorer.prototype, { restore, restoreInSteps });
	const seen: Restores = { count: 0, wrong: [], end };
	const note = (restorer: Restorer, isRestored: boolean): boolean => {
		if (isRestored) {
			seen.count++;
			look(restorer as unknown as Inside, seen.wrong);
		}
		return isRestored;
	};
	Restorer.prototype.restore = function () {
		return note(this, restore.call(this));
	};
	Restorer.prototype.restoreInSteps = function* () {
		return note(this, yield* restoreInSteps.call(this));
	};
	return seen;
}
