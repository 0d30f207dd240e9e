/**
 * A guest that does what its event says: calls any function of the host with any arguments, in loops, from its allocator, from
 * post-return and from a destructor. So a test says in TypeScript what a hostile guest does.
 */
import { parse } from "@bytecodealliance/jco";
import { interfaces } from "../../host/engine/wasi/registry.ts";
import type { HostFunction, HostInterface } from "../../host/engine/wasi/types.ts";

/** Bytes of the puppet's one memory. */
export const MEMORY = 2 ** 21;
/** Where scripts may keep what they like; the first `SHOWN` bytes are the answer of the handler. */
export const FREE = 1024;
export const SHOWN = 2048;
/** Where what the host asks room for goes. */
export const HEAP = 2 ** 18;

/** What the puppet's `realloc` does. */
export const REALLOC = {
	bump: 0,
	unaligned: 1,
	minusOne: 2,
	memoryEnd: 3,
	trap: 4,
	loop: 5,
	/** Runs the script at `hook("realloc")`, then as `bump`. */
	script: 6,
	/** Grows the memory, then as `bump`. */
	grow: 7,
	/** Gives the same place each time, the one at word `FIXED`. */
	fixed: 8,
} as const;
const MODE = 16;
const TOP = 20;
const HOOKS = { realloc: 24, destructor: 32, postReturn: 36 } as const;
const FIXED = 28;
const RESULT = 48;
const ARGUMENTS = 64;

export interface HostCall {
	/** `wasi:io/poll#poll`; `drop wasi:io/poll#pollable` for `resource.drop`. */
	name: string;
	core: string;
}

/** Every function that the host gives, and a drop for each of its resources, in the order of the puppet's imports. */
export const HOST_CALLS: readonly HostCall[] = [
	...interfaces.flatMap((it) =>
		Object.entries(it.functions).map(([name, { core }]) => ({ name: `${it.name}#${name}`, core })),
	),
	...interfaces.flatMap((it) =>
		Object.keys(it.resources).map((name) => ({ name: `drop ${it.name}#${name}`, core: "i->" })),
	),
	{ name: "own new", core: "i->i" },
	{ name: "own rep", core: "i->i" },
	{ name: "own drop", core: "i->" },
];
const INDEX = new Map(HOST_CALLS.map(({ name }, index) => [name, index]));

/**
 * A value in a script: itself, what is in memory at an address (32 bits, 64, or 32 at the address that is there), or a place
 * in the script's own data.
 */
export type Value = number | bigint | { at: number } | { wideAt: number } | { behind: number } | { data: number };

const KINDS = ["at", "wideAt", "data", "behind"] as const;

/** Writes what the puppet is to do. */
export class Script {
	private readonly words: number[] = [];
	private readonly data: Buffer[] = [];

	/** Calls a function of the host; its result, if any, goes to `dest`. */
	call(name: string, args: readonly Value[], dest = 0): this {
		return this.calling(1, name, args, dest);
	}

	/** As `call`, and catches whatever comes of it: then 1 is at `dest` + 8. */
	attempt(name: string, args: readonly Value[], dest = 0): this {
		return this.calling(5, name, args, dest);
	}

	private calling(op: number, name: string, args: readonly Value[], dest: number): this {
		const index = INDEX.get(name);
		if (index === undefined) throw new Error(`the host has no ${name}`);
		this.words.push(op, index, args.length, dest);
		for (const arg of args) this.value(arg);
		return this;
	}

	private value(value: Value): void {
		if (typeof value === "object") {
			const kind = KINDS.findIndex((it) => it in value);
			this.words.push(kind + 1, Object.values(value)[0] as number, 0);
			return;
		}
		const bits = BigInt.asUintN(64, BigInt(value));
		this.words.push(0, Number(bits & 0xffff_ffffn), Number(bits >> 32n));
	}

	/** Stores 32 bits. */
	set(address: number, value: Value): this {
		this.words.push(2, address);
		this.value(value);
		return this;
	}

	realloc(mode: keyof typeof REALLOC, fixed = 0): this {
		return this.set(MODE, REALLOC[mode]).set(FIXED, fixed);
	}

	/** Does what `body` writes `count` times; `counter` is a free word of memory. */
	repeat(count: number, counter: number, body: (script: this) => unknown): this {
		this.set(counter, count);
		const start = this.words.length;
		body(this);
		this.words.push(3, counter, start * 4);
		return this;
	}

	/** Bytes beside the script; gives the value that is their place. */
	bytes(content: string | Uint8Array): { data: number } {
		const at = this.data.reduce((sum, it) => sum + it.length, 0);
		this.data.push(Buffer.from(content));
		return { data: at };
	}

	/** A script that runs in the allocator, a destructor, or post-return. */
	hook(where: keyof typeof HOOKS, body: (script: Script) => unknown): this {
		const inner = new Script();
		body(inner);
		return this.set(HOOKS[where], this.bytes(inner.done()));
	}

	trap(): this {
		this.words.push(4);
		return this;
	}

	/** A sub-script's data would lie where its own length ends: the whole knows where only now. */
	done(): Buffer {
		const code = Buffer.alloc((this.words.length + 2) * 4);
		code.writeUInt32LE(code.length, 0);
		for (const [i, word] of this.words.entries()) code.writeUInt32LE(word >>> 0, (i + 1) * 4);
		return Buffer.concat([code, ...this.data]);
	}
}

const made = new Map<string, Promise<Uint8Array>>();

/** The puppet as a component of a kind. An http one takes its script in hex from the request's query. */
export function puppet(kind: "handler" | "http" = "handler"): Promise<Uint8Array> {
	const found = made.get(kind) ?? parse(componentText(kind));
	made.set(kind, Promise.resolve(found));
	return found as Promise<Uint8Array>;
}

const CORE: Record<string, string> = { i: "i32", I: "i64", f: "f32", F: "f64" };
const TYPE: Record<string, string> = { i: "u32", I: "u64", f: "f32", F: "f64" };

const parts = (core: string): [string[], string[]] => core.split("->").map((it) => [...it]) as [string[], string[]];
const coreType = (core: string): string => {
	const [params, results] = parts(core);
	return [...params.map((it) => `(param ${CORE[it]})`), ...results.map((it) => `(result ${CORE[it]})`)].join(" ");
};

/** `[method]R.f` must take `self`, and a constructor give an `R`; for the rest a type of the same core form will do. */
function functionType(name: string, { core }: HostFunction): string {
	const [params, results] = parts(core);
	const method = /^\[method\]([^.]+)\./.exec(name)?.[1];
	const made = /^\[constructor\](.+)$/.exec(name)?.[1];
	const params_ = params.map((it, i) =>
		i === 0 && method !== undefined ? `(param "self" (borrow $${method}))` : `(param "p${i}" ${TYPE[it]})`,
	);
	const result = made !== undefined ? `(result (own $${made}))` : results.map((it) => `(result ${TYPE[it]})`).join("");
	return `(func ${params_.join(" ")} ${result})`;
}

function importOf(it: HostInterface, index: number): string {
	const resources = Object.keys(it.resources).map((name) => `(export "${name}" (type $${name} (sub resource)))`);
	const functions = Object.entries(it.functions).map(([name, fn]) => `(export "${name}" ${functionType(name, fn)})`);
	return `(import "${it.name}@0.2.0" (instance $i${index} ${resources.join("\n")} ${functions.join("\n")}))`;
}

function lowered(): string {
	let next = 0;
	const functions = interfaces.flatMap((it, i) =>
		Object.keys(it.functions).map(
			(name) =>
				`(core func $f${next++} (canon lower (func $i${i} "${name}") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))`,
		),
	);
	const drops = interfaces.flatMap((it, i) =>
		Object.keys(it.resources).map((name) => {
			const index = next++;
			return `(alias export $i${i} "${name}" (type $r${index})) (core func $f${index} (canon resource.drop $r${index}))`;
		}),
	);
	const own = ["new", "rep", "drop"].map((op) => `(core func $f${next++} (canon resource.${op} $own))`);
	return [...functions, ...drops, ...own].join("\n");
}

/** Memory and allocator, which functions are lowered with, before there is anything that calls them. */
const MEMORY_MODULE = `(core module $memory
	(memory (export "memory") ${MEMORY / 65_536} ${MEMORY / 65_536 + 16})
	(table (export "hooks") 1 funcref)
	(func $hook (param i32) (if (local.get 0) (then (call_indirect (param i32) (local.get 0) (i32.const 0)))))
	(func (export "destructor") (param i32) (call $hook (i32.load (i32.const ${HOOKS.destructor}))))
	(func (export "realloc") (param $old i32) (param $had i32) (param $align i32) (param $size i32) (result i32)
		(local $mode i32) (local $at i32)
		(local.set $mode (i32.load (i32.const ${MODE})))
		(if (i32.eqz (i32.load (i32.const ${TOP}))) (then (i32.store (i32.const ${TOP}) (i32.const ${HEAP}))))
		(if (i32.eq (local.get $mode) (i32.const 2)) (then (return (i32.const -1))))
		(if (i32.eq (local.get $mode) (i32.const 3)) (then (return (i32.const ${MEMORY - 1}))))
		(if (i32.eq (local.get $mode) (i32.const 4)) (then (unreachable)))
		(if (i32.eq (local.get $mode) (i32.const 5)) (then (loop $forever (br $forever))))
		(if (i32.eq (local.get $mode) (i32.const 6)) (then (call $hook (i32.load (i32.const ${HOOKS.realloc})))))
		(if (i32.eq (local.get $mode) (i32.const 7)) (then (drop (memory.grow (i32.const 1)))))
		(if (i32.eq (local.get $mode) (i32.const 8)) (then (return (i32.load (i32.const ${FIXED})))))
		(local.set $at (i32.and (i32.add (i32.load (i32.const ${TOP})) (i32.sub (local.get $align) (i32.const 1)))
			(i32.sub (i32.const 0) (local.get $align))))
		(i32.store (i32.const ${TOP}) (i32.add (local.get $at) (local.get $size)))
		(if (i32.gt_u (i32.load (i32.const ${TOP})) (i32.const ${MEMORY})) (then (unreachable)))
		(i32.add (local.get $at) (i32.eq (local.get $mode) (i32.const 1)))))`;

function wrapper({ core }: HostCall, index: number): string {
	const [params, results] = parts(core);
	const args = params.map((it, i) => `(${CORE[it]}.load (i32.const ${ARGUMENTS + i * 8}))`);
	const call = `(call $f${index} ${args.join(" ")})`;
	const [result] = results;
	if (result === undefined) return `(func $c${index} ${call})`;
	const wide = result === "i" ? `(i64.extend_i32_u ${call})` : call;
	return `(func $c${index} (i64.store (i32.const ${RESULT}) ${wide}))`;
}

/** A script is its own length, its words, a 0, and its data. `$base` is where it begins. */
const INTERPRETER = `
	(func $value (param $base i32) (param $at i32) (result i64)
		(local $kind i32) (local $low i32)
		(local.set $kind (i32.load (local.get $at)))
		(local.set $low (i32.load offset=4 (local.get $at)))
		(if (i32.eq (local.get $kind) (i32.const 1)) (then (return (i64.load32_u (local.get $low)))))
		(if (i32.eq (local.get $kind) (i32.const 2)) (then (return (i64.load (local.get $low)))))
		(if (i32.eq (local.get $kind) (i32.const 3))
			(then (return (i64.extend_i32_u (i32.add (i32.add (local.get $base) (i32.load (local.get $base))) (local.get $low))))))
		(if (i32.eq (local.get $kind) (i32.const 4)) (then (return (i64.load32_u (i32.load (local.get $low))))))
		(i64.load offset=4 (local.get $at)))
	(func $caught (param $function i32) (result i32)
		(block $thrown
			(try_table (catch_all $thrown) (call_indirect $calls (local.get $function)))
			(return (i32.const 0)))
		(i32.const 1))
	(func $run (param $base i32)
		(local $pc i32) (local $op i32) (local $left i32) (local $at i32) (local $to i32) (local $dest i32)
		(local.set $pc (i32.add (local.get $base) (i32.const 4)))
		(loop $next
			(local.set $op (i32.load (local.get $pc)))
			(if (i32.eqz (local.get $op)) (then (return)))
			(if (i32.eq (local.get $op) (i32.const 4)) (then (unreachable)))
			(if (i32.eq (local.get $op) (i32.const 2)) (then
				(i32.store (i32.load offset=4 (local.get $pc))
					(i32.wrap_i64 (call $value (local.get $base) (i32.add (local.get $pc) (i32.const 8)))))
				(local.set $pc (i32.add (local.get $pc) (i32.const 20)))
				(br $next)))
			(if (i32.eq (local.get $op) (i32.const 3)) (then
				(local.set $at (i32.load offset=4 (local.get $pc)))
				(i32.store (local.get $at) (i32.sub (i32.load (local.get $at)) (i32.const 1)))
				(local.set $pc (select
					(i32.add (i32.add (local.get $base) (i32.const 4)) (i32.load offset=8 (local.get $pc)))
					(i32.add (local.get $pc) (i32.const 12))
					(i32.load (local.get $at))))
				(br $next)))
			;; A call: function, number of arguments, destination, arguments of 12 bytes.
			(local.set $left (i32.load offset=8 (local.get $pc)))
			(local.set $dest (i32.load offset=12 (local.get $pc)))
			(local.set $at (i32.add (local.get $pc) (i32.const 16)))
			(local.set $to (i32.const ${ARGUMENTS}))
			(block $ready (loop $argument
				(br_if $ready (i32.eqz (local.get $left)))
				(i64.store (local.get $to) (call $value (local.get $base) (local.get $at)))
				(local.set $to (i32.add (local.get $to) (i32.const 8)))
				(local.set $at (i32.add (local.get $at) (i32.const 12)))
				(local.set $left (i32.sub (local.get $left) (i32.const 1)))
				(br $argument)))
			(if (i32.eq (local.get $op) (i32.const 5))
				(then (i32.store offset=8 (local.get $dest) (call $caught (i32.load offset=4 (local.get $pc)))))
				(else (call_indirect $calls (i32.load offset=4 (local.get $pc)))))
			(if (local.get $dest) (then (i64.store (local.get $dest) (i64.load (i32.const ${RESULT})))))
			(local.set $pc (local.get $at))
			(br $next)))`;

/** For the next call: what the scripts of one have said is no business of another's. */
const FORGET = `(memory.fill (i32.const ${MODE}) (i32.const 0) (i32.const ${RESULT - MODE}))`;

const HANDLER = `(func (export "handle") (param $arguments i32) (result i32)
		(call $run (i32.load (local.get $arguments)))
		(i32.store8 (i32.const 512) (i32.const 0))
		(i32.store (i32.const 516) (i32.const ${FREE}))
		(i32.store (i32.const 520) (i32.const ${SHOWN}))
		(i32.const 512))
	(func (export "post") (param i32)
		(if (i32.load (i32.const ${HOOKS.postReturn})) (then (call $run (i32.load (i32.const ${HOOKS.postReturn})))))
		${FORGET})`;

/** Its request and outparam are at `FREE` and `FREE` + 8. The path is `/?` and the script in hex, a letter from `a` each. */
const HTTP = `(func (export "handle") (param $request i32) (param $out i32)
		(local $from i32) (local $left i32) (local $to i32)
		(i32.store (i32.const ${FREE}) (local.get $request))
		(i32.store (i32.const ${FREE + 8}) (local.get $out))
		(call $f${INDEX.get("wasi:http/types#[method]incoming-request.path-with-query")} (local.get $request) (i32.const 512))
		(local.set $from (i32.add (i32.load (i32.const 516)) (i32.const 2)))
		(local.set $left (i32.shr_u (i32.sub (i32.load (i32.const 520)) (i32.const 2)) (i32.const 1)))
		(local.set $to (i32.const 65536))
		(block $done (loop $byte
			(br_if $done (i32.eqz (local.get $left)))
			(i32.store8 (local.get $to) (i32.or
				(i32.shl (i32.sub (i32.load8_u (local.get $from)) (i32.const 97)) (i32.const 4))
				(i32.sub (i32.load8_u offset=1 (local.get $from)) (i32.const 97))))
			(local.set $from (i32.add (local.get $from) (i32.const 2)))
			(local.set $to (i32.add (local.get $to) (i32.const 1)))
			(local.set $left (i32.sub (local.get $left) (i32.const 1)))
			(br $byte)))
		(call $run (i32.const 65536))
		${FORGET})`;

/** The path of a request that has an http puppet run a script. */
export function pathOf(script: Script): string {
	return `/?${[...script.done()].map((byte) => String.fromCharCode(97 + (byte >> 4), 97 + (byte & 15))).join("")}`;
}

function mainModule(kind: "handler" | "http"): string {
	const imports = HOST_CALLS.map(({ core }, i) => `(import "host" "${i}" (func $f${i} ${coreType(core)}))`);
	const wrappers = HOST_CALLS.map(wrapper);
	return `(core module $main
		(import "memory" "memory" (memory ${MEMORY / 65_536}))
		(import "memory" "hooks" (table $hooks 1 funcref))
		${imports.join("\n")}
		(table $calls funcref (elem ${HOST_CALLS.map((_, i) => `$c${i}`).join(" ")}))
		(elem (table $hooks) (i32.const 0) func $run)
		${wrappers.join("\n")}
		${INTERPRETER}
		${kind === "handler" ? HANDLER : HTTP})`;
}

const HANDLER_TYPES = `
	(type $option (option string))
	(type $context' (record (field "request-id" string) (field "function-name" string) (field "function-version" string)
		(field "invoked-function-arn" string) (field "memory-limit-in-mb" u32) (field "deadline-ms" u64)
		(field "log-group-name" string) (field "log-stream-name" string) (field "client-context" $option)
		(field "tenant-id" $option) (field "trace-id" $option)))
	(type $frames (list string))
	(type $failure' (record (field "error-type" string) (field "error-message" string) (field "stack-trace" $frames)))
	(type $bytes (list u8))`;

const HANDLER_EXPORT = `${HANDLER_TYPES}
	(type $result' (result $bytes (error $failure')))
	(type $handle' (func (param "event" $bytes) (param "context" $context') (result $result')))
	(func $handle (type $handle') (canon lift (core func $main "handle") (memory (core memory $memory "memory"))
		(realloc (core func $memory "realloc")) (post-return (core func $main "post"))))
	(component $handler
		${HANDLER_TYPES}
		(import "context" (type $context (eq $context')))
		(import "failure" (type $failure (eq $failure')))
		(type $result (result $bytes (error $failure)))
		(import "handle" (func $inner (param "event" $bytes) (param "context" $context) (result $result)))
		(export $context'' "context" (type $context))
		(export $failure'' "failure" (type $failure))
		(type $result'' (result $bytes (error $failure'')))
		(export "handle" (func $inner) (func (param "event" $bytes) (param "context" $context'') (result $result''))))
	(instance $exported (instantiate $handler
		(with "handle" (func $handle)) (with "context" (type $context')) (with "failure" (type $failure'))))
	(export "pilot:function/handler@0.1.0" (instance $exported))`;

function httpExport(): string {
	const types = interfaces.findIndex((it) => it.name === "wasi:http/types");
	return `(alias export $i${types} "incoming-request" (type $request))
		(alias export $i${types} "response-outparam" (type $out))
		(func $handle (param "request" (own $request)) (param "response-out" (own $out)) (canon lift (core func $main "handle")))
		(component $handler
			(import "request" (type $request (sub resource)))
			(import "out" (type $out (sub resource)))
			(import "handle" (func $inner (param "request" (own $request)) (param "response-out" (own $out))))
			(export "handle" (func $inner)))
		(instance $exported (instantiate $handler
			(with "handle" (func $handle)) (with "request" (type $request)) (with "out" (type $out))))
		(export "wasi:http/incoming-handler@0.2.0" (instance $exported))`;
}

function componentText(kind: "handler" | "http"): string {
	return `(component
		${interfaces.map(importOf).join("\n")}
		${MEMORY_MODULE}
		(core instance $memory (instantiate $memory))
		(type $own (resource (rep i32) (dtor (core func $memory "destructor"))))
		${lowered()}
		${mainModule(kind)}
		(core instance $main (instantiate $main (with "memory" (instance $memory))
			(with "host" (instance ${HOST_CALLS.map((_, i) => `(export "${i}" (func $f${i}))`).join(" ")}))))
		${kind === "handler" ? HANDLER_EXPORT : httpExport()})`;
}
