/** Instances of core modules written in the test, linked by a plan written in the test: all of the engine but admission. */
import { parse } from "@bytecodealliance/jco";
import type { CompiledArtifact } from "./artifact.ts";
import { coreImports } from "./build/core-imports.ts";
import { importMemories } from "./build/import-memories.ts";
import { type MeterOptions, meter } from "./build/meter/index.ts";
import { numberImports } from "./build/number-imports.ts";
import type { Planned } from "./build/without-shims.ts";
import { FairQueue } from "./fair-queue.ts";
import { Instance, type Shared } from "./instance.ts";
import { MemoryBudget } from "./memory-budget.ts";
import type { CallOptions, LinkPlan, Source } from "./plan.ts";
import type { FunctionSpec, HandlerContext, Outcome, Task } from "./types.ts";

export interface TestModule {
	wat: string;
	/** What its imports are, by `namespace name`. */
	imports?: Record<string, Source>;
}

/** A handler of these modules, each instantiated once; the last exports `memory`, `cabi_realloc` and `handle`. */
export async function testArtifact(
	modules: TestModule[],
	plan: Partial<LinkPlan> = {},
	options: MeterOptions = {},
): Promise<CompiledArtifact> {
	return artifactOf(await testPlan(modules, plan), options);
}

/** What `testArtifact` makes an artifact of. */
export async function testPlan(modules: TestModule[], plan: Partial<LinkPlan> = {}): Promise<Planned> {
	const bytes = await Promise.all(modules.map(({ wat }) => parse(wat)));
	const last = modules.length - 1;
	const handle = { ...optionsOf(last), func: { instance: last, name: "handle" } };
	const instances = modules.map(({ imports = {} }, module) => ({
		module,
		imports: coreImports(bytes[module]!).map(({ module, name }): [string, string, Source] => [
			module,
			name,
			imports[`${module} ${name}`]!,
		]),
	}));
	return { plan: { instances, exports: { handle }, destructors: [], ...plan }, modules: bytes };
}

/** A plan of modules as they come, metered and compiled. */
export async function artifactOf({ plan, modules }: Planned, options: MeterOptions = {}): Promise<CompiledArtifact> {
	const metered = modules.map((it) => importMemories(meter(it, options)));
	return {
		version: 0,
		info: { digest: "sha256:", kind: "handler", world: "pilot:function/handler@0.1.0", size: 0 },
		plan,
		metas: metered.map((it) => it.meta),
		modules: await Promise.all(metered.map((it) => WebAssembly.compile(numberImports(it.bytes) as BufferSource))),
	};
}

/** The options of a call through an instance's `memory` and `cabi_realloc`. */
export function optionsOf(instance: number): CallOptions {
	const realloc = { instance, name: "cabi_realloc" };
	return { encoding: "utf8", memory: { instance, name: "memory" }, realloc, postReturn: null };
}

/** A function of the host, lowered with no memory, or with memory and realloc of an earlier instance. */
export function hostSource(interfaceName: string, name: string, memory?: number): Source {
	const none: CallOptions = { encoding: "utf8", memory: null, realloc: null, postReturn: null };
	const options = memory === undefined ? none : optionsOf(memory);
	return { from: "host", interface: `${interfaceName}@0.2.0`, name, options };
}

/** Room for all that a host gives a handler. */
export const REALLOC = `
	(global $top (mut i32) (i32.const 4096))
	(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
		(local $at i32)
		(local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
		(global.set $top (i32.add (local.get $at) (local.get 3)))
		(local.get $at))`;

/** An instance that has a memory and its allocator, for others that import the memory with `MEMORY_IMPORT`. */
export const MEMORY: TestModule = { wat: `(module (memory (export "memory") 40) ${REALLOC})` };
export const MEMORY_IMPORT = `(import "m" "memory" (memory 1)) (export "memory" (memory 0))`;
export const MEMORY_SOURCE: Record<string, Source> = { "m memory": { from: "instance", instance: 0, name: "memory" } };

/** A module whose `handle` does something, then answers with no bytes. */
export function handling(body: string, rest = "", memory = `(memory (export "memory") 2)`): string {
	return `(module ${rest} ${memory} ${REALLOC}
		(func (export "handle") (param i32) (result i32)
			${body}
			(i64.store (i32.const 1024) (i64.const 0)) (i32.store (i32.const 1032) (i32.const 0))
			(i32.const 1024)))`;
}

export function testSpec(settings: Partial<FunctionSpec> = {}): FunctionSpec {
	return {
		id: "test",
		digest: "sha256:",
		kind: "handler",
		memoryBytes: 16 * 2 ** 20,
		fuel: null,
		env: {},
		mounts: [],
		maxInstances: 10,
		...settings,
	};
}

export function testShared(memoryBudget = 2 ** 30): Shared {
	return { queue: new FairQueue(), memory: new MemoryBudget(memoryBudget) };
}

export const TEST_CONTEXT: HandlerContext = {
	requestId: "r",
	functionName: "f",
	functionVersion: "$LATEST",
	invokedFunctionArn: "arn",
	memoryLimitInMb: 128,
	logGroupName: "g",
	logStreamName: "s",
	clientContext: undefined,
	tenantId: undefined,
	traceId: undefined,
};

export function testTask(settings: Partial<Task> = {}): Task {
	return {
		spec: testSpec(),
		payload: { kind: "event", event: new Uint8Array(), context: TEST_CONTEXT },
		timeoutMs: 10_000,
		signal: new AbortController().signal,
		output() {},
		...settings,
	};
}

/** Initialises an instance, and invokes it once. */
export async function runOnce(
	artifact: CompiledArtifact,
	settings: Partial<Task> = {},
	shared = testShared(),
): Promise<Outcome> {
	const task = testTask(settings);
	const instance = await Instance.initialise(artifact, task.spec, shared);
	try {
		return await instance.invoke(task, null);
	} finally {
		instance.end();
	}
}
