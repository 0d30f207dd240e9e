import { describe, expect, it } from "vitest";
import type { Instance } from "./instance.ts";
import { Pool, WaitAborted } from "./pool.ts";

/** As much of an instance as a pool looks at. */
class FakeInstance {
	over = false;
	idleSince = 0;
	readonly id: number;

	constructor(id: number) {
		this.id = id;
	}

	end(): void {
		this.over = true;
	}

	cancel(): void {}
}

interface Made {
	pool: Pool;
	made: FakeInstance[];
	/** Takes an instance; gives its number. */
	take(signal?: AbortSignal): Promise<number>;
	release(id: number): void;
}

function pool(maxInstances: number, fails: (attempt: number) => boolean = () => false): Made {
	const made: FakeInstance[] = [];
	let attempts = 0;
	const create = async (): Promise<Instance> => {
		await Promise.resolve();
		if (fails(attempts++)) throw new Error("no instance");
		const instance = new FakeInstance(made.length);
		made.push(instance);
		return instance as unknown as Instance;
	};
	const it = new Pool({ maxInstances, create });
	return {
		pool: it,
		made,
		take: async (signal = new AbortController().signal) => {
			const { instance } = await it.take(signal, () => {});
			return (instance as unknown as FakeInstance).id;
		},
		release: (id) => {
			made[id]!.idleSince = performance.now();
			it.release(made[id] as unknown as Instance);
		},
	};
}

/** Lets everything that is settled go on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("taking", () => {
	it("gives the one used last first", async () => {
		const { take, release, pool: it } = pool(3);
		expect([await take(), await take(), await take()]).toEqual([0, 1, 2]);
		for (const id of [1, 0, 2]) release(id);
		expect([await take(), await take(), await take()]).toEqual([2, 0, 1]);
		expect(it).toMatchObject({ instances: 3, busy: 3 });
	});

	it("says how long a new one took, and nothing of one that was there", async () => {
		const { pool: it } = pool(1);
		const first = await it.take(new AbortController().signal, () => {});
		expect(first.initMs).toBeGreaterThanOrEqual(0);
		it.release(first.instance);
		expect((await it.take(new AbortController().signal, () => {})).initMs).toBeNull();
	});

	it("never makes more than there may be, however many ask at once", async () => {
		const { take, release, made } = pool(2);
		const asked = Array.from({ length: 6 }, () => take());
		await settled();
		expect(made).toHaveLength(2);
		for (let i = 0; i < 6; i++) release(await asked[i]!);
		expect(made).toHaveLength(2);
	});
});

describe("waiting", () => {
	it("is in order", async () => {
		const { take, release } = pool(1);
		const order: string[] = [];
		const serve = async (name: string): Promise<void> => {
			const id = await take();
			order.push(name);
			release(id);
		};
		const held = await take();
		const callers = ["a", "b", "c"].map((name) => serve(name));
		release(held);
		await Promise.all(callers);
		expect(order).toEqual(["a", "b", "c"]);
	});

	it("is in order for one who comes just when an instance is given back, too", async () => {
		const { take, release } = pool(1);
		const order: string[] = [];
		const serve = async (name: string): Promise<void> => {
			const id = await take();
			order.push(name);
			release(id);
		};
		const held = await take();
		const early = serve("early");
		release(held);
		const late = serve("late");
		await Promise.all([early, late]);
		expect(order).toEqual(["early", "late"]);
	});

	it("ends when the caller goes away, and the next is served", async () => {
		const { take, release, pool: it } = pool(1);
		const held = await take();
		const control = new AbortController();
		const gone = take(control.signal);
		const next = take();
		control.abort();
		await expect(gone).rejects.toThrow(WaitAborted);
		release(held);
		expect(await next).toBe(0);
		release(0);
		expect(it).toMatchObject({ instances: 1, busy: 0 });
	});

	it("does not begin for a caller who is gone already", async () => {
		const { take } = pool(0);
		await expect(take(AbortSignal.abort())).rejects.toThrow(WaitAborted);
	});

	it("ends for all when the pool closes", async () => {
		const { take, pool: it } = pool(1);
		await take();
		const waiting = [take(), take()].map((caller) => expect(caller).rejects.toThrow(WaitAborted));
		it.close();
		await Promise.all(waiting);
	});

	it("leaves no listener on the caller's signal", async () => {
		const { take, release } = pool(1);
		let listeners = 0;
		const signal = {
			aborted: false,
			addEventListener: () => void listeners++,
			removeEventListener: () => void listeners--,
		} as unknown as AbortSignal;
		for (let i = 0; i < 100; i++) {
			const held = await take(signal);
			const next = take(signal);
			release(held);
			release(await next);
		}
		expect(listeners).toBe(0);
	});
});

describe("an instance that cannot be made", () => {
	it("is the caller's error, and the next one's chance", async () => {
		const { take, pool: it, release } = pool(1, (attempt) => attempt === 0);
		const first = take();
		const second = take();
		await expect(first).rejects.toThrow("no instance");
		expect(await second).toBe(0);
		release(0);
		expect(it).toMatchObject({ instances: 1, busy: 0 });
	});

	it("however often, leaves the pool empty", async () => {
		const { take, pool: it } = pool(2, () => true);
		const failed = Array.from({ length: 20 }, () => take().catch(() => "failed"));
		expect(new Set(await Promise.all(failed))).toEqual(new Set(["failed"]));
		expect(it.empty).toBe(true);
	});
});

describe("giving back", () => {
	it("one that is over makes room for another", async () => {
		const { take, release, made, pool: it } = pool(1);
		await take();
		const next = take();
		made[0]!.end();
		release(0);
		expect(await next).toBe(1);
		expect(it.instances).toBe(1);
	});

	it("to a retired pool ends it, and who waited still gets one, which ends as well", async () => {
		const { take, release, made, pool: it } = pool(1);
		await take();
		const next = take();
		it.retire();
		release(0);
		expect(made[0]!.over).toBe(true);
		release(await next);
		expect(made[1]!.over).toBe(true);
		expect(it.empty).toBe(true);
	});

	it("of one made elsewhere serves who waits", async () => {
		const { take, pool: it, made } = pool(0);
		const next = take();
		made.push(new FakeInstance(0));
		it.adopt(made[0] as unknown as Instance);
		expect(await next).toBe(0);
		expect(it).toMatchObject({ instances: 1, busy: 1 });
	});
});

describe("idle instances", () => {
	it("end oldest first, and only those that are old", async () => {
		const { take, release, made, pool: it } = pool(3);
		for (let i = 0; i < 3; i++) await take();
		for (const id of [2, 0, 1]) release(id);
		expect(it.evict()).toBe(true);
		expect(made.map(({ over }) => over)).toEqual([false, false, true]);
		it.trim(it.oldestIdle - 1);
		expect(it.instances).toBe(2);
		it.trim(Number.POSITIVE_INFINITY);
		expect(it.empty).toBe(true);
		expect(it.evict()).toBe(false);
		expect(it.oldestIdle).toBe(Number.POSITIVE_INFINITY);
	});
});
