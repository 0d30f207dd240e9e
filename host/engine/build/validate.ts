/** Validation of the component level by wasm-tools, which comes with jco. Core modules are validated by V8. */
import { AdmissionError } from "../types.ts";

/** Throws AdmissionError if a component is not valid. */
export async function validateComponent(component: Uint8Array): Promise<void> {
	// Loaded when it is needed: a host that only serves never takes the 30 ms.
	const { componentWit } = await import("@bytecodealliance/jco");
	try {
		await componentWit(component);
	} catch (error) {
		throw refusal("The component is not valid", error);
	}
}

/** wasm-tools itself broke on the code: as any instance that trapped, it takes no further call. */
export class ToolsBroken extends AdmissionError {}

/** What wasm-tools says of code, as the reason to refuse it. */
export function refusal(what: string, error: unknown): AdmissionError {
	const Refusal =
		error instanceof WebAssembly.RuntimeError || error instanceof RangeError ? ToolsBroken : AdmissionError;
	return new Refusal(`${what}: ${wordsOf(error)}`);
}

/** wasm-tools' errors are results of a component: their words are in `payload`. */
function wordsOf(error: unknown): string {
	const { payload, message } = error as { payload?: unknown; message?: unknown };
	return String(payload ?? message ?? error)
		.split("\n")
		.map((line) => line.trim())
		.filter((line) => line !== "")
		.slice(0, 6)
		.join(" ");
}
