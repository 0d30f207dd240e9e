/** JavaScript Promise Integration (WebAssembly JSPI, phase 4), typed: the type library does not know it yet. */
const jspi = WebAssembly as unknown as {
	Suspending: new (fn: (...args: never[]) => unknown) => WebAssembly.ImportValue;
	promising: (fn: unknown) => (...args: (number | bigint)[]) => Promise<unknown>;
};

/** An import that may give a promise: the guest's stack is put aside until it settles. */
export const Suspending = jspi.Suspending;

/** An export to be called so that its stack can be put aside. */
export const promising = jspi.promising;
