/** Code that is no function: an error that says what was found, never a crash of the host. */
import { readFileSync } from "node:fs";
import { parse } from "@bytecodealliance/jco";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AdmissionError } from "../../host/engine/types.ts";
import { answer, type TestEngine, testEngine } from "../support/engine.ts";
import { guest, handlerComponent } from "../support/guests.ts";

let test: TestEngine;

beforeAll(async () => {
	test = await testEngine();
});
afterAll(() => test.close());

async function refusal(code: Uint8Array): Promise<string> {
	try {
		await test.engine.build(code);
	} catch (error) {
		expect(error).toBeInstanceOf(AdmissionError);
		return (error as Error).message;
	}
	throw new Error("was admitted");
}

describe("files that are no WebAssembly", () => {
	it.each([
		["an empty file", "", "an empty file"],
		["text", "hello", "not WebAssembly"],
		["a script", "#!/bin/sh\n", "a script"],
		["a native program", "\x7fELF\x02\x01", "a native Linux program"],
		["a zip", "PK\x03\x04", "a zip archive"],
		["the first bytes of a module", "\0asm", "cut off"],
	])("%s", async (_name, content, words) => {
		const message = await refusal(Buffer.from(content, "latin1"));
		expect(message).toContain(words);
		expect(message).toContain("Expected a component that exports pilot:function/handler@0.1");
	});
});

describe("core modules", () => {
	it("with imports that nobody gives", async () => {
		const code = await parse('(module (import "env" "secret" (func)) (func (export "_start")))');
		expect(await refusal(code)).toContain("imports env#secret");
	});

	it("without _start", async () => {
		expect(await refusal(await parse("(module)"))).toContain("without a _start function");
	});

	it("that are not valid", async () => {
		const code = await parse('(module (func (export "_start") (result i32)))');
		expect(await refusal(code)).toContain("not valid");
	});

	it("with a shared memory", async () => {
		const code = await parse('(module (memory (export "memory") 1 1 shared) (func (export "_start")))');
		expect(await refusal(code)).toContain("shared");
	});
});

describe("components", () => {
	it("without exports", async () => {
		expect(await refusal(await parse("(component)"))).toContain("a component without exports");
	});

	it("that export something else", async () => {
		const code = await parse(`(component
			(core module $m (func (export "f")))
			(core instance $i (instantiate $m))
			(func (export "f") (canon lift (core func $i "f"))))`);
		expect(await refusal(code)).toContain("a component that exports f");
	});

	it("whose handler has another type", async () => {
		const code = await parse(`(component
			(core module $m (func (export "f") (result i32) (i32.const 1)))
			(core instance $i (instantiate $m))
			(func $f (result u32) (canon lift (core func $i "f")))
			(instance (export "pilot:function/handler@0.1.0") (export "handle" (func $f))))`);
		expect(await refusal(code)).toContain("has another type than the host calls: found func() -> u32");
	});

	it("that import what the host does not give", async () => {
		const code = await parse(importing("acme:gpu/compute@1.0.0", "run", "(func)"));
		expect(await refusal(code)).toContain("does not give: acme:gpu/compute@1.0.0.");
	});

	it("that import a function of WASI with another type", async () => {
		const code = await parse(importing("wasi:random/random@0.2.0", "get-random-u64", '(func (param "a" f32))'));
		expect(await refusal(code)).toContain("wasi:random/random@0.2.0#get-random-u64 with another type");
	});

	it("that import a version of WASI that is not 0.2", async () => {
		const code = await parse(importing("wasi:random/random@0.3.0", "get-random-u64", "(func (result u64))"));
		expect(await refusal(code)).toContain("wasi:random/random@0.3.0");
	});

	it("that allocate on V8's heap", async () => {
		const code = await handlerComponent(
			readFileSync(new URL("../guests/hostile/ok.wat", import.meta.url), "utf8").replace(
				"(module",
				"(module (type $s (struct (field i32))) (func (drop (struct.new $s (i32.const 1))))",
			),
		);
		expect(await refusal(code)).toContain("WasmGC");
	});

	function importing(name: string, func: string, type: string): string {
		return `(component
			(import "${name}" (instance $h (export "${func}" ${type})))
			(core func $f (canon lower (func $h "${func}")))
			(core module $m (import "h" "f" (func ${coreType(type)})))
			(core instance $i (instantiate $m (with "h" (instance (export "f" (func $f)))))))`;
	}

	function coreType(type: string): string {
		return `${type.includes("f32") ? "(param f32)" : ""}${type.includes("u64") ? "(result i64)" : ""}`;
	}
});

/** The same sequence on every machine. */
function random(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state % below;
	};
}

describe("a good component, broken", () => {
	async function admitted(code: Uint8Array): Promise<boolean> {
		try {
			const spec = await test.spec(code);
			await test.invoke(spec, "[]", { timeoutMs: 200 });
			return true;
		} catch (error) {
			// Whatever is wrong with the code is said as such; anything else is a fault of the host.
			expect(error).toBeInstanceOf(AdmissionError);
			return false;
		}
	}

	it("cut off at every length is refused, or has lost nothing but names", async () => {
		const code = await guest("echo");
		let refused = 0;
		for (let length = 0; length < code.length; length += 3) {
			const cut = code.subarray(0, length);
			if (await admitted(cut)) expect(answer(await test.invoke(await test.spec(cut), "[]"))).toBe("[]");
			else refused++;
		}
		expect(refused).toBeGreaterThan(200);
	});

	it("with 400 flipped bits is refused or runs, and the host lives", async () => {
		const code = await guest("echo");
		const next = random(20_261_122);
		let taken = 0;
		for (let i = 0; i < 400; i++) {
			const broken = code.slice();
			broken[next(broken.length)]! ^= 1 << next(8);
			if (await admitted(broken)) taken++;
		}
		expect(taken).toBeGreaterThan(0);
		expect(taken).toBeLessThan(400);
		expect(answer(await test.invoke(await test.spec(code), "[]"))).toBe("[]");
	});
});
