/** Flags of V8, for the whole process; each with what it gives (docs/decisions/0111, 0112). */
import { setFlagsFromString } from "node:v8";

/** Linear memories are looked at as the rest of what V8 counts: in proportion to what is alive. */
export function letMemoriesGrow(): void {
	setFlagsFromString("--external-memory-accounted-in-global-limit");
	setFlagsFromString("--external-memory-max-growing-factor=2");
}

/**
 * Functions of a module are validated when they are first called. All modules were validated when they were admitted
 * (`WebAssembly.validate` goes on to look at everything), and have checksums since.
 */
export function validateLazily(): void {
	setFlagsFromString("--wasm-lazy-validation");
}

/** For a module that is not known to be valid: what is wrong with it is thrown when it is compiled. */
export function validatedAtOnce<T>(compile: () => T): T {
	setFlagsFromString("--no-wasm-lazy-validation");
	try {
		return compile();
	} finally {
		validateLazily();
	}
}
