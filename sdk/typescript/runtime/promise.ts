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
	/** What it settles; undefined where nothing comes after it: an `await`. */
	capability: Capability | undefined;
	onFulfilled: OnSettled;
	onRejected: OnSettled;
}

const unhandled = new Set<GuestPromise>();

export function hasUnhandledRejections(): boolean {
	return unhandled.size > 0;
}

/** Promises that were rejected and have no handler, with their reasons; forgets them. */
export function takeUnhandledRejections(): readonly unknown[] {
	const reasons = [...unhandled].map((it) => outcomeOf(it).value);
	unhandled.clear();
	return reasons;
}

/** What a promise is made of: under a symbol, so that neither `console.log` nor `JSON` nor `Object.keys` shows it. */
const PARTS = Symbol("parts");

interface Parts {
	state: Outcome;
	value: unknown;
	/** Undefined while nobody waits. */
	reactions: Reaction[] | undefined;
	handled: boolean;
}

/** How a promise stands, and what it was settled with. */
export function outcomeOf(promise: GuestPromise): Readonly<Pick<Parts, "state" | "value">> {
	return promise[PARTS];
}

/** Its rejection is no surprise to anybody. */
export function expect(promise: GuestPromise): void {
	promise[PARTS].handled = true;
	if (unhandled.size > 0) unhandled.delete(promise);
}

/** The executor of a promise that the runtime settles itself: it needs no functions to be settled by. */
const BARE: Executor = () => undefined;

export class GuestPromise {
	// Declared, not defined: a definition is a call of a helper in the lowered code.
	declare [PARTS]: Parts;

	constructor(executor: Executor) {
		if (typeof executor !== "function") throw new TypeError("Promise resolver is not a function");
		this[PARTS] = { state: "pending", value: undefined, reactions: undefined, handled: false };
		if (executor === BARE) return;
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
		const capability = newCapability(speciesOf(this));
		follow(this, { capability, onFulfilled, onRejected });
		return capability.promise;
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

/** PerformPromiseThen (27.2.5.4.1). */
function follow(promise: GuestPromise, reaction: Reaction): void {
	const parts = promise[PARTS];
	if (parts.state !== "pending") enqueue(() => react(reaction, parts.state, parts.value));
	else if (parts.reactions === undefined) parts.reactions = [reaction];
	else parts.reactions.push(reaction);
	if (!parts.handled) expect(promise);
}

/**
 * The promise of an `async` function that was lowered to a generator: runs it until it waits for something. Of the same order
 * as the bundler's own helper, which makes a promise and five functions where this makes a promise, for every call.
 */
export function runAsync(body: Generator<unknown>): GuestPromise {
	const promise = new GuestPromise(BARE);
	resume(promise, body, "next", undefined);
	return promise;
}

function resume(promise: GuestPromise, body: Generator<unknown>, how: "next" | "throw", value: unknown): void {
	let step: IteratorResult<unknown>;
	try {
		step = body[how](value);
		if (!step.done) return waitFor(GuestPromise.resolve(step.value), promise, body);
	} catch (error) {
		settle(promise, "rejected", error);
		return;
	}
	resolveTo(promise, step.value);
}

function waitFor(awaited: GuestPromise, promise: GuestPromise, body: Generator<unknown>): void {
	follow(awaited, {
		capability: undefined,
		onFulfilled: (value: unknown) => resume(promise, body, "next", value),
		onRejected: (reason: unknown) => resume(promise, body, "throw", reason),
	});
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
	return {
		resolve(value) {
			if (called) return;
			called = true;
			resolveTo(promise, value);
		},
		reject(reason) {
			if (called) return;
			called = true;
			settle(promise, "rejected", reason);
		},
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
	const parts = promise[PARTS];
	const { reactions } = parts;
	parts.state = state;
	parts.value = value;
	parts.reactions = undefined;
	if (state === "rejected" && !parts.handled) unhandled.add(promise);
	if (reactions !== undefined) for (const reaction of reactions) enqueue(() => react(reaction, state, value));
}

function react({ capability, onFulfilled, onRejected }: Reaction, state: Outcome, value: unknown): void {
	const handler = state === "fulfilled" ? onFulfilled : onRejected;
	if (capability === undefined) {
		handler!(value as never);
		return;
	}
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
