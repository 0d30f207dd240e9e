/**
 * Gives a module's imports numbers for names: all in the namespace `0`, in their order. V8 reads the names anew with each instance and
 * looks each up; two numbers are found in lists. No guest's name can be one that JavaScript has a meaning for, either.
 */
import { Reader } from "../binary/reader.ts";
import { Writer } from "../binary/writer.ts";
import { coreImports } from "./core-imports.ts";

const IMPORT_SECTION = 2;
const HEADER_SIZE = 8;

export function numberImports(bytes: Uint8Array): Uint8Array {
	const imports = coreImports(bytes);
	const content = new Writer(imports.length * 8 + 8).u32(imports.length);
	for (const [i, { description }] of imports.entries()) content.name("0").name(String(i)).put(description);
	const out = new Writer(bytes.length).put(bytes, 0, HEADER_SIZE);
	const reader = new Reader(bytes, HEADER_SIZE);
	while (!reader.done) {
		const start = reader.pos;
		const id = reader.byte();
		reader.take(reader.u32());
		if (id === IMPORT_SECTION) out.section(id, content.view());
		else out.put(bytes, start, reader.pos);
	}
	return out.done();
}
