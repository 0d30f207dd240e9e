/** A component or core module as a tree of its sections: taken apart, changed, and put together again. */
import { Reader } from "../../host/engine/binary/reader.ts";
import { Writer } from "../../host/engine/binary/writer.ts";
import { layerOf } from "../../host/engine/build/component/parse.ts";

export interface Section {
	id: number;
	content: Uint8Array | Binary;
	/** Bytes more than needed that its length takes. */
	padding: number;
}

export interface Binary {
	layer: "component" | "module";
	sections: Section[];
}

/** A component's sections that hold a module, or a component. */
const NESTED = new Set([1, 4]);

/** Throws BinaryError on what has no sections. */
export function takeApart(bytes: Uint8Array): Binary {
	const layer = layerOf(bytes);
	const r = new Reader(bytes, 8);
	if (layer === null) r.fail("neither component nor module");
	const sections: Section[] = [];
	while (!r.done) {
		const id = r.byte();
		const content = r.take(r.u32());
		sections.push({ id, content: layer === "component" && NESTED.has(id) ? takeApart(content) : content, padding: 0 });
	}
	return { layer: layer!, sections };
}

export function putTogether({ layer, sections }: Binary): Uint8Array {
	const out = new Writer().ops(0, 0x61, 0x73, 0x6d, ...(layer === "module" ? [1, 0, 0, 0] : [0x0d, 0, 1, 0]));
	for (const { id, content, padding } of sections) {
		const bytes = content instanceof Uint8Array ? content : putTogether(content);
		out.byte(id).put(padded(bytes.length, padding)).put(bytes);
	}
	return out.done();
}

/** An unsigned LEB128 integer in more bytes than it needs, which up to five are allowed. */
export function padded(value: number, padding: number): Uint8Array {
	const bytes = new Writer().u32(value).done();
	if (padding === 0) return bytes;
	const longer = new Uint8Array(bytes.length + padding).fill(0x80);
	longer.set(bytes);
	longer[bytes.length - 1]! |= 0x80;
	longer[longer.length - 1] = 0;
	return longer;
}

/** All of the tree, the outermost first. */
export function allOf(binary: Binary): Binary[] {
	const inner = binary.sections.flatMap(({ content }) => (content instanceof Uint8Array ? [] : allOf(content)));
	return [binary, ...inner];
}
