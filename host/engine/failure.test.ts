import { describe, expect, it } from "vitest";
import { crash, failureOf } from "./failure.ts";
import type { Meter, Stop } from "./meter.ts";
import { Trap } from "./trap.ts";

function meter(stopped: Stop | null = null, growthRefused = 0): Meter {
	return { stopped, growthRefused } as Meter;
}

/** What a guest's own trap looks like. */
function trapIn(body: string): WebAssembly.RuntimeError {
	const code = { unreachable: [0x00], divide: [0x41, 1, 0x41, 0, 0x6d, 0x1a] }[body]!;
	const size = code.length + 2;
	const bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0];
	const module = new WebAssembly.Module(Uint8Array.from([...bytes, 10, size + 2, 1, size, 0, ...code, 0x0b]));
	const { f } = new WebAssembly.Instance(module).exports as { f: () => void };
	try {
		f();
	} catch (error) {
		return error as WebAssembly.RuntimeError;
	}
	throw new Error("did not trap");
}

describe("a guest that was stopped", () => {
	it.each([
		["timeout", "Sandbox.Timedout"],
		["fuel", "Runtime.FuelExhausted"],
		["memory", "Runtime.OutOfMemory"],
		["exit", "Runtime.ExitError"],
		["crash", "Runtime.ExitError"],
		["cancelled", "Runtime.ExitError"],
	] as const)("by %s is told as such, whatever it threw and was refused", (kind, errorType) => {
		const stop = { kind, message: "because" };
		const expected = { kind, errorType, errorMessage: "because", stackTrace: [] };
		expect(failureOf(trapIn("unreachable"), meter(stop, 3))).toEqual(expected);
	});
});

describe("a guest that ended itself", () => {
	it("by a trap: V8's words, and its own frames without the host's", () => {
		const failure = failureOf(trapIn("divide"), meter());
		expect(failure).toMatchObject({ kind: "crash", errorType: "Runtime.ExitError", errorMessage: "divide by zero" });
		expect(failure.stackTrace.length).toBeGreaterThan(0);
		for (const frame of failure.stackTrace) {
			expect(frame).not.toMatch(/node:|\.ts|file:|wasm:\/\//);
			expect(frame).toMatch(/^at /);
		}
	});

	it.each([
		["a rule that was broken", new Trap("unaligned pointer"), "unaligned pointer"],
		["a stack that is full", new RangeError("Maximum call stack size exceeded"), "call stack exhausted"],
		["memory that V8 has not", new RangeError("could not allocate memory"), "could not allocate memory"],
		["something else that was thrown", new TypeError("no"), "no"],
		["something that is no error", "text", "unknown error"],
	])("by %s", (_name, error, errorMessage) => {
		expect(failureOf(error, meter())).toEqual(crash(errorMessage));
	});

	it("by an exception that nobody caught", () => {
		const exception = new WebAssembly.Exception(new WebAssembly.Tag({ parameters: [] }), []);
		expect(failureOf(exception, meter())).toMatchObject({ kind: "crash", errorMessage: "uncaught exception" });
	});

	it("after it was refused memory: that is the reason", () => {
		const failure = failureOf(trapIn("unreachable"), meter(null, 1));
		expect(failure).toMatchObject({ kind: "memory", errorType: "Runtime.OutOfMemory" });
		expect(failure.errorMessage).toBe("out of memory (unreachable)");
	});

	it("deep in recursion: no more than 30 frames are kept", () => {
		const error = trapIn("unreachable");
		const line = "    at wasm://wasm/abc:wasm-function[1]:0x2";
		Object.defineProperty(error, "stack", { value: ["RuntimeError", ...Array(500).fill(line)].join("\n") });
		expect(failureOf(error, meter()).stackTrace).toHaveLength(30);
	});
});
