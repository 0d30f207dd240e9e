/**
 * `resource.drop` of a resource that the guest defines itself, and gives a destructor: guest code that calls guest code
 * (canonical ABI, `canon_resource_drop`). It is called from WebAssembly and not from JavaScript, so that it is as any function of the
 * guest: it may call the host, which may put it aside; and no host function is at work meanwhile.
 */
import { moduleOf, vectorSection, Writer } from "./binary/writer.ts";

const I32 = 0x7f;

/** Imports `take` (a handle in, what it stands for out) and `destructor`; exports `drop`, which calls one and then the other. */
function dropModule(): WebAssembly.Module {
	const types = vectorSection(1, 2, (out, i) =>
		out
			.byte(0x60)
			.u32(1)
			.byte(I32)
			.u32(1 - i)
			.put(Uint8Array.of(I32), 0, 1 - i),
	);
	const imports = vectorSection(2, 2, (out, i) =>
		out
			.name("")
			.name(i === 0 ? "take" : "destructor")
			.byte(0)
			.u32(i),
	);
	const functions = vectorSection(3, 1, (out) => out.u32(1));
	const exports = vectorSection(7, 1, (out) => out.name("drop").byte(0).u32(2));
	// local.get 0, call take, call destructor
	const body = new Writer().u32(0).ops(0x20, 0, 0x10, 0, 0x10, 1, 0x0b);
	const code = vectorSection(10, 1, (out) => out.sized(body.view()));
	return new WebAssembly.Module(moduleOf([types, imports, functions, exports, code]));
}

let compiled: WebAssembly.Module | undefined;

/** The function to be imported as `resource.drop`. `take` removes a handle and gives its representation, or throws. */
export function dropWith(
	take: (handle: number) => number,
	destructor: WebAssembly.ImportValue,
): WebAssembly.ImportValue {
	compiled ??= dropModule();
	const { exports } = new WebAssembly.Instance(compiled, { "": { take, destructor } });
	return exports.drop!;
}
