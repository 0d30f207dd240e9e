/**
 * Leaves out of a plan the modules that are there only because a lowered function needs a memory that does not exist yet
 * (`shim-module.ts`): host functions of ours look the memory up when they are called. Each instance of a Rust guest is
 * two modules and 46 exported functions less, and each of its host calls one indirect call. What such a module does is known by its
 * bytes; where anything else refers to it, or it differs in anything, it stays. And of what nobody refers to goes what does nothing.
 */
import type { CallOptions, CoreRef, LinkPlan, PlannedInstance, Source } from "../plan.ts";
import { type Fixup, fixupOf, remainder } from "./fixup-module.ts";
import { exportsEmpty, startsWith } from "./inert-module.ts";
import { type Shim, shimOf } from "./shim-module.ts";
import { readSimple, type SimpleModule } from "./simple-module.ts";

export interface Planned {
	plan: LinkPlan;
	modules: readonly Uint8Array[];
}

/** The same plan with fewer instances, and the modules that it needs. */
export function withoutShims({ plan, modules }: Planned): Planned {
	const work = new Elimination(plan, modules);
	for (const [i] of plan.instances.entries()) work.tryShim(i);
	// Those that only others of them refer to come before them.
	for (const [i] of [...plan.instances.entries()].reverse()) work.tryInert(i);
	return work.result();
}

/** What is done with an instance's fixup. */
interface Found {
	shim: Shim;
	fixup: Fixup;
	/** The instance of the fixup, and which of its imports is the table. */
	at: number;
	position: number;
}

class Elimination {
	private readonly plan: LinkPlan;
	private readonly modules: Uint8Array[];
	private readonly instances: PlannedInstance[];
	private readonly gone = new Set<number>();
	private readonly simple = new Map<number, SimpleModule | null>();

	constructor(plan: LinkPlan, modules: readonly Uint8Array[]) {
		this.plan = plan;
		this.modules = [...modules];
		this.instances = [...plan.instances];
	}

	private read(instance: number): SimpleModule | null {
		const { module } = this.instances[instance]!;
		let found = this.simple.get(module);
		if (found === undefined) {
			found = readSimple(this.modules[module]!);
			this.simple.set(module, found);
		}
		return found;
	}

	/** Leaves out an instance that is a shim, with its fixup. */
	tryShim(instance: number): void {
		const module = this.gone.has(instance) ? null : this.read(instance);
		const shim = module === null ? null : shimOf(module);
		const found = shim === null ? null : this.fixup(instance, shim);
		if (found === null) return;
		const replaced = this.replacements(instance, found);
		const starts = this.start(instance, found);
		if (replaced === null || starts === null) return;
		for (const [user, imports] of replaced) this.instances[user] = { ...this.instances[user]!, imports };
		this.gone.add(instance);
		this.leaveOut(found, starts);
	}

	/** Leaves out an instance that nobody refers to and that does nothing. QuickJS components have two, of a component that was cut off. */
	tryInert(instance: number): void {
		if (this.gone.has(instance) || this.isReferred(instance)) return;
		const { module, imports, starts } = this.instances[instance]!;
		const start = starts === undefined ? startsWith(this.modules[module]!) : undefined;
		if (start === undefined) return;
		if (start !== null) {
			const [, , source] = imports.find(([namespace, name]) => namespace === start.module && name === start.name)!;
			if (source.from !== "instance") return;
			const { module: other } = this.instances[source.instance]!;
			if (!exportsEmpty(this.modules[other]!, source.name)) return;
		}
		this.gone.add(instance);
	}

	private get live(): PlannedInstance[] {
		return this.instances.filter((_, i) => !this.gone.has(i));
	}

	/** The one instance that imports the shim's table, if it does nothing but fill it, and nobody has anything of it. */
	private fixup(instance: number, shim: Shim): Found | null {
		const users: { at: number; position: number }[] = [];
		for (const [at, { imports }] of this.instances.entries()) {
			for (const [position, [, , source]] of imports.entries()) {
				if (isOf(source, instance) && shim.tables.has(source.name)) users.push({ at, position });
			}
		}
		if (users.length !== 1) return null;
		const { at, position } = users[0]!;
		const module = this.gone.has(at) || this.isReferred(at) || this.isOption(instance) ? null : this.read(at);
		const fixup = module === null ? null : fixupOf(module, position, shim.size);
		return fixup === null ? null : { shim, fixup, at, position };
	}

	/** Does anything refer to an instance? */
	private isReferred(instance: number): boolean {
		const imports = this.live.flatMap((it) => it.imports);
		return this.isOption(instance) || imports.some(([, , source]) => isOf(source, instance));
	}

	/** Does anything refer to an instance but the imports of others? */
	private isOption(instance: number): boolean {
		const { exports, destructors } = this.plan;
		const sources = this.live.flatMap((it) => it.imports.map(([, , source]) => source));
		const options = sources.flatMap((it) => (it.from === "host" ? refsOf(it.options) : []));
		const lifted = Object.values(exports).flatMap((it) => [it.func, ...refsOf(it)]);
		const starts = this.live.flatMap((it) => it.starts ?? []);
		return [...options, ...lifted, ...starts, ...destructors].some((ref) => ref?.instance === instance);
	}

	/** The imports of those who had functions of the shim, from where the fixup has them; null if one cannot be had from there. */
	private replacements(instance: number, { shim, fixup, at }: Found): Map<number, PlannedInstance["imports"]> | null {
		const replaced = new Map<number, PlannedInstance["imports"]>();
		for (const [user, { imports }] of this.instances.entries()) {
			if (user === at || !imports.some(([, , source]) => isOf(source, instance))) continue;
			const others: PlannedInstance["imports"] = [];
			for (const [namespace, name, source] of imports) {
				const other = isOf(source, instance) ? this.behind(shim, fixup, source, at) : source;
				if (other === null) return null;
				others.push([namespace, name, other]);
			}
			replaced.set(user, others);
		}
		return replaced;
	}

	/** What a function of the shim calls. Nothing, before the fixup's turn. */
	private behind(shim: Shim, fixup: Fixup, through: OfInstance, at: number): Source | null {
		const called = shim.functions.get(through.name);
		const filled = called === undefined ? undefined : fixup.slots.get(called.slot);
		if (called === undefined || filled === undefined || filled.core !== called.core) return null;
		const [, , source] = this.instances[at]!.imports[filled.position]!;
		const after = Math.max(at, afterOf(through), afterOf(source));
		if (source.from === "trap") return source;
		if (source.from === "host") return { ...source, after };
		if (source.from !== "instance" && source.from !== "later") return null;
		return { from: "later", instance: source.instance, name: source.name, core: called.core, after };
	}

	/** What runs where the fixup would have started; null if it cannot run without it. */
	private start(instance: number, { fixup, at }: Found): CoreRef[] | null {
		const refs: CoreRef[] = [];
		for (const position of fixup.calls ?? []) {
			const [, , source] = this.instances[at]!.imports[position]!;
			if (source.from !== "instance" || source.instance === instance) return null;
			refs.push({ instance: source.instance, name: source.name });
		}
		return this.instances[at]!.imports.filter(([, , it]) => isOf(it, instance)).length === 1 ? refs : null;
	}

	/** Of the fixup there stays what it does for others. */
	private leaveOut({ fixup, at, position }: Found, starts: CoreRef[]): void {
		if (fixup.calls !== null) {
			this.gone.add(at);
			const last = this.lastBefore(at);
			if (last === null) return;
			const before = this.instances[last]!;
			this.instances[last] = { ...before, starts: [...(before.starts ?? []), ...starts] };
			return;
		}
		const { imports } = this.instances[at]!;
		const rest = remainder(this.modules[this.instances[at]!.module]!, fixup, position);
		const module = this.modules.push(rest.bytes) - 1;
		this.instances[at] = { ...this.instances[at]!, module, imports: rest.imports.map((it) => imports[it]!) };
	}

	private lastBefore(at: number): number | null {
		for (let i = at - 1; i >= 0; i--) if (!this.gone.has(i)) return i;
		return null;
	}

	/** The plan of what is left, numbered anew. */
	result(): Planned {
		const left = [...this.instances.keys()].filter((i) => !this.gone.has(i));
		const used = [...new Set(left.map((i) => this.instances[i]!.module))].sort((a, b) => a - b);
		const numbered = new Renumbering(left);
		const instances = left.map((i) => {
			const { module, imports, starts } = this.instances[i]!;
			return {
				module: used.indexOf(module),
				imports: imports.map(([namespace, name, it]): PlannedInstance["imports"][number] => [
					namespace,
					name,
					numbered.source(it),
				]),
				...(starts === undefined ? {} : { starts: starts.map((it) => numbered.ref(it)) }),
			};
		});
		return { plan: numbered.plan(this.plan, instances), modules: used.map((i) => this.modules[i]!) };
	}
}

/** References to instances after some were left out. */
class Renumbering {
	private readonly left: readonly number[];

	constructor(left: readonly number[]) {
		this.left = left;
	}

	plan({ exports, destructors }: LinkPlan, instances: PlannedInstance[]): LinkPlan {
		const lifted = Object.entries(exports).map(([name, it]) => {
			return [name, { ...it, ...this.options(it), func: this.ref(it.func) }] as const;
		});
		return { instances, exports: Object.fromEntries(lifted), destructors: destructors.map((it) => this.orNull(it)) };
	}

	ref<T extends CoreRef>(ref: T): T {
		return { ...ref, instance: this.left.indexOf(ref.instance) };
	}

	private orNull(ref: CoreRef | null): CoreRef | null {
		return ref === null ? null : this.ref(ref);
	}

	private options({ encoding, memory, realloc, postReturn }: CallOptions): CallOptions {
		return {
			encoding,
			memory: this.orNull(memory),
			realloc: this.orNull(realloc),
			postReturn: this.orNull(postReturn),
		};
	}

	/** How many of so many instances are left. */
	private count(instances: number): number {
		return this.left.filter((it) => it < instances).length;
	}

	source(source: Source): Source {
		if (source.from === "instance") return this.ref(source);
		if (source.from === "later") return { ...this.ref(source), after: this.count(source.after) };
		if (source.from !== "host") return source;
		const after = source.after === undefined ? {} : { after: this.count(source.after) };
		return { ...source, options: this.options(source.options), ...after };
	}
}

type OfInstance = Extract<Source, CoreRef>;

function afterOf(source: Source): number {
	return source.from === "host" || source.from === "later" ? (source.after ?? 0) : 0;
}

function isOf(source: Source, instance: number): source is OfInstance {
	return (source.from === "instance" || source.from === "later") && source.instance === instance;
}

function refsOf({ memory, realloc, postReturn }: CallOptions): (CoreRef | null)[] {
	return [memory, realloc, postReturn];
}
