/** What all instances of an artifact have in common of their imports: looked up once, since each has some hundred. */
import { canAttempt, type GlueFunction, glueModule } from "./glue.ts";
import type { ResourceKind } from "./handles.ts";
import { once } from "./once.ts";
import type { CallOptions, CoreRef, LinkPlan, Source } from "./plan.ts";
import { hostFunction, resourceKind } from "./wasi/lookup.ts";
import type { HostFunction } from "./wasi/types.ts";

/** A host function, to be made when it is called for the first time. */
export interface HostBinding {
	is: "host";
	host: HostFunction;
	options: CallOptions;
	/** How many it has. */
	parameters: number;
	/** How many instances there must be before it may be called. */
	after: number;
}

export type Binding =
	| HostBinding
	/** A function of the instance's glue. */
	| { is: "glue"; index: number }
	| { is: "drop"; kind: ResourceKind<object> }
	| ({ is: "source" } & Exclude<Source, { from: "host" | "later" | "drop" }>);

export interface Bindings {
	/** Of each core instance, in the order of its imports. */
	imports: Binding[][];
	/** The glue that each instance needs; null if none. */
	glue: WebAssembly.Module | null;
	/** Host functions that the glue's attempts call, in their order. */
	attempts: HostBinding[];
	/** What the glue's forwards call, in their order, once there are `after` instances. */
	forwards: (CoreRef & { after: number })[];
}

export const bindingsOf = once(bind);

function bind(plan: LinkPlan): Bindings {
	const glue: GlueFunction[] = [];
	const attempts: HostBinding[] = [];
	const forwards: Bindings["forwards"] = [];
	const glued = (it: GlueFunction): Binding => ({ is: "glue", index: glue.push(it) - 1 });

	function bound(source: Source): Binding {
		if (source.from === "drop") return { is: "drop", kind: resourceKind(source.interface, source.resource)! };
		if (source.from === "later") {
			forwards.push(source);
			return glued({ is: "forward", core: source.core });
		}
		if (source.from !== "host") return { ...source, is: "source" };
		const host = hostFunction(source.interface, source.name)!;
		const parameters = host.core.indexOf("->");
		const binding: HostBinding = { is: "host", host, options: source.options, parameters, after: source.after ?? 0 };
		if (!host.suspends || !canAttempt(host.core)) return binding;
		attempts.push(binding);
		return glued({ is: "attempt", core: host.core });
	}

	const imports = plan.instances.map((it) => it.imports.map(([, , source]) => bound(source)));
	return { imports, glue: glue.length === 0 ? null : glueModule(glue), attempts, forwards };
}
