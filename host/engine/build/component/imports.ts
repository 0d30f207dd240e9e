/** What an import of the host is made of: its instance type, with the host's functions and resources in place. */
import { AdmissionError } from "../../types.ts";
import type { Decl, ExternDesc } from "./ast.ts";
import { interfaceName } from "./interface-name.ts";
import { type InstanceItem, type Item, need, Scope } from "./scope.ts";

/** The items of an imported interface. A fresh type (`sub resource`) is the host's resource of that interface and name. */
export function importedInstance(name: string, decls: readonly Decl[], outer: Scope): InstanceItem {
	const scope = new Scope(outer);
	const items: InstanceItem = new Map();
	for (const decl of decls) {
		scope.spend(1);
		if (decl.is === "type") scope.types.push(scope.resolve(decl.type, noResource));
		else if (decl.is === "alias") alias(scope, decl);
		else if (decl.is === "export") {
			const item = imported(scope, name, decl.name, decl.desc);
			items.set(decl.name, item);
			scope.define(item);
		}
	}
	return items;
}

function alias(scope: Scope, decl: Decl & { is: "alias" }): void {
	const it = decl.alias;
	if (it.is === "outer") return it.core ? undefined : scope.define(scope.outer(it.count).item(it.sort, it.index));
	if (it.is === "export")
		return scope.define(need(need(scope.instances[it.instance], "an instance").get(it.name), it.name));
	throw new AdmissionError("The component is malformed: a core alias in an instance type.");
}

function imported(scope: Scope, instance: string, name: string, desc: ExternDesc): Item {
	switch (desc.is) {
		case "func":
			return { sort: "func", func: { is: "host", interface: instance, name, type: scope.funcType(desc.type) } };
		case "type":
			if (desc.eq !== null) return { sort: "type", type: need(scope.types[desc.eq], "a type") };
			return { sort: "type", type: { is: "resource type", resource: hostResource(instance, name) } };
		case "instance": {
			const type = need(scope.types[desc.type], "a type");
			if (type.is !== "instance type") throw new AdmissionError(`The component is malformed: ${name} is no instance.`);
			return { sort: "instance", instance: importedInstance(`${instance}/${name}`, type.decls, type.scope) };
		}
		default:
			throw new AdmissionError(
				`The component imports a ${desc.is}, ${name} of ${instance}, which the host does not give.`,
			);
	}
}

/** The same resource whichever patch version of the interface it was imported by. */
function hostResource(instance: string, name: string) {
	return { is: "host resource" as const, interface: interfaceName(instance).name, name };
}

function noResource(): never {
	throw new AdmissionError("The component is malformed: a resource defined in an instance type.");
}
