/** A component as its binary says it: definitions in order, each adding to one index space (component model, Binary.md). */

export type CoreSort = "func" | "table" | "memory" | "global" | "tag" | "type" | "module" | "instance";
export type Sort = "func" | "value" | "type" | "component" | "instance";
export type SortIndex = { core: true; sort: CoreSort; index: number } | { core: false; sort: Sort; index: number };

export type Primitive =
	| "bool"
	| "s8"
	| "u8"
	| "s16"
	| "u16"
	| "s32"
	| "u32"
	| "s64"
	| "u64"
	| "f32"
	| "f64"
	| "char"
	| "string"
	| "error-context";

/** A value type as it is referred to: a primitive, or an index into the types in scope. */
export type TypeRef = Primitive | number;

export type DefType =
	| { is: "primitive"; primitive: Primitive }
	| { is: "record"; fields: [label: string, type: TypeRef][] }
	| { is: "variant"; cases: [label: string, type: TypeRef | null][] }
	| { is: "list"; element: TypeRef; length: number | null }
	| { is: "tuple"; elements: TypeRef[] }
	| { is: "flags"; labels: string[] }
	| { is: "enum"; labels: string[] }
	| { is: "option"; element: TypeRef }
	| { is: "result"; ok: TypeRef | null; err: TypeRef | null }
	| { is: "own"; resource: number }
	| { is: "borrow"; resource: number }
	| { is: "stream"; element: TypeRef | null }
	| { is: "future"; element: TypeRef | null }
	| { is: "func"; async: boolean; params: [label: string, type: TypeRef][]; result: TypeRef | null }
	| { is: "resource"; destructor: number | null }
	| { is: "instance"; decls: Decl[] }
	| { is: "component"; decls: Decl[] };

export type ExternDesc =
	| { is: "module" }
	| { is: "func"; type: number }
	| { is: "value" }
	| { is: "type"; eq: number | null }
	| { is: "component"; type: number }
	| { is: "instance"; type: number };

/** What an instance or component type declares. */
export type Decl =
	| { is: "core type" }
	| { is: "type"; type: DefType }
	| { is: "alias"; alias: Alias }
	| { is: "import"; name: string; desc: ExternDesc }
	| { is: "export"; name: string; desc: ExternDesc };

export type Alias =
	| { is: "export"; sort: Sort; instance: number; name: string }
	| { is: "core export"; sort: CoreSort; instance: number; name: string }
	| { is: "outer"; core: boolean; sort: string; count: number; index: number };

export interface CanonOptions {
	encoding: "utf8" | "utf16" | "latin1+utf16";
	memory: number | null;
	realloc: number | null;
	postReturn: number | null;
}

export type Canon =
	| { is: "lift"; func: number; options: CanonOptions; type: number }
	| { is: "lower"; func: number; options: CanonOptions }
	| { is: "resource.new" | "resource.drop" | "resource.rep"; type: number };

export type Definition =
	| { is: "core module"; bytes: Uint8Array }
	| { is: "core instance"; module: number; args: [namespace: string, instance: number][] }
	| { is: "core exports"; exports: [name: string, sort: CoreSort, index: number][] }
	| { is: "component"; component: ComponentAst }
	| { is: "instance"; component: number; args: [name: string, item: SortIndex][] }
	| { is: "exports"; exports: [name: string, item: SortIndex][] }
	| { is: "alias"; alias: Alias }
	| { is: "type"; type: DefType }
	| { is: "canon"; canon: Canon }
	| { is: "import"; name: string; desc: ExternDesc }
	| { is: "export"; name: string; item: SortIndex };

export interface ComponentAst {
	definitions: Definition[];
}
