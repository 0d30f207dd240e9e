/** The module that the specification's tests import (its interpreter's `spectest`). */
const nothing = () => {};

export function spectest(): Record<string, WebAssembly.ImportValue> {
	const global = (value: WebAssembly.ValueType, of: number | bigint) => new WebAssembly.Global({ value }, of);
	return {
		print: nothing,
		print_i32: nothing,
		print_i64: nothing,
		print_f32: nothing,
		print_f64: nothing,
		print_i32_f32: nothing,
		print_f64_f64: nothing,
		global_i32: global("i32", 666),
		global_i64: global("i64", 666n),
		global_f32: global("f32", 666.6),
		global_f64: global("f64", 666.6),
		table: new WebAssembly.Table({ initial: 10, maximum: 20, element: "anyfunc" }),
		// A table with 64-bit indices, which the type library does not know yet.
		table64: new WebAssembly.Table({
			initial: 10n,
			maximum: 20n,
			element: "anyfunc",
			address: "i64",
		} as unknown as WebAssembly.TableDescriptor),
		memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }),
	};
}
