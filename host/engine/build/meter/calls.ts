/**
 * Who calls whom: which functions can recurse, so that their depth has to be counted (`depth.ts`). What cannot reach a
 * cycle of calls is on the stack at most once, and costs nothing.
 *
 * What functions of other modules do is not followed: a recursion through two modules ends where V8's stack does.
 */
import { Reader } from "../../binary/reader.ts";
import { ANY_TYPE, ExportKind, type Module, Section } from "./module.ts";
import { BASE, Imm } from "./opcodes.ts";
import { lebAt, skipImmediate, skipInstruction, skipLeb, skipValType } from "./skip.ts";

/** Nodes are the functions, then the types, each standing for the functions that a call through a reference may reach. */
class Graph {
	readonly callees: number[][];

	constructor(nodes: number) {
		this.callees = Array.from({ length: nodes }, () => []);
	}

	add(from: number, to: number): void {
		if (to < this.callees.length) this.callees[from]!.push(to);
	}

	/** The nodes from which a path leads to `ends`, or that are among them; walked against the edges. */
	reaching(ends: Iterable<number>): Uint8Array {
		const callers = this.callers();
		const found = new Uint8Array(this.callees.length);
		const open = [...ends];
		for (const node of open) found[node] = 1;
		for (let node = open.pop(); node !== undefined; node = open.pop()) {
			for (const caller of callers[node]!) {
				if (found[caller] === 1) continue;
				found[caller] = 1;
				open.push(caller);
			}
		}
		return found;
	}

	/** The nodes from which a path leads to a cycle: what is left when those without callees are taken away, again and again. */
	cyclic(): Uint8Array {
		const callers = this.callers();
		const left = this.callees.map((it) => it.length);
		const cyclic = new Uint8Array(this.callees.length).fill(1);
		const open = left.flatMap((count, node) => (count === 0 ? [node] : []));
		for (let node = open.pop(); node !== undefined; node = open.pop()) {
			cyclic[node] = 0;
			for (const caller of callers[node]!) if (--left[caller]! === 0) open.push(caller);
		}
		return cyclic;
	}

	private callers(): number[][] {
		const callers: number[][] = this.callees.map(() => []);
		for (const [from, them] of this.callees.entries()) for (const to of them) callers[to]!.push(from);
		return callers;
	}
}

export class Calls {
	private readonly recursive: Uint8Array;
	private readonly sensitive: Uint8Array;

	constructor(module: Module) {
		const graph = new Graph(module.funcs + module.signatures.length);
		const references = new Set(module.references);
		readCode(module, graph, references);
		referTo(module, graph, references);
		this.recursive = sharesTables(module) ? new Uint8Array(graph.callees.length) : graph.cyclic();
		const imported = Array.from({ length: module.importedFuncs }, (_, func) => func);
		const ends = [...imported, ...graph.callees.keys().filter((node) => this.recursive[node] === 1)];
		this.sensitive = graph.reaching(ends);
	}

	/** The function can come to stand on the stack more than once, or calls one that can. */
	recurses(func: number): boolean {
		return this.recursive[func] === 1;
	}

	/** Does the depth matter to the function, or to what it calls in this module or another? */
	matters(func: number): boolean {
		return this.sensitive[func] === 1;
	}
}

/** Other modules call functions of this one through a table, past the exports, where the depth is kept (`depth.ts`). */
function sharesTables(module: Module): boolean {
	return module.tables.some((it) => it.imported) || module.exports.some((it) => it.kind === ExportKind.table);
}

/** What each function's code calls; and of which functions it makes references. */
function readCode(module: Module, graph: Graph, references: Set<number>): void {
	const content = module.sections.get(Section.code);
	if (content === undefined) return;
	const reader = new Reader(content);
	for (let func = module.importedFuncs, left = reader.u32(); left > 0; left--, func++) {
		const length = reader.u32();
		const start = reader.pos;
		reader.take(length);
		if (func < module.funcs) readBody(content, start, reader.pos, func, module.funcs, graph, references);
	}
}

function readBody(
	bytes: Uint8Array,
	start: number,
	end: number,
	func: number,
	types: number,
	graph: Graph,
	references: Set<number>,
): void {
	let pos = skipLeb(bytes, start);
	for (let groups = lebAt(bytes, start); groups > 0 && pos < end; groups--)
		pos = skipValType(bytes, skipLeb(bytes, pos));
	while (pos < end) {
		const op = bytes[pos]!;
		const kind = BASE[op]!;
		if (kind === Imm.none) {
			pos++;
			continue;
		}
		// call and return_call, their indirect forms, and those by reference.
		if (op === 0x10 || op === 0x12) graph.add(func, lebAt(bytes, pos + 1));
		else if (op === 0x11 || op === 0x13 || op === 0x14 || op === 0x15) graph.add(func, types + lebAt(bytes, pos + 1));
		else if (op === 0xd2) references.add(lebAt(bytes, pos + 1));
		pos = kind < Imm.castBranch ? skipImmediate(kind, bytes, pos + 1) : skipInstruction(bytes, pos);
	}
}

/** References pass between this module and others, so that one to an export can come back. (Tables: `sharesTables`.) */
function takesReferences(module: Module): boolean {
	const references = (type: string) => type === ANY_TYPE || type.includes("ref");
	return module.signatures.some(references) || module.globals.some((it) => it.imported && references(it.type));
}

/** From each type to the functions of it that there may be references to. */
function referTo(module: Module, graph: Graph, references: Set<number>): void {
	if (takesReferences(module)) {
		for (const { kind, index } of module.exports) if (kind === ExportKind.func) references.add(index);
	}
	const bySignature = new Map<string, number[]>();
	for (const func of references) {
		const signature = module.signatures[module.funcTypes[func] ?? -1] ?? ANY_TYPE;
		const list = bySignature.get(signature);
		if (list === undefined) bySignature.set(signature, [func]);
		else list.push(func);
	}
	const any = bySignature.get(ANY_TYPE) ?? [];
	// Types of the same signature share their edges: the first one's node has them.
	const first = new Map<string, number>();
	for (const [type, signature] of module.signatures.entries()) {
		const node = module.funcs + type;
		const known = first.get(signature);
		if (known !== undefined) {
			graph.add(node, known);
			continue;
		}
		first.set(signature, node);
		const targets = signature === ANY_TYPE ? references : [...(bySignature.get(signature) ?? []), ...any];
		for (const func of targets) graph.add(node, func);
	}
}
