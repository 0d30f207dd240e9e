import { describe, expect, it } from "vitest";
import { type LeasedPermits, leasedPermits } from "./leased-permits.ts";
import { Leases } from "./leases.ts";

const KEY = "account";

/** Some workers that share `limit` permits, asking for `lot` at once. */
function host(limit: number, workers: number, lot: number) {
	const holders = new Map<number, LeasedPermits>();
	const back = (what: "recall" | "owe") => async (holder: number, _key: string, count: number) => {
		await new Promise(setImmediate);
		const permits = holders.get(holder);
		if (permits === undefined) throw new Error("gone");
		return permits[what](count);
	};
	const leases = new Leases({ [KEY]: limit }, { recall: back("recall"), owe: back("owe") });
	const join = (id: number): LeasedPermits => {
		leases.join(id);
		const lender = {
			async ask(count: number) {
				const given = await leases.ask(id, KEY, count);
				// The answer is on its way for a while.
				await new Promise(setImmediate);
				return given;
			},
			returned: (count: number) => leases.returned(id, KEY, count),
		};
		const permits = leasedPermits(lot, lender, "ConcurrentInvocationLimitExceeded");
		holders.set(id, permits);
		return permits;
	};
	const die = (id: number): void => {
		holders.delete(id);
		leases.leave(id);
	};
	const all = Array.from({ length: workers }, (_, id) => join(id));
	const held = (): number => [...holders.values()].reduce((sum, it) => sum + it.held(), 0);
	return { all, join, die, held, leases };
}

async function enter(permits: LeasedPermits): Promise<boolean> {
	while (!permits.take()) if (!(await permits.more())) return false;
	return true;
}

describe("leases", () => {
	it("let every worker have all permits while the others need none", async () => {
		const { all } = host(10, 3, 4);
		for (const permits of all) {
			for (let count = 0; count < 10; count++) expect(await enter(permits)).toBe(true);
			expect(await enter(permits)).toBe(false);
			for (let count = 0; count < 10; count++) permits.give();
		}
	});

	it("refuse only when as many invocations run as there are permits, however they are spread", async () => {
		const { all } = host(5, 2, 4);
		const [first, second] = all as [LeasedPermits, LeasedPermits];
		expect(await enter(first)).toBe(true);
		for (let count = 0; count < 4; count++) expect(await enter(second)).toBe(true);
		expect([await enter(first), await enter(second)]).toEqual([false, false]);
		first.give();
		expect(await enter(second)).toBe(true);
	});

	it("come back from a worker that died, also when it died while it asked or was asked", async () => {
		const { all, die, join, leases } = host(6, 2, 6);
		const [first, second] = all as [LeasedPermits, LeasedPermits];
		for (let count = 0; count < 4; count++) await enter(first);
		const asking = enter(second);
		die(0);
		expect(await asking).toBe(true);
		const lost = leases.ask(1, KEY, 6);
		die(1);
		expect(await lost).toBe(0);
		const third = join(2);
		for (let count = 0; count < 6; count++) expect(await enter(third)).toBe(true);
		expect(await enter(third)).toBe(false);
	});

	it("grow in number, and shrink: what is out too many comes back as it comes free", async () => {
		const { all, leases, held } = host(4, 2, 4);
		const [first, second] = all as [LeasedPermits, LeasedPermits];
		for (let count = 0; count < 4; count++) expect(await enter(first)).toBe(true);
		await leases.limit(KEY, 6);
		for (let count = 0; count < 2; count++) expect(await enter(second)).toBe(true);
		expect(await enter(second)).toBe(false);
		await leases.limit(KEY, 1);
		for (let count = 0; count < 4; count++) {
			first.give();
			expect([await enter(first), await enter(second)]).toEqual([false, false]);
		}
		second.give();
		second.give();
		expect(held()).toBeLessThanOrEqual(1);
		expect(await enter(first)).toBe(true);
		expect(await enter(second)).toBe(false);
	});

	it("are none of a key that nobody has set, and of one that was taken away", async () => {
		const { leases } = host(4, 1, 1);
		expect(await leases.ask(0, "function f", 1)).toBe(0);
		await leases.limit("function f", 2);
		expect(await leases.ask(0, "function f", 3)).toBe(2);
		await leases.limit("function f", 0);
		leases.returned(0, "function f", 2);
		expect(await leases.ask(0, "function f", 1)).toBe(0);
	});

	it("are never more than the limit, through any mixture of work, deaths and changes of the limit", async () => {
		const { all, die, join, held, leases } = host(20, 3, 3);
		let state = 7;
		const random = (below: number): number => {
			state = Math.imul(state, 48_271) % 0x7fffffff;
			return Math.abs(state) % below;
		};
		const workers = all.map((permits, id) => ({ id, permits, used: 0, alive: true }));
		let nextId = 3;
		const pending: Promise<void>[] = [];
		for (let step = 0; step < 3000; step++) {
			const index = random(workers.length);
			const it = workers[index]!;
			const what = random(20);
			if (what === 1) pending.push(leases.limit(KEY, 1 + random(20)));
			else if (what === 0) {
				it.alive = false;
				die(it.id);
				const id = nextId++;
				workers[index] = { id, permits: join(id), used: 0, alive: true };
			} else if (what < 10 && it.used > 0) {
				it.used--;
				it.permits.give();
			} else {
				pending.push(
					enter(it.permits).then((got) => {
						if (got) it.used++;
					}),
				);
			}
			if (step % 7 === 0) await new Promise(setImmediate);
			expect(held()).toBeLessThanOrEqual(20);
		}
		await Promise.all(pending);
		await leases.limit(KEY, 7);
		for (const it of workers) for (; it.used > 0; it.used--) it.permits.give();
		expect(held()).toBeLessThanOrEqual(7);
		await leases.limit(KEY, 20);
		for (let count = 0; count < 20; count++) expect(await enter(workers[0]!.permits)).toBe(true);
		expect(await enter(workers[0]!.permits)).toBe(false);
	});
});
