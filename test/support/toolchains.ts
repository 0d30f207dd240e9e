/**
 * Components of other toolchains (test/guests/LANGUAGE-{event,http}): read where the repository has them, else built by what
 * npm and PyPI give, once for each state of their sources, into test/.cache.
 */
import { createHash } from "node:crypto";
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { componentize } from "componentize-qjs";
import { writeWit } from "../../scripts/guest-wit.ts";
import { run } from "./run.ts";

const GUESTS = fileURLToPath(new URL("../guests/", import.meta.url));
const CACHE = fileURLToPath(new URL("../.cache/guests/", import.meta.url));

/** How a guest without a file in the repository is built: source file, and what makes `output` of it. */
interface Recipe {
	source: string;
	/** Changes when the same source would become another component. */
	version: string;
	/** Is the toolchain here? */
	available(): boolean;
	build(source: string, output: string, wit: string): Promise<void>;
}

const python: Recipe = {
	source: "app.py",
	version: "componentize-py 0.25.1",
	available: () => {
		const env = process.env.PILOT_PYTHONPATH;
		return env !== undefined && existsSync(join(env, "componentize_py"));
	},
	async build(source, output, wit) {
		const world = source.includes("-http/") ? "http" : "event";
		const program = "import sys; from componentize_py import script; sys.exit(script())";
		// A copy: Python leaves its caches beside what it runs.
		const copy = `${output}.py`;
		mkdirSync(copy);
		copyFileSync(source, join(copy, "app.py"));
		const args = ["-c", program, "-d", wit, "-w", world, "componentize", "-p", copy, "app", "-o", output];
		await succeed("python3", args, { PYTHONPATH: process.env.PILOT_PYTHONPATH, PYTHONDONTWRITEBYTECODE: "1" });
		rmSync(copy, { recursive: true });
	},
};

const starlingmonkey: Recipe = {
	source: "guest.js",
	version: `componentize-js ${versionOf("@bytecodealliance/componentize-js")}`,
	available: () => true,
	async build(source, output, wit) {
		const script = fileURLToPath(new URL("componentize-js.ts", import.meta.url));
		await succeed(process.execPath, [script, source, output, wit]);
	},
};

const quickjs: Recipe = {
	source: "guest.js",
	version: `componentize-qjs ${versionOf("componentize-qjs")}`,
	available: () => true,
	async build(source, output, wit) {
		const jsSource = readFileSync(source, "utf8");
		const { component } = await componentize({ witPath: wit, jsSource, world: "plain", sync: true });
		writeFileSync(output, component);
	},
};

const RECIPES: Readonly<Record<string, Recipe>> = { python, starlingmonkey, quickjs };

/** The version of a package that jco depends on. */
function versionOf(name: string): string {
	const fromJco = createRequire(import.meta.resolve("@bytecodealliance/jco"));
	const folder = fromJco.resolve.paths(name)!.find((it) => existsSync(join(it, name)))!;
	return (JSON.parse(readFileSync(join(folder, name, "package.json"), "utf8")) as { version: string }).version;
}

async function succeed(program: string, args: string[], env: Record<string, string | undefined> = {}): Promise<void> {
	const { code, stderr } = await run(program, args, { env: { ...process.env, ...env } });
	if (code !== 0) throw new Error(`${program} failed: ${stderr.slice(0, 2000)}`);
}

/** All guests, by the names of their folders. */
export function guestFolders(kind: "event" | "http"): string[] {
	return readdirSync(GUESTS).filter((name) => name.endsWith(`-${kind}`));
}

/** Has this machine what the guest is built with, or the repository the guest? Says in one line if not. */
export function hasGuest(name: string): boolean {
	const recipe = RECIPES[name.split("-")[0]!];
	if (recipe === undefined || recipe.available()) return true;
	console.warn(`skipped: ${name} (${recipe.version} is not installed: npm test installs it)`);
	return false;
}

/** The file of a guest's component; built if need be. */
export async function guestFile(name: string): Promise<string> {
	const committed = join(GUESTS, name, `${name}.wasm`);
	if (existsSync(committed)) return committed;
	const cached = join(CACHE, `${name}-${keyOf(name)}.wasm`);
	if (existsSync(cached)) return cached;
	mkdirSync(CACHE, { recursive: true });
	const output = join(CACHE, `${name}-${process.pid}.wasm`);
	if (existsSync(`${committed}.br`)) writeFileSync(output, brotliDecompressSync(readFileSync(`${committed}.br`)));
	else await build(name, output);
	renameSync(output, cached);
	return cached;
}

/** A guest's component. */
export async function guestCode(name: string): Promise<Uint8Array> {
	return readFileSync(await guestFile(name));
}

async function build(name: string, output: string): Promise<void> {
	const recipe = RECIPES[name.split("-")[0]!]!;
	const wit = join(CACHE, `wit-${name}-${process.pid}`);
	// StarlingMonkey takes no other version of WASI than its own, and no less of it.
	if (recipe === starlingmonkey) writeWit(wit, "0.2.10", "network-error-code");
	else writeWit(wit);
	try {
		await recipe.build(join(GUESTS, name, recipe.source), output, wit);
	} finally {
		rmSync(wit, { recursive: true, force: true });
	}
}

/** What the component is made of, in short. */
function keyOf(name: string): string {
	const hash = createHash("sha256").update(RECIPES[name.split("-")[0]!]?.version ?? "");
	for (const folder of [join(GUESTS, name), join(GUESTS, "wit")]) {
		for (const file of readdirSync(folder, { withFileTypes: true }).filter((it) => it.isFile()))
			hash.update(readFileSync(join(folder, file.name)));
	}
	return hash.digest("hex").slice(0, 16);
}
