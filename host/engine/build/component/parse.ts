/**
 * Reads a component's binary into definitions (component model, Binary.md). Validation is wasm-tools' work, afterwards: what
 * is nested too deep or too large for it is refused here.
 */
import { Reader } from "../../binary/reader.ts";
import type { Canon, CanonOptions, ComponentAst, Definition } from "./ast.ts";
import { asyncBuiltin, asyncOption } from "./async-builtins.ts";
import { skipCoreType } from "./core-types.ts";
import { alias, coreSort, defType, externDesc, externName, sortIndex } from "./parse-types.ts";

/** Is this a component, a core module, or neither? By the eight bytes of the preamble. */
export function layerOf(bytes: Uint8Array): "component" | "module" | null {
	if (bytes.length < 8) return null;
	const [a, b, c, d, v0, v1, l0, l1] = bytes;
	if (a !== 0 || b !== 0x61 || c !== 0x73 || d !== 0x6d || l1 !== 0) return null;
	if (v0 === 0x0d && v1 === 0 && l0 === 1) return "component";
	if (v0 === 1 && v1 === 0 && l0 === 0) return "module";
	return null;
}

/** A section with its id and length is two bytes at least; a module or component within has a preamble of eight. */
const HEAD = 10;

/** How deep components may nest. */
const MAX_NESTING = 50;

/** Bytes that all definitions without core modules may take: each may become a hundred times as large. Python's take 50 KB. */
const MAX_DEFINITIONS = 4 * 2 ** 20;

/** Reads a component. Throws BinaryError on what is malformed, or belongs to a proposal that is not linked here. */
export function parseComponent(bytes: Uint8Array): ComponentAst {
	return component(new Reader(bytes), 0, { bytes: MAX_DEFINITIONS });
}

function component(r: Reader, nesting: number, left: { bytes: number }): ComponentAst {
	if (nesting > MAX_NESTING) r.fail("components nested too deep");
	if (layerOf(r.take(8)) !== "component") r.fail("not a component");
	const definitions: Definition[] = [];
	while (!r.done) {
		const id = r.byte();
		section(id, r.sub(r.u32()), definitions, nesting, left);
	}
	return { definitions };
}

function section(id: number, r: Reader, into: Definition[], nesting: number, left: { bytes: number }): void {
	if (id === 0) return;
	left.bytes -= HEAD;
	if (id === 1) return void into.push({ is: "core module", bytes: r.bytes.subarray(r.pos, r.end) });
	if (id === 3) return skipCoreTypes(r, left);
	if (id === 4) return void into.push({ is: "component", component: component(r, nesting + 1, left) });
	left.bytes -= r.end - r.pos;
	if (left.bytes < 0) r.fail("definitions too large to be linked");
	const item = ITEMS[id] ?? r.fail(`section ${id} is not supported`);
	for (const definition of r.vec(item)) into.push(definition);
	if (!r.done) r.fail("section size mismatch");
}

/** Core types add to an index space that nothing of a plan refers to. */
function skipCoreTypes(r: Reader, left: { bytes: number }): void {
	left.bytes -= r.end - r.pos;
	if (left.bytes < 0) r.fail("definitions too large to be linked");
	r.vec(skipCoreType);
	if (!r.done) r.fail("section size mismatch");
}

const ITEMS: Readonly<Record<number, (r: Reader) => Definition>> = {
	2: coreInstance,
	5: instance,
	6: (r) => ({ is: "alias", alias: alias(r) }),
	7: (r) => ({ is: "type", type: defType(r) }),
	8: (r) => ({ is: "canon", canon: canon(r) }),
	10: (r) => ({ is: "import", name: externName(r), desc: externDesc(r) }),
	11: exported,
};

function coreInstance(r: Reader): Definition {
	if (r.byte() === 1) return { is: "core exports", exports: r.vec((it) => [it.name(), coreSort(it), it.u32()]) };
	const module = r.u32();
	const args = r.vec((it): [string, number] => {
		const name = it.name();
		if (it.byte() !== 0x12) it.fail("an argument that is not an instance");
		return [name, it.u32()];
	});
	return { is: "core instance", module, args };
}

function instance(r: Reader): Definition {
	if (r.byte() === 1) return { is: "exports", exports: r.vec((it) => [externName(it), sortIndex(it)]) };
	return { is: "instance", component: r.u32(), args: r.vec((it) => [it.name(), sortIndex(it)]) };
}

function exported(r: Reader): Definition {
	const name = externName(r);
	const item = sortIndex(r);
	if (r.byte() === 1) externDesc(r);
	return { is: "export", name, item };
}

const RESOURCE: Readonly<Record<number, "resource.new" | "resource.drop" | "resource.rep">> = {
	2: "resource.new",
	3: "resource.drop",
	4: "resource.rep",
};

function canon(r: Reader): Canon {
	const code = r.byte();
	const resource = RESOURCE[code];
	if (resource !== undefined) return { is: resource, type: r.u32() };
	if (code > 1) r.fail(asyncBuiltin(code));
	if (r.byte() !== 0) r.fail("malformed canonical function");
	const func = r.u32();
	const options = canonOptions(r);
	return code === 0 ? { is: "lift", func, options, type: r.u32() } : { is: "lower", func, options };
}

function canonOptions(r: Reader): CanonOptions {
	const options: CanonOptions = { encoding: "utf8", memory: null, realloc: null, postReturn: null };
	const count = r.u32();
	for (let i = 0; i < count; i++) canonOption(r, options);
	return options;
}

function canonOption(r: Reader, options: CanonOptions): void {
	const code = r.byte();
	if (code === 0) options.encoding = "utf8";
	else if (code === 1) options.encoding = "utf16";
	else if (code === 2) options.encoding = "latin1+utf16";
	else if (code === 3) options.memory = r.u32();
	else if (code === 4) options.realloc = r.u32();
	else if (code === 5) options.postReturn = r.u32();
	else r.fail(asyncOption(code));
}
