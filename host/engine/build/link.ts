/**
 * Links a component once, when it is admitted: follows every definition, nested components included, and leaves a flat
 * plan of core instances (component model, Explainer.md). Nothing of the component level is left for run time.
 */
import type { CallOptions, LinkPlan, PlannedInstance, Source } from "../plan.ts";
import { AdmissionError } from "../types.ts";
import { stubsOf } from "./always-traps.ts";
import type { Alias, Canon, CanonOptions, ComponentAst, Definition, ExternDesc, SortIndex } from "./component/ast.ts";
import { importedInstance } from "./component/imports.ts";
import { type CoreInstanceItem, type FuncItem, type InstanceItem, type Item, need, Scope } from "./component/scope.ts";
import { type FuncType, printFunc, type ResourceType } from "./component/types.ts";
import { type CoreImport, coreImports } from "./core-imports.ts";

export interface LinkedFunction {
	type: FuncType;
	source: Source;
	options: CallOptions;
}

/** A component as it is linked: the plan's parts, what it imports from the host, and what it exports. */
export interface Linked {
	modules: Uint8Array[];
	instances: PlannedInstance[];
	destructors: LinkPlan["destructors"];
	/** Functions that the guest may call, each once: those that a core module really imports. */
	hostFunctions: Map<string, { interface: string; name: string; type: FuncType }>;
	/** Resources of the host that the guest may drop. */
	hostResources: Map<string, { interface: string; name: string }>;
	/** Exported instances by name, each with its functions; functions exported at the top are under the name "". */
	exports: Map<string, Map<string, LinkedFunction>>;
}

/** Instances, of components and of core modules, that one component may make in all, nested ones included. Python's has 60. */
const MAX_INSTANCES = 1000;

export function link(ast: ComponentAst): Linked {
	return new Linker().run(ast);
}

class Linker {
	private readonly modules: Uint8Array[] = [];
	private readonly instances: PlannedInstance[] = [];
	private readonly destructors: LinkPlan["destructors"] = [];
	private readonly hostFunctions: Linked["hostFunctions"] = new Map();
	private readonly hostResources: Linked["hostResources"] = new Map();
	private readonly exports: Linked["exports"] = new Map();
	private made = 0;
	/** Where a definition of a module is in `modules`: its component may be instantiated many times. */
	private readonly known = new Map<Uint8Array, number>();
	private readonly imports = new Map<number, CoreImport[]>();

	run(ast: ComponentAst): Linked {
		const items = this.instantiate(ast, new Scope(null), null);
		for (const [name, item] of items) this.export(name, item);
		const { modules, instances, destructors, hostFunctions, hostResources, exports } = this;
		return { modules, instances, destructors, hostFunctions, hostResources, exports };
	}

	private export(name: string, item: Item): void {
		if (item.sort === "func") this.exportFunc("", name, item);
		if (item.sort === "instance") for (const [member, inner] of item.instance) this.exportFunc(name, member, inner);
	}

	private exportFunc(instance: string, name: string, item: Item): void {
		// A function of the host that is exported again is no function of the guest's: nothing there to call.
		if (item.sort !== "func" || item.func.is === "host") return;
		const functions = this.exports.get(instance) ?? new Map<string, LinkedFunction>();
		this.exports.set(instance, functions);
		const { source, options, type } = item.func;
		functions.set(name, { source, options, type });
	}

	/** Runs a component's definitions in a scope; gives its exports. `args` are null for the outermost: the host's. */
	private instantiate(ast: ComponentAst, scope: Scope, args: InstanceItem | null): InstanceItem {
		this.count();
		const exports: InstanceItem = new Map();
		for (const definition of ast.definitions) this.define(definition, scope, args, exports);
		return exports;
	}

	private count(): void {
		if (++this.made > MAX_INSTANCES)
			throw new AdmissionError(`The component makes more than ${MAX_INSTANCES} instances.`);
	}

	private define(def: Definition, scope: Scope, args: InstanceItem | null, exports: InstanceItem): void {
		scope.spend(1);
		switch (def.is) {
			case "core module":
				return void scope.modules.push(this.module(def.bytes));
			case "core instance":
				return void scope.coreInstances.push(this.coreInstance(scope, def.module, def.args));
			case "core exports":
				return void scope.coreInstances.push({ is: "bag", items: bag(scope, def.exports) });
			case "component":
				return void scope.components.push({ is: "component", ast: def.component, scope });
			case "instance":
				return void scope.instances.push(this.instance(scope, def.component, def.args));
			case "exports":
				scope.spend(def.exports.length);
				return void scope.instances.push(new Map(def.exports.map(([name, item]) => [name, itemAt(scope, item)])));
			case "alias":
				return this.alias(scope, def.alias);
			case "type":
				return void scope.types.push(scope.resolve(def.type, (destructor) => this.newResource(scope, destructor)));
			case "canon":
				return this.canon(scope, def.canon);
			case "import":
				return scope.define(
					args === null ? hostImport(scope, def.name, def.desc) : need(args.get(def.name), `an argument ${def.name}`),
				);
			case "export": {
				const item = itemAt(scope, def.item);
				exports.set(def.name, item);
				return scope.define(item);
			}
		}
	}

	private module(bytes: Uint8Array): number {
		if (this.modules.length > MAX_INSTANCES)
			throw new AdmissionError(`The component has more than ${MAX_INSTANCES} core modules.`);
		const index = this.known.get(bytes) ?? this.modules.push(bytes) - 1;
		this.known.set(bytes, index);
		return index;
	}

	private importsOf(module: number): CoreImport[] {
		const imports = this.imports.get(module) ?? coreImports(this.modules[module]!);
		this.imports.set(module, imports);
		return imports;
	}

	private instance(scope: Scope, component: number, args: [string, SortIndex][]): InstanceItem {
		const found = need(scope.components[component], "a component");
		scope.spend(args.length);
		const items = new Map(args.map(([name, item]) => [name, itemAt(scope, item)]));
		return this.instantiate(found.ast, new Scope(found.scope), items);
	}

	private coreInstance(scope: Scope, module: number, args: [string, number][]): CoreInstanceItem {
		this.count();
		const index = need(scope.modules[module], "a core module");
		const wanted = this.importsOf(index);
		scope.spend(args.length + wanted.length);
		const given = new Map(args.map(([name, at]) => [name, need(scope.coreInstances[at], "a core instance")]));
		const imports = wanted.map(({ module: namespace, name }): [string, string, Source] => {
			const source = coreItem(need(given.get(namespace), `a core instance ${namespace}`), name);
			this.use(source);
			return [namespace, name, source];
		});
		return { is: "planned", index: this.instances.push({ module: index, imports }) - 1 };
	}

	/** Notes what a core module imports of the host, so that admission can ask whether it may have it. */
	private use(source: Source): void {
		if (source.from === "drop") {
			const { interface: name, resource } = source;
			this.hostResources.set(`${name}#${resource}`, { interface: name, name: resource });
		}
		if (source.from !== "host") return;
		const key = `${source.interface}#${source.name}`;
		const type = need(this.lowered.get(source), "a lowered function");
		this.hostFunctions.set(key, { interface: source.interface, name: source.name, type });
	}

	private readonly lowered = new Map<Source, FuncType>();

	private newResource(scope: Scope, destructor: number | null): ResourceType {
		const id = this.destructors.push(scope.coreRef("func", destructor)) - 1;
		return { is: "guest resource", id };
	}

	private alias(scope: Scope, alias: Alias): void {
		if (alias.is === "export") {
			const instance = need(scope.instances[alias.instance], "an instance");
			return scope.define(need(instance.get(alias.name), `an export ${alias.name}`));
		}
		if (alias.is === "core export") {
			const instance = need(scope.coreInstances[alias.instance], "a core instance");
			const space = scope.core[alias.sort as "func"] as Source[] | undefined;
			return void need(space, `the core sort ${alias.sort}`).push(coreItem(instance, alias.name));
		}
		const outer = scope.outer(alias.count);
		if (!alias.core || alias.sort === "module") return scope.define(outer.item(alias.sort, alias.index));
		if (alias.sort !== "type") throw new AdmissionError(`The component reaches for an outer core ${alias.sort}.`);
	}

	private canon(scope: Scope, canon: Canon): void {
		if (canon.is === "lift") return void scope.funcs.push(this.lift(scope, canon.func, canon.options, canon.type));
		if (canon.is === "lower") return void scope.core.func.push(this.lower(scope, canon.func, canon.options));
		const resource = scope.resource(canon.type);
		if (resource.is === "guest resource") {
			const op = canon.is.slice("resource.".length) as "new" | "rep" | "drop";
			return void scope.core.func.push({ from: "resource", op, type: resource.id });
		}
		if (canon.is !== "resource.drop")
			throw new AdmissionError(`The component makes a ${resource.name}, which is the host's to make.`);
		scope.core.func.push({ from: "drop", interface: resource.interface, resource: resource.name });
	}

	private lift(scope: Scope, func: number, options: CanonOptions, type: number) {
		const source = need(scope.core.func[func], "a core function");
		return { is: "lifted" as const, source, options: callOptions(scope, options), type: scope.funcType(type) };
	}

	private lower(scope: Scope, func: number, options: CanonOptions): Source {
		const item = need(scope.funcs[func], "a function");
		if (item.is === "lifted") return this.betweenComponents(item);
		const source: Source = {
			from: "host",
			interface: item.interface,
			name: item.name,
			options: callOptions(scope, options),
		};
		this.lowered.set(source, item.type);
		return source;
	}

	/** A call from one component into another is not linked, but one that can only trap needs no callee. */
	private betweenComponents({ source, type }: FuncItem & { is: "lifted" }): Source {
		if (source.from === "trap") return source;
		if (source.from === "instance" && this.traps(source.instance, source.name))
			return { from: "trap", message: `${source.name} is stubbed out in the component` };
		const callee = source.from === "instance" ? `${source.name}, ` : "";
		throw new AdmissionError(
			`The component is composed of components that call each other, which is not linked yet: found a call of ${callee}${printFunc(type)}, expected calls of the host only. Build it as a single component.`,
		);
	}

	private traps(instance: number, name: string): boolean {
		const { module } = this.instances[instance]!;
		const stubs = this.stubs.get(module) ?? stubsOf(this.modules[module]!);
		this.stubs.set(module, stubs);
		return stubs.has(name);
	}

	private readonly stubs = new Map<number, ReadonlySet<string>>();
}

function callOptions(scope: Scope, options: CanonOptions): CallOptions {
	return {
		encoding: options.encoding,
		memory: scope.coreRef("memory", options.memory),
		realloc: scope.coreRef("func", options.realloc),
		postReturn: scope.coreRef("func", options.postReturn),
	};
}

function bag(scope: Scope, exports: [string, string, number][]): Map<string, Source> {
	scope.spend(exports.length);
	const entries = exports.map(([name, sort, index]): [string, Source] => {
		const space = need(scope.core[sort as "func"], `the core sort ${sort}`);
		return [name, need(space[index], `a core ${sort}`)];
	});
	return new Map(entries);
}

function coreItem(instance: CoreInstanceItem, name: string): Source {
	if (instance.is === "planned") return { from: "instance", instance: instance.index, name };
	return need(instance.items.get(name), `a core item ${name}`);
}

function itemAt(scope: Scope, item: SortIndex): Item {
	return scope.item(item.sort, item.index);
}

/** What the outermost component imports: from the host. */
function hostImport(scope: Scope, name: string, desc: ExternDesc): Item {
	if (desc.is === "instance") {
		const type = need(scope.types[desc.type], "a type");
		if (type.is !== "instance type") throw new AdmissionError(`The component is malformed: ${name} is no instance.`);
		return { sort: "instance", instance: importedInstance(name, type.decls, type.scope) };
	}
	if (desc.is === "type" && desc.eq !== null) return { sort: "type", type: need(scope.types[desc.eq], "a type") };
	if (desc.is === "func") {
		return { sort: "func", func: { is: "host", interface: "", name, type: scope.funcType(desc.type) } };
	}
	throw new AdmissionError(`The component imports ${name}, a ${desc.is}. The host gives functions of WASI 0.2 only.`);
}
