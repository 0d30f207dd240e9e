/** Admission: is this code a function that the host can run? Says what was found and what was expected if it is not. */

import { BinaryError } from "../binary/reader.ts";
import { kinds } from "../kinds/registry.ts";
import type { Kind } from "../kinds/types.ts";
import { AdmissionError } from "../types.ts";
import { validatedAtOnce } from "../v8-flags.ts";
import { hostFunction, hostInterface, resourceKind, WASI_VERSION } from "../wasi/lookup.ts";
import { compatible, interfaceName } from "./component/interface-name.ts";
import { layerOf, parseComponent } from "./component/parse.ts";
import { loweredSignature, printFunc } from "./component/types.ts";
import { type Linked, type LinkedFunction, link } from "./link.ts";
import { MeterError } from "./meter/index.ts";
import { wrapPreview1 } from "./preview1.ts";
import { checkShapes } from "./shape.ts";
import { validateComponent } from "./validate.ts";

/** Largest code that is admitted, bytes (AWS: 250 MB unzipped). */
const MAX_CODE = 250 * 2 ** 20;

const EXPECTED =
	"a component that exports pilot:function/handler@0.1 or text-handler@0.1, wasi:http/incoming-handler@0.2 or wasi:cli/run@0.2, or a WASI preview-1 command module";

export interface Admitted {
	kind: Kind;
	/** The export as the component names it, with its version. */
	world: string;
	linked: Linked;
	export: LinkedFunction;
	/** The hooks around its snapshot that it exports, by name. */
	hooks: ReadonlyMap<string, LinkedFunction>;
}

/** Admits code. Throws AdmissionError. */
export async function admit(code: Uint8Array): Promise<Admitted> {
	if (code.length > MAX_CODE) throw refused(`a file of ${code.length} bytes, over the limit of ${MAX_CODE}`);
	const component = await asComponent(code);
	// Read first: nesting and sizes that wasm-tools breaks on, or takes minutes for, are refused by it.
	const ast = orRefuse(() => parseComponent(component));
	await validateComponent(component);
	const linked = orRefuse(() => link(ast));
	orRefuse(() => checkShapes(linked.modules));
	validateModules(linked.modules);
	checkImports(linked);
	return { ...pickExport(linked), hooks: pickHooks(linked), linked };
}

function refused(found: string): AdmissionError {
	return new AdmissionError(`The code cannot be a function: it is ${found}. Expected ${EXPECTED}.`);
}

async function asComponent(code: Uint8Array): Promise<Uint8Array> {
	const layer = layerOf(code);
	if (layer === "component") return code;
	if (layer === "module") {
		orRefuse(() => checkShapes([code]));
		return wrapPreview1(code);
	}
	throw refused(describe(code));
}

function describe(code: Uint8Array): string {
	if (code.length === 0) return "an empty file";
	const head = Buffer.from(code.subarray(0, 4));
	if (head.equals(Buffer.from("\0asm"))) return "WebAssembly of an unknown version, or cut off in its first bytes";
	if (head.equals(Buffer.from("\x7fELF"))) return "a native Linux program";
	if (head.subarray(0, 2).toString("latin1") === "PK") return "a zip archive";
	if (head.subarray(0, 2).toString("latin1") === "#!") return "a script";
	return "not WebAssembly";
}

function orRefuse<T>(work: () => T): T {
	try {
		return work();
	} catch (error) {
		if (error instanceof BinaryError || error instanceof MeterError)
			throw new AdmissionError(`The component cannot be linked: ${error.message}.`);
		throw error;
	}
}

/** Before metering: what V8 refuses must be refused as it came, since a rewritten module may be valid where it was not. */
function validateModules(modules: Uint8Array[]): void {
	for (const [i, bytes] of modules.entries()) {
		if (WebAssembly.validate(bytes as BufferSource)) continue;
		throw new AdmissionError(`The component's core module ${i} is not valid WebAssembly: ${invalidity(bytes)}`);
	}
}

/** Why V8 does not take a core module. */
export function invalidity(bytes: Uint8Array): string {
	try {
		validatedAtOnce(() => new WebAssembly.Module(bytes as BufferSource));
		return "unknown reason.";
	} catch (error) {
		return (error as Error).message;
	}
}

/** How many missing imports a message lists. */
const LISTED = 10;

function checkImports(linked: Linked): void {
	const problems = new Set<string>();
	for (const { interface: name, name: func, type } of linked.hostFunctions.values()) {
		const host = hostFunction(name, func);
		if (hostInterface(name) === undefined) problems.add(missingInterface(name, func));
		else if (type.async) problems.add(`${name}#${func} as an async function`);
		else if (host === undefined) problems.add(`${name}#${func}`);
		else if (host.core !== loweredSignature(type))
			problems.add(`${name}#${func} with another type, ${printFunc(type)}`);
	}
	for (const { interface: name, name: resource } of linked.hostResources.values()) {
		const isNamed = [...problems].some((it) => it.startsWith(`${name}@`));
		if (!isNamed && resourceKind(name, resource) === undefined) problems.add(`the resource ${name}#${resource}`);
	}
	if (problems.size === 0) return;
	const more = problems.size > LISTED ? `, and ${problems.size - LISTED} more` : "";
	const list = [...problems].slice(0, LISTED).join(", ") + more;
	throw new AdmissionError(
		`The component imports what the host does not give: ${list}. The host gives the interfaces of WASI ${WASI_VERSION}.`,
	);
}

/** An interface is named once, however many of its functions are imported; and said to be there in another version. */
function missingInterface(name: string, func: string): string {
	if (name === "") return `the function ${func}`;
	const versionless = interfaceName(name).name;
	return hostInterface(`${versionless}@${WASI_VERSION}.0`) === undefined
		? name
		: `${name} (the host has ${WASI_VERSION})`;
}

/** The interfaces of the hooks (`wit/world.wit`), whatever kind of guest exports them. */
const HOOKS = { interfaces: ["pilot:function/preparation", "pilot:function/snapshot"], version: "0.1", type: "func()" };

function pickHooks(linked: Linked): Map<string, LinkedFunction> {
	const hooks = new Map<string, LinkedFunction>();
	for (const [world, functions] of linked.exports) {
		const { name, version } = interfaceName(world);
		if (!HOOKS.interfaces.includes(name) || !compatible(version, HOOKS.version)) continue;
		for (const [hook, found] of functions) {
			checkType({ function: hook, type: HOOKS.type }, world, found);
			hooks.set(hook, found);
		}
	}
	return hooks;
}

function pickExport(linked: Linked): Pick<Admitted, "kind" | "world" | "export"> {
	for (const kind of kinds) {
		for (const [world, functions] of linked.exports) {
			const { name, version } = interfaceName(world);
			const found = functions.get(kind.function);
			if (name !== kind.interface || !compatible(version, kind.version) || found === undefined) continue;
			checkType(kind, world, found);
			return { kind, world, export: found };
		}
	}
	const names = [...linked.exports].flatMap(([name, functions]) => (name === "" ? [...functions.keys()] : [name]));
	throw refused(
		names.length === 0
			? "a component without exports"
			: `a component that exports ${names.slice(0, LISTED).join(", ")}`,
	);
}

function checkType(kind: Pick<Kind, "function" | "type">, world: string, found: LinkedFunction): void {
	const type = printFunc(found.type);
	if (type === kind.type) return;
	throw new AdmissionError(
		`The component's ${world}#${kind.function} has another type than the host calls: found ${type}, expected ${kind.type}.`,
	);
}
