/** One preview-1 command, run by three hosts over the same files: what they must have in common. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestEngine } from "./engine.ts";
import { type Finished, run } from "./run.ts";

const GUESTS = fileURLToPath(new URL("../guests/preview1/", import.meta.url));
const NODE_RUNNER = fileURLToPath(new URL("preview1-node.ts", import.meta.url));

export interface Scenario {
	/** A program of test/guests/preview1. */
	program: string;
	stdin?: string;
	env?: Record<string, string>;
}

export interface Result {
	stdout: string;
	/** The exit code, or "trap". */
	exit: number | "trap";
	/** What is in the folder afterwards: path and content, a link's target, or `folder`. */
	files: Record<string, string>;
}

/** Runs it in a fresh folder, mounted as `/data`; beside the folder lies what nobody may reach. */
async function inFolder(run: (folder: string) => Promise<Omit<Result, "files">>): Promise<Result> {
	const root = mkdtempSync(join(tmpdir(), "pilot-preview1-"));
	const folder = join(root, "inside");
	for (const it of [join(folder, "folder"), join(root, "outside")]) mkdirSync(it, { recursive: true });
	writeFileSync(join(folder, "given"), "given content");
	writeFileSync(join(folder, "folder", "inner"), "inner content");
	writeFileSync(join(root, "outside", "secret"), "secret content");
	try {
		const result = await run(folder);
		return { ...result, files: contents(folder) };
	} finally {
		rmSync(root, { recursive: true, force: true });
	}
}

function contents(folder: string): Record<string, string> {
	const files: Record<string, string> = {};
	for (const it of readdirSync(folder, { recursive: true, withFileTypes: true })) {
		const path = join(it.parentPath, it.name);
		const name = path.slice(folder.length + 1);
		if (it.isSymbolicLink()) files[name] = `-> ${readlinkSync(path)}`;
		else files[name] = it.isDirectory() ? "folder" : readFileSync(path, "latin1");
	}
	return files;
}

function code(program: string): string {
	return join(GUESTS, `${program}.wasm`);
}

/** In this engine: the exit code is in the failure's message. */
export function inEngine(test: TestEngine, { program, stdin = "", env = {} }: Scenario): Promise<Result> {
	return inFolder(async (folder) => {
		const mounts = [{ host: folder, guest: "/data", readOnly: false }];
		const spec = await test.spec(readFileSync(code(program)), { env, mounts });
		const outcome = await test.invoke(spec, stdin);
		if (outcome.ok) return { stdout: Buffer.from(outcome.payload).toString(), exit: 0 };
		const status = /^exit status (\d+)$/.exec(outcome.failure.errorMessage)?.[1];
		return { stdout: "", exit: status === undefined ? "trap" : Number(status) };
	});
}

/** The output of a command that failed is no answer here, so it is not compared. */
function result({ code, stdout }: Finished): Omit<Result, "files"> {
	return { stdout: code === 0 ? stdout : "", exit: code === 134 ? "trap" : code };
}

export function underNode({ program, stdin = "", env = {} }: Scenario): Promise<Result> {
	return inFolder(async (folder) => {
		const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
		const args = ["--no-warnings", NODE_RUNNER, code(program), `/data=${folder}`, ...variables];
		return result(await run(process.execPath, args, { input: stdin }));
	});
}

export function underWasmtime(wasmtime: string, { program, stdin = "", env = {} }: Scenario): Promise<Result> {
	return inFolder(async (folder) => {
		const variables = Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
		const args = ["run", "--argv0", "function", "--dir", `${folder}::/data`, ...variables, code(program)];
		return result(await run(wasmtime, args, { input: stdin }));
	});
}
