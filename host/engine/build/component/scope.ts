/** The index spaces of one component (or instance type) while it is being linked. */

import type { CallOptions, CoreRef, Source } from "../../plan.ts";
import { AdmissionError } from "../../types.ts";
import type { ComponentAst, Decl, DefType, TypeRef } from "./ast.ts";
import type { FuncType, ResourceType, ValueType } from "./types.ts";

export type TypeItem =
	| { is: "value type"; type: ValueType }
	| FuncType
	| { is: "resource type"; resource: ResourceType }
	| { is: "instance type"; decls: Decl[]; scope: Scope }
	| { is: "component type" };

export type FuncItem =
	| { is: "host"; interface: string; name: string; type: FuncType }
	| { is: "lifted"; source: Source; options: CallOptions; type: FuncType };

export type InstanceItem = Map<string, Item>;

export interface ComponentItem {
	is: "component";
	ast: ComponentAst;
	scope: Scope;
}

export type Item =
	| { sort: "func"; func: FuncItem }
	| { sort: "type"; type: TypeItem }
	| { sort: "instance"; instance: InstanceItem }
	| { sort: "component"; component: ComponentItem }
	| { sort: "module"; module: number };

/** A core instance: one that the plan instantiates, or a bag of items put together by name. */
export type CoreInstanceItem = { is: "planned"; index: number } | { is: "bag"; items: Map<string, Source> };

/** Items that linking goes through at most; about a second. Python's component has 5,000. */
const MAX_WORK = 1_000_000;

export class Scope {
	readonly parent: Scope | null;
	readonly types: TypeItem[] = [];
	readonly funcs: FuncItem[] = [];
	readonly instances: InstanceItem[] = [];
	readonly components: ComponentItem[] = [];
	readonly modules: number[] = [];
	readonly coreInstances: CoreInstanceItem[] = [];
	readonly core: Record<"func" | "table" | "memory" | "global" | "tag", Source[]> = {
		func: [],
		table: [],
		memory: [],
		global: [],
		tag: [],
	};

	/** What linking may still do, in items; all scopes of a component draw on it. */
	private readonly work: { left: number };

	constructor(parent: Scope | null) {
		this.parent = parent;
		this.work = parent?.work ?? { left: MAX_WORK };
	}

	/** Notes that so many items are gone through. A small component may repeat what it has without end; here is the end. */
	spend(items: number): void {
		this.work.left -= items;
		if (this.work.left < 0) throw new AdmissionError("The component is too large to be linked.");
	}

	outer(count: number): Scope {
		let scope: Scope = this;
		for (let i = 0; i < count; i++) scope = need(scope.parent, "an enclosing component");
		return scope;
	}

	/** Adds an item to the index space of its sort. */
	define(item: Item): void {
		this.spend(1);
		if (item.sort === "func") this.funcs.push(item.func);
		else if (item.sort === "type") this.types.push(item.type);
		else if (item.sort === "instance") this.instances.push(item.instance);
		else if (item.sort === "component") this.components.push(item.component);
		else this.modules.push(item.module);
	}

	item(sort: string, index: number): Item {
		if (sort === "func") return { sort, func: need(this.funcs[index], "a function") };
		if (sort === "type") return { sort, type: need(this.types[index], "a type") };
		if (sort === "instance") return { sort, instance: need(this.instances[index], "an instance") };
		if (sort === "component") return { sort, component: need(this.components[index], "a component") };
		if (sort === "module") return { sort, module: need(this.modules[index], "a core module") };
		throw new AdmissionError(`The component passes a ${sort}, which is not supported.`);
	}

	coreRef(sort: "func" | "memory", index: number | null): CoreRef | null {
		if (index === null) return null;
		const source = need(this.core[sort][index], `a core ${sort}`);
		if (source.from !== "instance")
			throw new AdmissionError(`The component uses one of the host's functions as its own ${sort}.`);
		return { instance: source.instance, name: source.name };
	}

	funcType(index: number): FuncType {
		const type = need(this.types[index], "a type");
		if (type.is !== "func") throw malformed("a function type");
		return type;
	}

	resource(index: number): ResourceType {
		const type = need(this.types[index], "a type");
		if (type.is !== "resource type") throw malformed("a resource type");
		return type.resource;
	}

	value(ref: TypeRef): ValueType {
		if (typeof ref === "string") return ref;
		const type = need(this.types[ref], "a type");
		if (type.is !== "value type") throw malformed("a value type");
		return type.type;
	}

	private optional(ref: TypeRef | null): ValueType | null {
		return ref === null ? null : this.value(ref);
	}

	/** Follows the references of a type definition. `newResource` numbers a resource type that the guest defines. */
	resolve(def: DefType, newResource: (destructor: number | null) => ResourceType): TypeItem {
		this.spend(sizeOf(def));
		switch (def.is) {
			case "func":
				return {
					is: "func",
					async: def.async,
					params: def.params.map(([l, t]) => [l, this.value(t)]),
					result: this.optional(def.result),
				};
			case "resource":
				return { is: "resource type", resource: newResource(def.destructor) };
			case "instance":
				return { is: "instance type", decls: def.decls, scope: this };
			case "component":
				return { is: "component type" };
			default:
				return { is: "value type", type: this.resolveValue(def) };
		}
	}

	private resolveValue(def: DefType): ValueType {
		switch (def.is) {
			case "primitive":
				return def.primitive;
			case "record":
				return { is: "record", fields: def.fields.map(([l, t]) => [l, this.value(t)]) };
			case "variant":
				return { is: "variant", cases: def.cases.map(([l, t]) => [l, this.optional(t)]) };
			case "list":
				return { is: "list", element: this.value(def.element), length: def.length };
			case "tuple":
				return { is: "tuple", elements: def.elements.map((it) => this.value(it)) };
			case "option":
				return { is: "option", element: this.value(def.element) };
			case "result":
				return { is: "result", ok: this.optional(def.ok), err: this.optional(def.err) };
			case "own":
			case "borrow":
				return { is: def.is, resource: this.resource(def.resource) };
			case "flags":
			case "enum":
				return { is: def.is, labels: def.labels };
			case "stream":
			case "future":
				return { is: def.is };
			default:
				throw malformed("a value type");
		}
	}
}

/** How many items a type refers to. */
function sizeOf(def: DefType): number {
	if (def.is === "record") return def.fields.length;
	if (def.is === "variant") return def.cases.length;
	if (def.is === "tuple") return def.elements.length;
	return def.is === "func" ? 1 + def.params.length : 1;
}

function malformed(what: string): AdmissionError {
	return new AdmissionError(`The component is malformed: ${what} was expected where there is something else.`);
}

export function need<T>(value: T | null | undefined, what: string): T {
	if (value === null || value === undefined)
		throw new AdmissionError(`The component is malformed: it refers to ${what} that is not there.`);
	return value;
}
