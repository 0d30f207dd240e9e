import { parse } from "@bytecodealliance/jco";
import { describe, expect, it } from "vitest";
import { AdmissionError } from "../types.ts";
import { admit } from "./admit.ts";

async function refusal(code: Uint8Array | string): Promise<string> {
	const bytes = typeof code === "string" ? await parse(code) : code;
	const error = await admit(bytes).catch((it: unknown) => it);
	expect(error).toBeInstanceOf(AdmissionError);
	return (error as Error).message;
}

/** A component that imports an interface with these items, and whose core module imports these functions of it. */
function importing(name: string, items: string, ...functions: string[]): string {
	const lowered = functions.map((it, i) => `(core func $f${i} (canon lower (func $x "${it}")))`);
	const given = functions.map((it, i) => `(export "${it}" (func $f${i}))`);
	const wanted = functions.map((it) => `(import "x" "${it}" (func))`);
	return `(component (import "${name}" (instance $x ${items})) ${lowered.join(" ")}
		(core module $m ${wanted.join(" ")})
		(core instance $i ${given.join(" ")}) (core instance (instantiate $m (with "x" (instance $i)))))`;
}

describe("imports that the host does not give are refused", () => {
	it("by interface, once, however many of its functions are wanted", async () => {
		const message = await refusal(
			importing("acme:db/store@1.0.0", `(export "a" (func)) (export "b" (func))`, "a", "b"),
		);
		expect(message).toContain("does not give: acme:db/store@1.0.0. The host gives the interfaces of WASI 0.2.");
	});

	it.each(["0.3.0", "0.1.0", "1.0.0", "0.2.0-rc-2023-12-05"])(
		"in the version %s, with the host's own",
		async (version) => {
			const message = await refusal(importing(`wasi:cli/environment@${version}`, `(export "a" (func))`, "a"));
			expect(message).toContain(`wasi:cli/environment@${version} (the host has 0.2)`);
		},
	);

	it("without a version", async () => {
		expect(await refusal(importing("wasi:cli/environment", `(export "a" (func))`, "a"))).toContain(
			"(the host has 0.2)",
		);
	});

	it("by function, where the interface has others", async () => {
		const message = await refusal(
			importing("wasi:cli/environment@0.2.3", `(export "constructor" (func))`, "constructor"),
		);
		expect(message).toContain("does not give: wasi:cli/environment@0.2.3#constructor.");
	});

	it("by type, where it is another", async () => {
		const message = await refusal(importing("wasi:cli/stdin@0.2.3", `(export "get-stdin" (func))`, "get-stdin"));
		expect(message).toContain("wasi:cli/stdin@0.2.3#get-stdin with another type, func()");
	});

	it("that are functions by themselves", async () => {
		const message = await refusal(`(component (import "f" (func $f)) (core func $l (canon lower (func $f)))
			(core module $m (import "x" "f" (func))) (core instance $i (export "f" (func $l)))
			(core instance (instantiate $m (with "x" (instance $i)))))`);
		expect(message).toContain("does not give: the function f.");
	});

	it("that are resources", async () => {
		const message = await refusal(`(component
			(import "wasi:io/error@0.2.0" (instance $x (export "fault" (type (sub resource)))))
			(alias export $x "fault" (type $r)) (core func $d (canon resource.drop $r))
			(core module $m (import "x" "d" (func (param i32)))) (core instance $i (export "d" (func $d)))
			(core instance (instantiate $m (with "x" (instance $i)))))`);
		expect(message).toContain("does not give: the resource wasi:io/error#fault.");
	});

	it("ten at most, and how many more there are", async () => {
		const names = Array.from({ length: 14 }, (_, i) => `f${i}`);
		const items = names.map((it) => `(export "${it}" (func))`).join(" ");
		expect(await refusal(importing("wasi:cli/environment@0.2.3", items, ...names))).toContain("#f9, and 4 more.");
	});
});

describe("the async ABI is refused, with what was found and what was expected", () => {
	const EXPECTED =
		"which is part of the component model's async ABI (WASI 0.3), where synchronous functions (WASI 0.2)";

	it.each([
		["task.return", `(core func (canon task.return (result u32)))`],
		["waitable-set.new", `(core func (canon waitable-set.new))`],
		["stream.new", `(type $s (stream u8)) (core func (canon stream.new $s))`],
		["future.new", `(type $s (future u8)) (core func (canon future.new $s))`],
		["subtask.drop", `(core func (canon subtask.drop))`],
		["context.get", `(core func (canon context.get i32 0))`],
	])("%s", async (name, wat) => {
		expect(await refusal(`(component ${wat})`)).toContain(`it uses ${name}, ${EXPECTED}`);
	});

	it("functions with its options", async () => {
		const message = await refusal(`(component (import "f" (func $f async)) (core func (canon lower (func $f) async)))`);
		expect(message).toContain(`it has a function with the option async, ${EXPECTED}`);
	});
});

describe("exports", () => {
	it.each([
		[`(component)`, "it is a component without exports"],
		[
			`(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
				(func $f (canon lift (core func $i "f"))) (export "other" (func $f)))`,
			"it is a component that exports other",
		],
	])("%s", async (wat, words) => {
		const message = await refusal(wat);
		expect(message).toContain(words);
		expect(message).toContain("Expected a component that exports pilot:function/handler@0.1");
	});

	it("of another type than the host calls are said with both", async () => {
		const message = await refusal(`(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
			(func $f (canon lift (core func $i "f"))) (instance $x (export "run" (func $f)))
			(export "wasi:cli/run@0.2.0" (instance $x)))`);
		expect(message).toContain("found func(), expected func() -> result");
	});
});

describe("files that are no components", () => {
	it.each([
		["nothing", Buffer.alloc(0), "an empty file"],
		["a program", Buffer.from("\x7fELF....."), "a native Linux program"],
		["an archive", Buffer.from("PK\x03\x04"), "a zip archive"],
		["a script", Buffer.from("#!/bin/sh"), "a script"],
		["half a preamble", Buffer.from("\0asm"), "of an unknown version, or cut off"],
		["text", Buffer.from("hello"), "not WebAssembly"],
	])("%s", async (_name, bytes, words) => {
		expect(await refusal(bytes)).toContain(words);
	});
});

it("Go commands are refused: they would overwrite the adapter's memory", async () => {
	const command = (section: string) =>
		`(module (memory (export "memory") 1) (func (export "_start")) (@custom "${section}" "x"))`;
	expect(await refusal(command("go:buildid"))).toContain("it is a Go command");
	const { kind } = await admit(await parse(command("producer")));
	expect(kind.name).toBe("cli");
});
