/**
 * Carries out a link plan: instantiates the core modules in order and gives each its imports, host functions bound to
 * the guest among them. Everything was decided when the component was admitted; here it is only looked up.
 */
import type { CompiledArtifact, ModuleMeta } from "./artifact.ts";
import { type Binding, type Bindings, bindingsOf, type HostBinding } from "./bindings.ts";
import { CONTROL } from "./build/meter/control.ts";
import { PAGE_SHIFT } from "./build/meter/marks.ts";
import type { MemoryMeta, MeterMeta } from "./build/meter/types.ts";
import { type Attempt, type Glue, instantiateGlue } from "./glue.ts";
import { ResourceKind } from "./handles.ts";
import { Suspending } from "./jspi.ts";
import { GuestMemory, type Realloc } from "./memory.ts";
import { MemoryStock } from "./memory-stock.ts";
import { HOST_CALL_FUEL, type Meter } from "./meter.ts";
import { once } from "./once.ts";
import type { CallOptions, CoreRef } from "./plan.ts";
import { dropWith } from "./resource-drop.ts";
import { Trap } from "./trap.ts";
import type { CoreFunction, Guest } from "./wasi/types.ts";

/** The instance was stopped before it was whole: too much memory, most likely. `Meter.stopped` says why. */
export class LinkStopped extends Error {
	override name = "LinkStopped";
}

export class CoreLinker {
	/** Exports of the core instances so far, in the plan's order. */
	readonly instances: WebAssembly.Exports[] = [];
	private readonly artifact: CompiledArtifact;
	private readonly guest: Guest;
	private readonly meter: Meter;
	private readonly guestResources: ResourceKind<{ rep: number }>[];
	private readonly bindings: Bindings;
	private readonly glue: Glue | null;
	/** The first thing a host function threw: the guest may have caught it, but it does not live on. */
	fault: unknown;

	/** `sizes` are of the memories of each core instance, pages, where they are to be larger than they are declared: a snapshot's. */
	constructor(
		artifact: CompiledArtifact,
		guest: Guest,
		meter: Meter,
		stock?: MemoryStock,
		sizes?: readonly number[][],
	) {
		this.artifact = artifact;
		this.stock = stock;
		this.sizes = sizes;
		this.guest = guest;
		this.meter = meter;
		this.guestResources = artifact.plan.destructors.map((_, id) => new ResourceKind(`guest#${id}`));
		this.bindings = bindingsOf(artifact.plan);
		this.glue = this.makeGlue(this.bindings);
	}

	private makeGlue({ glue, attempts }: Bindings): Glue | null {
		if (glue === null) return null;
		const runs = attempts.map((it) => this.attempt(it));
		return instantiateGlue(glue, runs, () => this.putAside(this.awaited!));
	}

	/** Instantiates the next core module of the plan; gives what metering knows of it. Its start function is not run. */
	next(): { meta: MeterMeta; exports: WebAssembly.Exports } {
		const planned = this.artifact.plan.instances[this.instances.length]!;
		const meta = this.artifact.metas[planned.module]!;
		const pages = meta.memories.map((it, i) => this.pagesOf(it, i, meta));
		if (!this.meter.reserve(pages, meta.tables, meta.maps === null ? 0 : pages.length)) throw new LinkStopped();
		const imports = this.bindings.imports[this.instances.length]!.map((it) => this.resolve(it));
		if (meta.memoryImports !== null) this.addMemories(imports, meta, pages);
		// Imports are numbered (`build/number-imports.ts`), all in one namespace.
		const namespaces = [imports] as unknown as WebAssembly.Imports;
		const { exports } = new WebAssembly.Instance(this.artifact.modules[planned.module]!, namespaces);
		this.instances.push(exports);
		this.attach(exports, meta);
		return { meta, exports };
	}

	/** The instances so far have started: what waited for them may be called. */
	settle(): void {
		this.settled = this.instances.length;
		for (const [i, it] of this.bindings.forwards.entries())
			if (it.after === this.settled) this.glue!.forward(i, this.exported(it)!);
	}

	private settled = 0;

	/** A memory that the module defines itself has the size that it says. */
	private pagesOf({ initialPages }: MemoryMeta, index: number, { memoryImports }: ModuleMeta): number {
		const wanted = memoryImports === null ? 0 : (this.sizes?.[this.instances.length]?.[index] ?? 0);
		return Math.max(wanted, initialPages);
	}

	/** Adds memories for a module that imports those that it defined, and then the maps of all that it writes to. */
	private addMemories(imports: WebAssembly.ImportValue[], meta: ModuleMeta, pages: readonly number[]): void {
		const first = imports.length;
		for (const [i, { maximumPages }] of meta.memories.entries()) {
			const memory = this.take(pages[i]!, maximumPages);
			imports.push(memory);
			if (meta.maps !== null) this.maps.set(memory, this.take(this.mapPages, this.mapPages));
		}
		for (const { imported, defined } of meta.maps ?? [])
			imports.push(this.mapOf(imports[imported ?? first + defined!] as WebAssembly.Memory));
	}

	/** A memory, out of the stock if it has one. */
	private take(pages: number, maximum: number | null): WebAssembly.Memory {
		const memory = (this.stock ?? NO_STOCK).take(pages, maximum);
		this.given.push({ memory, bytes: memory.buffer.byteLength, maximum });
		return memory;
	}

	/** Where it is marked what was written to each memory, if the modules do that. */
	private readonly maps = new Map<WebAssembly.Memory, WebAssembly.Memory>();

	/** Pages of a map: enough for all that a memory may become. */
	private get mapPages(): number {
		return Math.ceil(Math.min(this.meter.memoryLimit, MAX_MEMORY) / 2 ** PAGE_SHIFT / WASM_PAGE);
	}

	/** The map of a memory of this instance. Throws if its modules mark nothing. */
	mapOf(memory: WebAssembly.Memory): WebAssembly.Memory {
		const map = this.maps.get(memory);
		if (map === undefined) throw new Error("nobody marks what is written to this memory");
		return map;
	}

	private readonly stock: MemoryStock | undefined;
	private readonly sizes: readonly number[][] | undefined;
	private given: { memory: WebAssembly.Memory; bytes: number; maximum: number | null }[] = [];

	/** The instance has ended, and nothing of it runs or will: its memories may serve another. Nobody asks for one that has grown. */
	returnMemories(): void {
		for (const { memory, bytes, maximum } of this.given.splice(0)) {
			if (memory.buffer.byteLength === bytes) this.stock?.give(memory, maximum);
			else this.stock?.leave(memory);
		}
	}

	private attach(exports: WebAssembly.Exports, meta: MeterMeta): void {
		const control = exports[meta.control] as WebAssembly.Table;
		for (const slot of slotsOf(meta)) control.set(slot, this.meter.control[slot]!);
		const memories = meta.memories.map((it) => exports[it.export] as WebAssembly.Memory);
		if (meta.features.some((it) => HEAP_FEATURES.has(it))) this.meter.watchHeap = true;
		this.meter.attach(exports[meta.fuel] as WebAssembly.Global, memories, tablesOf(exports, meta));
	}

	/** A function that the guest exports, by where it is. */
	func(ref: CoreRef): (...args: (number | bigint)[]) => unknown {
		return this.instances[ref.instance]![ref.name] as (...args: (number | bigint)[]) => unknown;
	}

	/** The memory that a call goes through, with the guest's allocator; one without memory gets an empty one. */
	memory(options: CallOptions): GuestMemory {
		const memory = options.memory === null ? NO_MEMORY : (this.exported(options.memory) as WebAssembly.Memory);
		const realloc = options.realloc === null ? undefined : this.realloc(options.realloc);
		return new GuestMemory(memory, realloc, options.encoding, this.maps.get(memory));
	}

	private exported(ref: CoreRef): WebAssembly.ExportValue | undefined {
		return this.instances[ref.instance]![ref.name];
	}

	private realloc(ref: CoreRef): Realloc {
		const fn = this.func(ref) as unknown as Realloc;
		const { meter } = this;
		return (old, oldSize, align, size) => {
			const before = this.mayLeave;
			this.mayLeave = false;
			const passing = meter.enterInPassing();
			try {
				return fn(old, oldSize, align, size);
			} finally {
				meter.leaveInPassing(passing);
				this.mayLeave = before;
			}
		};
	}

	/**
	 * May the guest call the host? Not from its `realloc` nor from `post-return` (canonical ABI, `may_leave`): no host
	 * function is ever entered while another is at work.
	 */
	mayLeave = true;

	private resolve(binding: Binding): WebAssembly.ImportValue {
		switch (binding.is) {
			case "host":
				return this.host(binding);
			case "glue":
				return this.glue!.functions[binding.index]!;
			case "drop": {
				const { kind } = binding;
				return this.guard((handle: number) => this.guest.handles.drop(kind, handle));
			}
		}
		if (binding.from === "instance") return this.exported(binding) as WebAssembly.ImportValue;
		if (binding.from === "resource") return this.resource(binding.op, binding.type);
		return this.guard(() => {
			throw new Trap(binding.message);
		});
	}

	private host(binding: HostBinding): WebAssembly.ImportValue {
		const fn = this.bound(binding);
		if (!binding.host.suspends) return fn as WebAssembly.ImportValue;
		return new Suspending((...args: never[]) => {
			const result = fn(...args);
			return result instanceof Promise ? this.putAside(result) : result;
		});
	}

	/**
	 * A host function, guarded, which is made when the guest first calls it: it calls few of those that it imports. Parameters are
	 * named and not gathered where they are few: that would make a list for each call.
	 */
	private bound(binding: HostBinding): CoreFunction {
		let fn: CoreFunction | undefined;
		if (binding.parameters > FEW) {
			return (...args: unknown[]) => {
				try {
					this.enterHost();
					fn ??= this.make(binding);
					return fn(...args);
				} catch (error) {
					throw this.fail(error);
				}
			};
		}
		return (a?: unknown, b?: unknown, c?: unknown, d?: unknown) => {
			try {
				this.enterHost();
				fn ??= this.make(binding);
				return fn(a, b, c, d);
			} catch (error) {
				throw this.fail(error);
			}
		};
	}

	/** A host function to be called plainly: 1 says that the guest must be put aside. */
	private attempt(binding: HostBinding): Attempt {
		const fn = this.bound(binding);
		const { waits } = this;
		if (binding.parameters <= FEW) return (a, b, c, d) => waits(fn(a, b, c, d));
		return (...args) => waits(fn(...args));
	}

	private readonly waits = (result: unknown): 0 | 1 => {
		if (!(result instanceof Promise)) return 0;
		this.awaited = result;
		return 1;
	};

	private make(binding: HostBinding): CoreFunction {
		const { host, options, after, parameters } = binding;
		if (this.settled < after) throw new Trap("called before the instances it needs are there");
		const fn = host.make(this.guest, this.loweredMemory(options));
		// What is passed beyond those that it has, a function does not see, unless it takes a list of them.
		if (parameters > FEW || fn.length === parameters) return fn;
		return (...args: unknown[]) => fn(...args.slice(0, parameters));
	}

	/** Most imports go through the same memory: one view of it serves them all. */
	private loweredMemory(options: CallOptions): GuestMemory {
		const found = this.lowered.find((it) => isSame(it.options, options));
		if (found !== undefined) return found.memory;
		const memory = this.memory(options);
		this.lowered.push({ options, memory });
		return memory;
	}

	private readonly lowered: { options: CallOptions; memory: GuestMemory }[] = [];

	/** What the last attempt gave that its guest has to wait for. */
	private awaited: Promise<unknown> | undefined;

	/**
	 * Charges the call; and sees to it that what a host function throws ends the instance, whether or not the guest catches
	 * it.
	 */
	private guard(fn: (handle: number) => unknown): CoreFunction {
		return (handle: number) => {
			try {
				this.enterHost();
				return fn(handle);
			} catch (error) {
				throw this.fail(error);
			}
		};
	}

	private enterHost(): void {
		this.meter.charge(HOST_CALL_FUEL);
		if (this.meter.stopped !== null) throw new Trap(this.meter.stopped.message);
		if (!this.mayLeave) throw new Trap("cannot leave component instance");
	}

	/** The core is free while the guest waits. */
	private putAside(result: Promise<unknown>): Promise<unknown> {
		this.awaited = undefined;
		this.meter.leave();
		const aside = new Promise((resolve, reject) => {
			this.release = () => resolve(undefined);
			result.then(
				(value) => this.resume(() => resolve(value)),
				(error) => {
					this.fail(error);
					this.resume(() => reject(error));
				},
			);
		});
		this.meter.onAside?.();
		return aside;
	}

	private resume(go: () => void): void {
		if (this.abandoned) return;
		if (this.meter.hadItsTurn) return void this.meter.turn().then(() => this.resume(go));
		this.meter.enter();
		go();
	}

	private abandoned = false;
	/** Lets the guest go on that waits. */
	private release: (() => void) | undefined;

	/**
	 * The instance ends without its guest. If that waits for something, it goes on, with no answer, into the trap that the
	 * meter has for it; until then no host function does anything for it. It cannot be left where it is: V8 takes each
	 * stack that was put aside as a root, and would keep it, and the instance's memory, for good.
	 */
	abandon(): void {
		this.abandoned = true;
		this.meter.stop({ kind: "cancelled", message: "the instance ended" });
		this.release?.();
		this.release = undefined;
	}

	private fail(error: unknown): unknown {
		this.fault ??= error;
		this.meter.stop({ kind: "crash", message: error instanceof Error ? error.message : String(error) });
		return error;
	}

	private resource(op: "new" | "rep" | "drop", type: number): WebAssembly.ImportValue {
		const { handles } = this.guest;
		const kind = this.guestResources[type]!;
		if (op === "new") return this.guard((rep: number) => handles.add(kind, { rep }));
		if (op === "rep") return this.guard((handle: number) => handles.get(kind, handle).rep);
		const take = this.guard((handle: number) => handles.take(kind, handle).rep);
		const destructor = this.artifact.plan.destructors[type]!;
		if (destructor === null) return this.guard((handle: number) => void handles.take(kind, handle));
		return dropWith(take as (handle: number) => number, this.func(destructor) as unknown as WebAssembly.ImportValue);
	}
}

/** The entries of its control table that its code may call. */
const slotsOf = once(({ features, stack }: MeterMeta): number[] => {
	const { refill, yield: giveWay, plainRefill, memoryGrow, tableGrow, exhausted } = CONTROL;
	return [
		...[refill, giveWay, plainRefill],
		...(features.includes("memory-grow") ? [memoryGrow] : []),
		...(features.includes("table-grow") ? [tableGrow] : []),
		...(stack === null ? [] : [exhausted]),
	];
});

/** Its tables, or, of one that cannot grow, how many entries it has. */
function tablesOf(exports: WebAssembly.Exports, { tables }: MeterMeta): (WebAssembly.Table | { length: number })[] {
	return tables.map((it) => (exports[it.export] as WebAssembly.Table | undefined) ?? { length: it.initial });
}

function isSame(a: CallOptions, b: CallOptions): boolean {
	return a.encoding === b.encoding && isSameRef(a.memory, b.memory) && isSameRef(a.realloc, b.realloc);
}

function isSameRef(a: CoreRef | null, b: CoreRef | null): boolean {
	return a === b || (a?.instance === b?.instance && a?.name === b?.name);
}

/** What a module uses if it can make objects on V8's heap. */
const HEAP_FEATURES: ReadonlySet<string> = new Set(["exceptions", "legacy-exceptions", "gc-alloc"]);

/** Parameters of most host functions; those with more are called with a list of them. */
const FEW = 4;
const WASM_PAGE = 65_536;
/** What 32-bit offsets reach, bytes. */
const MAX_MEMORY = 2 ** 32;
const NO_STOCK = new MemoryStock(0);
const NO_MEMORY = new WebAssembly.Memory({ initial: 0, maximum: 0 });
