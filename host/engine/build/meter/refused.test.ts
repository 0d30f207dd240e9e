import { describe, expect, it } from "vitest";
import { BinaryError } from "../../binary/reader.ts";
import { MeterError, meter } from "./index.ts";
import { wat } from "./testing.ts";

describe("what is not metered", () => {
	it.each([
		["a shared memory", "(module (memory 1 1 shared))", "shared"],
		["an imported shared memory", '(module (import "" "m" (memory 1 1 shared)))', "shared"],
		[
			"memory.atomic.wait32",
			"(module (memory 1) (func (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))",
			"wait",
		],
		[
			"memory.atomic.notify",
			"(module (memory 1) (func (drop (memory.atomic.notify (i32.const 0) (i32.const 0)))))",
			"notify",
		],
		["custom page sizes", "(module (memory 1 1 (pagesize 1)))", "limits"],
		["continuations", "(module (type $f (func)) (type $c (cont $f)) (func (drop (ref.null $c))))", "type"],
	])("is %s: an error that says so", async (_, text, message) => {
		const bytes = await wat(text);
		expect(() => meter(bytes)).toThrow(MeterError);
		expect(() => meter(bytes)).toThrow(message);
	});

	it("is an unknown instruction", async () => {
		const bytes = await wat('(module (func (export "f") (nop)))');
		const at = bytes.lastIndexOf(0x01);
		for (const unknown of [0x16, 0x27, 0xc5, 0xe0, 0xff]) {
			bytes[at] = unknown;
			expect(() => meter(bytes)).toThrow(/unknown instruction/);
		}
	});

	it("is a component, or no WebAssembly at all", async () => {
		expect(() => meter(new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00]))).toThrow(MeterError);
		expect(() => meter(new Uint8Array())).toThrow(MeterError);
	});

	it("is damaged bytes: they end in an error of its own, or in bytes", async () => {
		const bytes = await wat(`(module
			(type $s (struct (field i32))) (rec (type $r (func (param (ref null $s)))))
			(import "i" "f" (func $i (type $r))) (table 2 funcref) (memory 1) (tag) (global (mut i32) (i32.const 1))
			(func $f (export "f") (param i32) (result i32) (local i64)
				(block (result i32) (loop (br_table 0 1 (local.get 0))) (i32.const 1) (br_if 0 (local.get 0)))
				(memory.fill (i32.const 0) (i32.const 0) (i32.const 0))
				(if (result i32) (then (i32.const 1)) (else (i32.const 2))))
			(elem (i32.const 0) $f) (data (i32.const 0) "abc") (start $i2) (func $i2))`);
		const attempt = (damaged: Uint8Array) => {
			try {
				return meter(damaged).bytes.length > 0;
			} catch (error) {
				return error instanceof MeterError || error instanceof BinaryError;
			}
		};
		for (let at = 0; at < bytes.length; at++) {
			expect(attempt(bytes.subarray(0, at))).toBe(true);
			for (const value of [0x00, 0x01, 0x0b, 0x40, 0x7f, 0x80, 0xfb, 0xfc, 0xff]) {
				const damaged = bytes.slice();
				damaged[at] = value;
				expect(attempt(damaged), `byte ${at} as ${value}`).toBe(true);
			}
		}
	});
});
