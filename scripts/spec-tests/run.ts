/** The WebAssembly specification's tests, run with the modules as they are, metered, and metered with marks of what they write. */
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BinaryError } from "../../host/engine/binary/reader.ts";
import { CONTROL_SIGNATURES, MeterError, type MeterMeta, meter } from "../../host/engine/build/meter/index.ts";
import { asFuncrefs } from "../../host/engine/trampoline.ts";
import { call, type Value } from "./call.ts";
import { matches } from "./match.ts";
import { spectest } from "./spectest.ts";

interface Command {
	type: string;
	line: number;
	name?: string;
	filename?: string;
	module_type?: string;
	instance?: string;
	module?: string;
	as?: string;
	action?: { type: "invoke" | "get"; module?: string; field: string; args?: Value[] };
	expected?: Value[];
}

type Outcome = "pass" | "fail" | "skip";
/** `tracked`: metered, and with marks. */
type Mode = "plain" | "metered" | "tracked";

/**
 * Instantiates as the engine does: metered, the entry points filled in, then the start function. Where the engine would
 * say that the stack is full, so does this, in V8's words.
 */
function instantiateMetered(
	bytes: Uint8Array<ArrayBuffer>,
	imports: WebAssembly.Imports,
	tracked: boolean,
): WebAssembly.Exports {
	const metered = meter(bytes, { tracked });
	const meta: MeterMeta = metered.meta;
	const module = new WebAssembly.Module(new Uint8Array(metered.bytes));
	const { exports } = new WebAssembly.Instance(module, imports);
	const control = exports[meta.control] as WebAssembly.Table;
	const refill = (fuel: number) => fuel + 100_000_000 * (1 + Math.floor(-fuel / 100_000_000));
	const exhausted = () => {
		throw new RangeError("Maximum call stack size exceeded");
	};
	const entryPoints = [refill, () => -1, refill, () => 1, () => 1, exhausted];
	asFuncrefs(CONTROL_SIGNATURES.map((signature, i) => ({ ...signature, fn: entryPoints[i]! }))).forEach((func, i) => {
		control.set(i, func);
	});
	if (meta.start !== null) (exports[meta.start] as () => void)();
	return exports;
}

const instantiatePlain = (bytes: Uint8Array<ArrayBuffer>, imports: WebAssembly.Imports) =>
	new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports;

/** Metering refused a module: there is no outcome to compare from there on. */
class Refused extends Error {}

/** One run of one test file. */
class Run {
	private readonly folder: string;
	private readonly mode: Mode;
	private readonly named = new Map<string, WebAssembly.Exports>();
	private readonly definitions = new Map<string, Uint8Array<ArrayBuffer>>();
	private readonly imports: WebAssembly.Imports = { spectest: spectest() };
	private current: WebAssembly.Exports | undefined;

	constructor(folder: string, mode: Mode) {
		this.folder = folder;
		this.mode = mode;
	}

	private bytes(command: Command): Uint8Array<ArrayBuffer> {
		return new Uint8Array(readFileSync(join(this.folder, command.filename!)));
	}

	private instantiate(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Exports {
		// An invalid module gets V8's own error, metered or not.
		if (this.mode === "plain" || !WebAssembly.validate(bytes)) return instantiatePlain(bytes, this.imports);
		try {
			return instantiateMetered(bytes, this.imports, this.mode === "tracked");
		} catch (error) {
			if (error instanceof MeterError) throw new Refused(error.message);
			throw error;
		}
	}

	private use(name: string | undefined, exports: WebAssembly.Exports): boolean {
		this.current = exports;
		if (name !== undefined) this.named.set(name, exports);
		return true;
	}

	private act(command: Command): Value[] {
		const { type, module, field, args = [] } = command.action!;
		const exports = module === undefined ? this.current : this.named.get(module);
		const item = exports?.[field];
		if (item === undefined) throw new Error(`no export ${field}`);
		return call(item, type === "get" ? null : args, command.expected ?? []);
	}

	private throws(command: Command, ...kinds: (abstract new (...args: never[]) => Error)[]): boolean {
		try {
			if (command.action !== undefined) this.act(command);
			else this.instantiate(this.bytes(command));
			return false;
		} catch (error) {
			if (error instanceof Refused) throw error;
			return kinds.some((kind) => error instanceof kind);
		}
	}

	/** An invalid module is refused before it is metered. Metering it must end all the same, by no other error than its own. */
	private refuses(command: Command): boolean {
		const bytes = this.bytes(command);
		if (this.mode !== "plain") {
			try {
				meter(bytes, { tracked: this.mode === "tracked" });
			} catch (error) {
				if (!(error instanceof MeterError || error instanceof BinaryError)) throw error;
			}
		}
		return !WebAssembly.validate(bytes);
	}

	private execute(command: Command): boolean {
		const { Exception } = WebAssembly as unknown as { Exception: abstract new () => Error };
		switch (command.type) {
			case "module":
				return this.use(command.name, this.instantiate(this.bytes(command)));
			case "module_definition":
				this.definitions.set(command.name ?? "", this.bytes(command));
				return true;
			case "module_instance":
				return this.use(command.instance, this.instantiate(this.definitions.get(command.module ?? "")!));
			case "register":
				this.imports[command.as!] = (command.name === undefined ? this.current : this.named.get(command.name))!;
				return true;
			case "action":
				this.act(command);
				return true;
			case "assert_return":
				return matches(this.act(command), command.expected!);
			case "assert_trap":
			case "assert_uninstantiable":
				return this.throws(command, WebAssembly.RuntimeError, RangeError);
			case "assert_exhaustion":
				return this.throws(command, RangeError);
			case "assert_exception":
				return this.throws(command, Exception);
			case "assert_unlinkable":
				return this.throws(command, WebAssembly.LinkError, TypeError);
			default: // assert_invalid, assert_malformed and their kin
				return this.refuses(command);
		}
	}

	outcome(command: Command): Outcome {
		if (command.module_type === "text") return "skip";
		try {
			return this.execute(command) ? "pass" : "fail";
		} catch (error) {
			if (error instanceof Refused) throw error;
			if (process.env.VERBOSE) print(`  ${command.type} line ${command.line}: ${error}`);
			return "fail";
		}
	}
}

export interface Total {
	files: number;
	/** Files that wasm-tools cannot read. */
	unread: number;
	/** Files that are left out from a module on that metering refuses. */
	refused: number;
	commands: number;
	/** Commands that pass: unmetered, metered, and tracked. */
	plain: number;
	metered: number;
	tracked: number;
	/** Commands whose outcome differs as it must, and otherwise. */
	expected: number;
	differ: number;
}

let total: Total;
let print: (line: string) => void;

/**
 * Functions of an instance whose instantiation failed stay in the tables that it imported, and may be called. Metered,
 * they trap: that instance never got a host.
 */
const isExpected = (wast: string, command: Command) =>
	/\blinking0?\.wast$/.test(wast) && ["assert_return", "assert_trap"].includes(command.type);

function compare(wast: string, command: Command, before: Outcome, mode: "metered" | "tracked", after: Outcome): void {
	if (after === "pass") total[mode]++;
	if (before === after) return;
	const expected = isExpected(wast, command);
	total[expected ? "expected" : "differ"]++;
	const note = expected ? " (expected)" : "";
	print(`${wast}:${command.line} ${command.type}: ${before} plain, ${after} ${mode}${note}`);
}

/** The commands of a test file, with its modules written to `folder`; null when wasm-tools cannot read it. */
function convert(wast: string, folder: string): Command[] | null {
	const json = join(folder, "commands.json");
	const args = ["json-from-wast", wast, "-o", json, "--wasm-dir", folder];
	const converted = spawnSync(process.env.PILOT_WASM_TOOLS ?? "wasm-tools", args, { encoding: "utf8" });
	if (converted.error !== undefined) throw converted.error;
	if (converted.status !== 0) return null;
	return (JSON.parse(readFileSync(json, "utf8")) as { commands: Command[] }).commands;
}

function runFile(wast: string, folder: string): void {
	const commands = convert(wast, folder);
	total[commands === null ? "unread" : "files"]++;
	const plain = new Run(folder, "plain");
	const metered = new Run(folder, "metered");
	const tracked = new Run(folder, "tracked");
	for (const command of commands ?? []) {
		try {
			const [before, ...after] = [plain.outcome(command), metered.outcome(command), tracked.outcome(command)];
			if (before === "skip") continue;
			total.commands++;
			if (before === "pass") total.plain++;
			compare(wast, command, before!, "metered", after[0]!);
			compare(wast, command, before!, "tracked", after[1]!);
		} catch (error) {
			if (!(error instanceof Refused)) throw error;
			total.refused++;
			print(`${wast}:${command.line} refused, and the rest of the file left out: ${error.message}`);
			return;
		}
	}
}

function runInFolder(wast: string): void {
	const folder = mkdtempSync(join(tmpdir(), "spec-tests-"));
	try {
		runFile(wast, folder);
	} finally {
		rmSync(folder, { recursive: true });
	}
}

/** Runs the .wast files of these folders unmetered, metered and tracked. `say` gets a line for each outcome that differs. */
export function runSpecTests(folders: readonly string[], say: (line: string) => void): Total {
	total = { files: 0, unread: 0, refused: 0, commands: 0, plain: 0, metered: 0, tracked: 0, expected: 0, differ: 0 };
	print = say;
	for (const folder of folders) {
		for (const wast of globSync("**/*.wast", { cwd: folder }).sort()) runInFolder(join(folder, wast));
	}
	return total;
}
