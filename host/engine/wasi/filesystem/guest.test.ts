/** A preview-1 command over a mount, in the engine; what Node's own `node:wasi` answers to the same command is right. */
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WASI } from "node:wasi";
import { parse } from "@bytecodealliance/jco";
import { expect, it, onTestFinished } from "vitest";
import { openEngine } from "../../worker.ts";
import type { Mount } from "../types.ts";
import { Files } from "./testing.ts";

/** Opens each line of stdin below the first preopened folder, and prints the errno as a letter (`A` is 0), then the content. */
const COMMAND = `(module
	(import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
	(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
	(import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
	(import "wasi_snapshot_preview1" "path_open"
		(func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
	(memory (export "memory") 1)
	;; 0: an iovec; 8: a count; 12: an opened file; 16: a letter; 1024: stdin; 8192: contents
	(func $vec (param i32 i32) (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)))
	(func $print (param i32 i32)
		(call $vec (local.get 0) (local.get 1))
		(drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
	(func $cat (param $path i32) (param $length i32) (local $errno i32)
		(local.set $errno (call $open (i32.const 3) (i32.const 1) (local.get $path) (local.get $length)
			(i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 12)))
		(i32.store8 (i32.const 16) (i32.add (i32.const 65) (local.get $errno)))
		(call $print (i32.const 16) (i32.const 1))
		(if (i32.eqz (local.get $errno)) (then
			(call $vec (i32.const 8192) (i32.const 4096))
			(drop (call $read (i32.load (i32.const 12)) (i32.const 0) (i32.const 1) (i32.const 8)))
			(call $print (i32.const 8192) (i32.load (i32.const 8)))
			(drop (call $close (i32.load (i32.const 12)))))))
	(func (export "_start") (local $start i32) (local $at i32) (local $end i32)
		(call $vec (i32.const 1024) (i32.const 4096))
		(drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
		(local.set $start (i32.const 1024))
		(local.set $at (i32.const 1024))
		(local.set $end (i32.add (i32.const 1024) (i32.load (i32.const 8))))
		(loop $next
			(if (i32.lt_u (local.get $at) (local.get $end)) (then
				(if (i32.eq (i32.load8_u (local.get $at)) (i32.const 10)) (then
					(call $cat (local.get $start) (i32.sub (local.get $at) (local.get $start)))
					(local.set $start (i32.add (local.get $at) (i32.const 1)))))
				(local.set $at (i32.add (local.get $at) (i32.const 1)))
				(br $next))))))`;

async function compiled(): Promise<Uint8Array<ArrayBuffer>> {
	return new Uint8Array(await parse(COMMAND));
}

async function inEngine(code: Uint8Array, mount: Mount, stdin: string): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), "wasi-engine-"));
	const engine = await openEngine({ folder, idleMs: 10_000, memoryBudget: 2 ** 28 });
	onTestFinished(async () => {
		await engine.close(0);
		await rm(folder, { recursive: true });
	});
	const { digest, kind } = await engine.build(code);
	const spec = { id: "cat", digest, kind, memoryBytes: 2 ** 24, fuel: null, env: {}, mounts: [mount], maxInstances: 1 };
	const context = {} as never;
	const outcome = await engine.invoke({
		spec,
		payload: { kind: "event", event: new TextEncoder().encode(stdin), context },
		timeoutMs: 10_000,
		signal: new AbortController().signal,
		output: () => {},
	});
	if (!outcome.ok) throw new Error(outcome.failure.errorMessage);
	return new TextDecoder().decode(outcome.payload);
}

async function inNode(code: Uint8Array<ArrayBuffer>, mount: Mount, stdin: string): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), "wasi-node-"));
	onTestFinished(() => rm(folder, { recursive: true }));
	const [input, output] = [await open(join(folder, "in"), "w+"), await open(join(folder, "out"), "w+")];
	await input.write(stdin, 0);
	const wasi = new WASI({
		version: "preview1",
		preopens: { [mount.guest]: mount.host },
		stdin: input.fd,
		stdout: output.fd,
	});
	const { instance } = await WebAssembly.instantiate(code, wasi.getImportObject() as WebAssembly.Imports);
	wasi.start(instance);
	await Promise.all([input.close(), output.close()]);
	return readFile(join(folder, "out"), "utf8");
}

it("a preview-1 command reads its mount, and nothing else, as under node:wasi", async () => {
	const files = await Files.make();
	await files.file("file", "content\n");
	await files.link("link", "file");
	await files.link("loop", "loop");
	await files.link("upward", "../outside/secret");
	const mount = { host: files.inside, guest: "/data", readOnly: true };
	const paths = ["file", "./link", "none", "loop", "file/x", "upward", "../outside/secret", "/etc/passwd"];
	const stdin = paths.map((it) => `${it}\n`).join("");
	const code = await compiled();
	const answer = await inEngine(code, mount, stdin);
	expect(answer).toContain("Acontent\nAcontent\n");
	expect(answer).not.toContain("secret");
	expect(answer).toBe(await inNode(code, mount, stdin));
});
