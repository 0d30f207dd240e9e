/**
 * Raw V8, linked by hand: the plan's core modules with the fewest host functions that this one guest's greeting needs,
 * each doing the least that keeps the guest going. What a call takes here is the guest's own time and V8's.
 */
import type { CompiledArtifact } from "../../../host/engine/artifact.ts";
import { CONTROL_SIGNATURES } from "../../../host/engine/build/meter/index.ts";
import type { Source } from "../../../host/engine/plan.ts";
import { asFuncrefs } from "../../../host/engine/trampoline.ts";
import { GREETING, type Subject } from "./subject.ts";

type Core = (...args: number[]) => number | undefined;

/** What the host of the greeting knows: the guest's memory, and what the guest wrote last. */
class Host {
	words = new Int32Array(0);
	bytes = new Uint8Array(0);
	realloc: Core = () => 0;
	wrote = 0;
	length = 0;

	attach(exports: WebAssembly.Exports): void {
		if (!(exports.memory instanceof WebAssembly.Memory)) return;
		this.words = new Int32Array(exports.memory.buffer);
		this.bytes = new Uint8Array(exports.memory.buffer);
		this.realloc = exports.cabi_realloc as Core;
	}

	/** `result<own<T>>`, or `result`, at `at`: ok, with handle 1. */
	private ok(at: number): void {
		this.words[at >> 2] = 0;
		this.words[(at >> 2) + 1] = 1;
	}

	readonly functions: Record<string, Core> = {
		"[method]incoming-request.path-with-query": (_request, at) => {
			const text = this.realloc(0, 0, 1, 1)!;
			this.bytes[text] = 47;
			this.words.set([1, text, 1], at! >> 2);
			return undefined;
		},
		"[constructor]fields": () => 1,
		"[method]fields.append": (_self, _name, _nameLength, _value, _valueLength, at) => {
			this.words[at! >> 2] = 0;
			return undefined;
		},
		"[constructor]outgoing-response": () => 1,
		"[method]outgoing-response.set-status-code": () => 0,
		"[method]outgoing-response.body": (_self, at) => {
			this.ok(at!);
			return undefined;
		},
		"[method]outgoing-body.write": (_self, at) => {
			this.ok(at!);
			return undefined;
		},
		"[static]response-outparam.set": () => undefined,
		"[method]output-stream.blocking-write-and-flush": (_self, from, length, at) => {
			[this.wrote, this.length] = [from!, length!];
			this.words[at! >> 2] = 0;
			return undefined;
		},
		"[static]outgoing-body.finish": (_body, _some, _trailers, at) => {
			this.words[at! >> 2] = 0;
			return undefined;
		},
	};

	/** All that nobody calls on the way to the greeting. */
	get(name: string): Core {
		return (
			this.functions[name] ??
			(() => {
				throw new Error(`${name} is not made by hand`);
			})
		);
	}
}

const NOTHING: Core = () => undefined;
/** More fuel than a call of the greeting uses. */
const PLENTY = 1e9;

function importOf(source: Source, made: WebAssembly.Exports[], host: Host): WebAssembly.ImportValue {
	// The greeting calls nothing of them.
	if (source.from === "later") return NOTHING;
	if (source.from === "instance") return made[source.instance]![source.name] as WebAssembly.ImportValue;
	return source.from === "host" ? host.get(source.name) : NOTHING;
}

/** Metered modules take their memories from outside. */
function memoriesOf({ memories }: CompiledArtifact["metas"][number]): WebAssembly.Memory[] {
	return memories.map(({ initialPages, maximumPages }) => {
		const maximum = maximumPages === null ? {} : { maximum: maximumPages };
		return new WebAssembly.Memory({ initial: initialPages, ...maximum });
	});
}

/** The guest's export, with its modules metered as in the engine and never out of fuel. */
export function byHand(artifact: CompiledArtifact): Subject {
	const host = new Host();
	const made: WebAssembly.Exports[] = [];
	const control = asFuncrefs(CONTROL_SIGNATURES.map((it) => ({ ...it, fn: () => PLENTY })));
	for (const { module, imports, starts = [] } of artifact.plan.instances) {
		const resolved = imports.map(([, , source]) => importOf(source, made, host));
		const meta = artifact.metas[module]!;
		if (meta.memoryImports !== null) resolved.push(...memoriesOf(meta));
		const namespaces = [resolved] as unknown as WebAssembly.Imports;
		const { exports } = new WebAssembly.Instance(artifact.modules[module]!, namespaces);
		for (const [slot, fn] of control.entries()) (exports[meta.control] as WebAssembly.Table).set(slot, fn);
		if (meta.start !== null) (exports[meta.start] as Core)();
		host.attach(exports);
		made.push(exports);
		for (const ref of starts) (made[ref.instance]![ref.name] as Core)();
	}
	const { instance, name } = artifact.plan.exports.handle!.func;
	const handle = made[instance]![name] as Core;
	return {
		prepare() {
			host.length = 0;
		},
		call: () => handle(1, 1),
		finish() {
			const said = Buffer.from(host.bytes.subarray(host.wrote, host.wrote + host.length)).toString();
			if (said !== GREETING) throw new Error(`the guest said ${said}`);
		},
	};
}
