/** Names of the canonical built-ins that belong to the async ABI, or to threads (component model, Binary.md, `canon`). */
const NAMES: Readonly<Record<number, string>> = {
	5: "task.cancel",
	6: "subtask.cancel",
	7: "resource.drop async",
	8: "backpressure.set",
	9: "task.return",
	10: "context.get",
	11: "context.set",
	12: "thread.yield",
	13: "subtask.drop",
	14: "stream.new",
	15: "stream.read",
	16: "stream.write",
	17: "stream.cancel-read",
	18: "stream.cancel-write",
	19: "stream.drop-readable",
	20: "stream.drop-writable",
	21: "future.new",
	22: "future.read",
	23: "future.write",
	24: "future.cancel-read",
	25: "future.cancel-write",
	26: "future.drop-readable",
	27: "future.drop-writable",
	28: "error-context.new",
	29: "error-context.debug-message",
	30: "error-context.drop",
	31: "waitable-set.new",
	32: "waitable-set.wait",
	33: "waitable-set.poll",
	34: "waitable-set.drop",
	35: "waitable.join",
	36: "backpressure.inc",
	37: "backpressure.dec",
};

const INSTEAD =
	"which is part of the component model's async ABI (WASI 0.3), where synchronous functions (WASI 0.2) were expected;";

/** What a component uses that is not linked, and what was expected. */
export function asyncBuiltin(code: number): string {
	return `it uses ${NAMES[code] ?? `the built-in 0x${code.toString(16)}`}, ${INSTEAD}`;
}

const OPTIONS: Readonly<Record<number, string>> = { 6: "async", 7: "callback", 8: "core-type", 9: "gc" };

/** As `asyncBuiltin`, for an option of canon lift and lower. */
export function asyncOption(code: number): string {
	return `it has a function with the option ${OPTIONS[code] ?? code}, ${INSTEAD}`;
}
