/**
 * Takes from a module the exports that nobody uses. V8 makes an object for each of them with every instance, 0.7 us each;
 * Python's libraries have 4,500, for programs that might be linked with them.
 */
import { Reader } from "../binary/reader.ts";
import { Writer } from "../binary/writer.ts";
import type { CallOptions, CoreRef, LinkPlan } from "../plan.ts";

const EXPORT_SECTION = 7;
const HEADER_SIZE = 8;

/** The exports of each core module that the plan refers to, whichever of its instances it means. */
export function usedExports(plan: LinkPlan, modules: number): Set<string>[] {
	const used = Array.from({ length: modules }, () => new Set<string>());
	const use = (ref: CoreRef | null): void => {
		if (ref !== null) used[plan.instances[ref.instance]!.module]!.add(ref.name);
	};
	const useOptions = ({ memory, realloc, postReturn }: CallOptions): void => [memory, realloc, postReturn].forEach(use);
	for (const { imports, starts } of plan.instances) {
		starts?.forEach(use);
		for (const [, , source] of imports) {
			if (source.from === "instance" || source.from === "later") use(source);
			if (source.from === "host") useOptions(source.options);
		}
	}
	for (const lifted of Object.values(plan.exports)) {
		use(lifted.func);
		useOptions(lifted);
	}
	plan.destructors.forEach(use);
	return used;
}

/** The module with those of its exports that are to be kept, in their order. */
export function pruneExports(bytes: Uint8Array, isKept: (name: string) => boolean): Uint8Array {
	const out = new Writer(bytes.length).put(bytes, 0, HEADER_SIZE);
	const reader = new Reader(bytes, HEADER_SIZE);
	while (!reader.done) {
		const start = reader.pos;
		const id = reader.byte();
		const content = reader.take(reader.u32());
		if (id === EXPORT_SECTION) out.section(id, keptExports(content, isKept));
		else out.put(bytes, start, reader.pos);
	}
	return out.done();
}

function keptExports(content: Uint8Array, isKept: (name: string) => boolean): Uint8Array {
	const reader = new Reader(content);
	const kept: Uint8Array[] = [];
	reader.vec((it) => {
		const start = it.pos;
		const name = it.name();
		it.byte();
		it.u32();
		if (isKept(name)) kept.push(content.subarray(start, it.pos));
	});
	const out = new Writer(content.length).u32(kept.length);
	for (const it of kept) out.put(it);
	return out.view();
}
