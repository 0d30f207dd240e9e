// biome-ignore-all lint/complexity/noThisInStatic: a subclass makes promises of its own kind, as the specification says.
/**
 * Promises whose jobs are in the runtime's own queue (ECMA-262, section 27.2). The builder lowers `async` functions to
 * generators over the global `Promise`, so these serve them as well.
 */
import { enqueue } from "./jobs.ts";

type Settle = (value?: unknown) => void;
type Executor = (resolve: Settle, reject: Settle) => void;
type OnSettled = ((value: never) => unknown) | null | undefined;
type Outcome = "pending" | "fulfilled" | "rejected";

interface Constructor {
	new (executor: Executor): GuestPromise;
	resolve(value?: unknown): GuestPromise;
}

/** A promise, and the functions that settle it. */
interface Capability {
	promise: GuestPromise;
	resolve: Settle;
	reject: Settle;
}

interface Reaction {
	capability: Capability;
	onFulfilled: OnSettled;
	onRejected: OnSettled;
}

const unhandled = new Set<GuestPromise>();

/** Promises that were rejected and have no handler, with their reasons; forgets them. */
export function takeUnhandledRejections(): unknown[] {
	const reasons = [...unhandled].map((it) => it.value);
	unhandled.clear();
	return reasons;
}

export class GuestPromise {
	// Declared, not defined: a definition is a call of a helper each in the lowered code.
	declare state: Outcome;
	declare value: unknown;
	declare reactions: Reaction[];
	declare handled: boolean;

	constructor(executor: Executor) {
		if (typeof executor !== "function") throw new TypeError("Promise resolver is not a function");
		hide(this, "state", "pending");
		hide(this, "value", undefined);
		hide(this, "reactions", []);
		hide(this, "handled", false);
		const { resolve, reject } = settlers(this);
		try {
			executor(resolve, reject);
		} catch (error) {
			reject(error);
		}
	}

	static get [Symbol.species]() {
		return this;
	}

	get [Symbol.toStringTag]() {
		return "Promise";
	}

	// biome-ignore lint/suspicious/noThenProperty: this is what a promise is.
	then(onFulfilled?: OnSettled, onRejected?: OnSettled): GuestPromise {
		const reaction = { capability: newCapability(speciesOf(this)), onFulfilled, onRejected };
		if (this.state === "pending") this.reactions.push(reaction);
		else enqueue(() => react(reaction, this.state, this.value));
		this.handled = true;
		unhandled.delete(this);
		return reaction.capability.promise;
	}

	catch(onRejected?: OnSettled): GuestPromise {
		return this.then(undefined, onRejected);
	}

	finally(callback?: () => unknown): GuestPromise {
		if (typeof callback !== "function") return this.then(callback, callback);
		const C = speciesOf(this);
		return this.then(
			(value: unknown) => C.resolve(callback()).then(() => value),
			(reason: unknown) =>
				C.resolve(callback()).then(() => {
					throw reason;
				}),
		);
	}

	static resolve(this: Constructor, value?: unknown): GuestPromise {
		if (value instanceof GuestPromise && value.constructor === this) return value;
		const capability = newCapability(this);
		capability.resolve(value);
		return capability.promise;
	}

	static reject(this: Constructor, reason?: unknown): GuestPromise {
		const capability = newCapability(this);
		capability.reject(reason);
		return capability.promise;
	}

	static withResolvers(this: Constructor): Capability {
		return newCapability(this);
	}

	static try(this: Constructor, callback: (...args: unknown[]) => unknown, ...args: unknown[]): GuestPromise {
		return new this((resolve) => resolve(callback(...args)));
	}

	static all(this: Constructor, values: Iterable<unknown>): GuestPromise {
		return collect(this, values, (each, slot, { reject }) => each.then(slot, reject));
	}

	static allSettled(this: Constructor, values: Iterable<unknown>): GuestPromise {
		return collect(this, values, (each, slot) =>
			each.then(
				(value: unknown) => slot({ status: "fulfilled", value }),
				(reason: unknown) => slot({ status: "rejected", reason }),
			),
		);
	}

	static any(this: Constructor, values: Iterable<unknown>): GuestPromise {
		return collect(
			this,
			values,
			(each, slot, { resolve }) => each.then(resolve, slot),
			(errors, { reject }) => reject(new AggregateError(errors, "All promises were rejected")),
		);
	}

	static race(this: Constructor, values: Iterable<unknown>): GuestPromise {
		const capability = newCapability(this);
		attempt(capability, () => {
			for (const each of values) this.resolve(each).then(capability.resolve, capability.reject);
		});
		return capability.promise;
	}
}

/** A property that neither `console.log` nor `Object.keys` shows. */
function hide(target: object, name: string, value: unknown): void {
	Object.defineProperty(target, name, { value, writable: true });
}

function speciesOf(promise: GuestPromise): Constructor {
	const own = promise.constructor as unknown as { [Symbol.species]?: Constructor | null } | undefined;
	return own?.[Symbol.species] ?? (GuestPromise as Constructor);
}

function newCapability(C: Constructor): Capability {
	let resolve: Settle | undefined;
	let reject: Settle | undefined;
	const promise = new C((yes, no) => {
		resolve = yes;
		reject = no;
	});
	return { promise, resolve: resolve!, reject: reject! };
}

/** The two functions of a promise; only the first call of either counts. */
function settlers(promise: GuestPromise): { resolve: Settle; reject: Settle } {
	let called = false;
	const once = (action: Settle): Settle => {
		return (value) => {
			if (called) return;
			called = true;
			action(value);
		};
	};
	return {
		resolve: once((value) => resolveTo(promise, value)),
		reject: once((reason) => settle(promise, "rejected", reason)),
	};
}

/** Fulfils with a value, or follows it if it is a thenable (27.2.1.3.2). */
function resolveTo(promise: GuestPromise, value: unknown): void {
	if (value === promise) {
		settle(promise, "rejected", new TypeError("Chaining cycle detected for promise"));
		return;
	}
	if ((typeof value !== "object" && typeof value !== "function") || value === null) {
		settle(promise, "fulfilled", value);
		return;
	}
	let then: unknown;
	try {
		// biome-ignore lint/complexity/useLiteralKeys: not known to have one.
		then = (value as Record<string, unknown>)["then"];
	} catch (error) {
		settle(promise, "rejected", error);
		return;
	}
	if (typeof then !== "function") {
		settle(promise, "fulfilled", value);
		return;
	}
	const { resolve, reject } = settlers(promise);
	enqueue(() => attempt({ reject }, () => then.call(value, resolve, reject)));
}

function attempt(capability: { reject: Settle }, action: () => unknown): void {
	try {
		action();
	} catch (error) {
		capability.reject(error);
	}
}

function settle(promise: GuestPromise, state: "fulfilled" | "rejected", value: unknown): void {
	const { reactions } = promise;
	promise.state = state;
	promise.value = value;
	promise.reactions = [];
	if (state === "rejected" && !promise.handled) unhandled.add(promise);
	for (const reaction of reactions) enqueue(() => react(reaction, state, value));
}

function react({ capability, onFulfilled, onRejected }: Reaction, state: Outcome, value: unknown): void {
	const handler = state === "fulfilled" ? onFulfilled : onRejected;
	if (typeof handler !== "function") {
		if (state === "fulfilled") capability.resolve(value);
		else capability.reject(value);
		return;
	}
	attempt(capability, () => capability.resolve(handler(value as never)));
}

type Visit = (each: GuestPromise, slot: Settle, capability: Capability) => void;

type Finish = (slots: unknown[], capability: Capability) => void;

/** One slot a value, filled by `visit`; `finish` gets all slots once each is filled, and resolves with them unless told otherwise. */
function collect(
	C: Constructor,
	values: Iterable<unknown>,
	visit: Visit,
	finish: Finish = (slots, { resolve }) => resolve(slots),
): GuestPromise {
	const capability = newCapability(C);
	const slots: unknown[] = [];
	let missing = 1;
	const filled = () => {
		missing--;
		if (missing === 0) finish(slots, capability);
	};
	attempt(capability, () => {
		for (const value of values) {
			const index = slots.push(undefined) - 1;
			let empty = true;
			missing++;
			const slot = (it: unknown) => {
				if (!empty) return;
				empty = false;
				slots[index] = it;
				filled();
			};
			visit(C.resolve(value), slot, capability);
		}
		filled();
	});
	return capability.promise;
}
