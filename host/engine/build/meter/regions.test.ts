import { describe, expect, it } from "vitest";
import { PREPAID } from "./opcodes.ts";
import { DEAD, Regions, THRESHOLD } from "./regions.ts";
import { Guest, wat } from "./testing.ts";

const LITTLE = 10;

/** An entry, charged 100 and more, to which regions are added. */
function start(): { regions: Regions; entry: number } {
	const regions = new Regions();
	regions.reset();
	const entry = regions.root();
	regions.cost[entry] = 100 + PREPAID;
	return { regions, entry };
}

function child(regions: Regions, parent: number, cost: number): number {
	const region = regions.child(parent);
	regions.cost[region] = cost;
	return region;
}

const settled = (regions: Regions, ...which: number[]) => {
	regions.settle();
	return which.map((region) => regions.cost[region]);
};

describe("Regions", () => {
	it("charge little ones with their parent, and others by themselves", () => {
		const { regions, entry } = start();
		const little = child(regions, entry, THRESHOLD - 1);
		const large = child(regions, entry, THRESHOLD);
		expect(settled(regions, entry, little, large)).toEqual([100 + THRESHOLD - 1, 0, THRESHOLD]);
	});

	it("charge little ones together when their sum is not little", () => {
		const { regions, entry } = start();
		const outer = child(regions, entry, THRESHOLD - 1);
		const inner = child(regions, outer, 1);
		expect(settled(regions, entry, outer, inner)).toEqual([100, THRESHOLD, 0]);
	});

	it("always charge loops by themselves", () => {
		const { regions, entry } = start();
		const loop = regions.root();
		regions.cost[loop] = 1;
		expect(settled(regions, entry, loop)).toEqual([100, 1]);
	});

	it("charge the dearest of those that exclude each other", () => {
		const { regions, entry } = start();
		const arms = [LITTLE, 3 * LITTLE, 2 * LITTLE].map((cost) => child(regions, entry, cost));
		regions.exclude(arms[1]!, arms[0]!);
		regions.exclude(arms[2]!, arms[1]!);
		expect(settled(regions, entry)).toEqual([100 + 3 * LITTLE]);
	});

	it("charge the dearest little one beside a large one", () => {
		const { regions, entry } = start();
		const large = child(regions, entry, THRESHOLD + 1);
		const little = child(regions, entry, LITTLE);
		regions.exclude(little, large);
		expect(settled(regions, entry, large, little)).toEqual([100 + LITTLE, THRESHOLD + 1, 0]);
	});

	it("charge both where one may follow the other", () => {
		const { regions, entry } = start();
		const first = child(regions, entry, LITTLE);
		const nested = child(regions, first, LITTLE);
		regions.exclude(nested, first);
		expect(settled(regions, entry)).toEqual([100 + 2 * LITTLE]);
	});

	it("charge nothing for dead code, nor for what the caller has paid", () => {
		const regions = new Regions();
		regions.reset();
		const entry = regions.root();
		regions.cost[entry] = PREPAID;
		regions.cost[DEAD] = 1000;
		expect(settled(regions, DEAD, entry)).toEqual([0, 0]);
	});

	it("never charge so much that the counter could wrap around", () => {
		const { regions, entry } = start();
		regions.cost[entry] = 2 ** 40;
		expect(settled(regions, entry)[0]).toBeLessThanOrEqual(2 ** 30);
	});

	it("can be many", () => {
		const { regions, entry } = start();
		for (let i = 0; i < 5000; i++) child(regions, entry, 1);
		expect(settled(regions, entry)).toEqual([5100]);
	});
});

/** A small generator (mulberry32). */
function random(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (state + 0x6d2b_79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
	};
}

const CALL = 1 + PREPAID;

/**
 * The body of a function of random control flow. It calls `mark` after each straight piece with what the piece cost, and `next`
 * for each decision, so that the host knows a lower bound of what was executed.
 */
function randomFunction(seed: number): string {
	const pick = random(seed);
	const legacy = pick(2) === 0;
	const label = (depth: number) => pick(depth + 1);
	const piece = () => {
		const drops = pick(3) === 0 ? 20 : pick(8);
		return `${"i32.const 0 drop ".repeat(drops)} i32.const ${2 * drops + 1 + CALL} call $mark\n`;
	};
	const jump = (depth: number) => {
		const labels = Array.from({ length: 1 + pick(5) }, () => label(depth));
		return pick(2) === 0 ? `br ${labels[0]}\n` : `call $next br_table ${labels.join(" ")}\n`;
	};
	const list = (depth: number): string =>
		Array.from({ length: 1 + pick(depth > 4 ? 1 : 4) }, () => statement(depth)).join("");
	const arms = (depth: number): string => {
		const count = 2 + pick(4);
		const labels = [...Array(count).keys()].join(" ");
		const body = (i: number) => list(depth + count - i) + (pick(4) > 0 ? `br ${count - i - 1}\n` : "");
		const ends = Array.from({ length: count - 1 }, (_, i) => `end\n${body(i + 1)}`).join("");
		return `${"block\n".repeat(count)} call $next br_table ${labels}\n${ends} end\n`;
	};
	const guarded = (depth: number): string => {
		if (legacy) {
			const handler = pick(3) === 0 ? "unreachable" : list(depth + 1);
			return `try ${list(depth + 1)} call $next if throw $t end ${list(depth + 1)} catch_all ${handler} end\n`;
		}
		return `block try_table (catch_all 0) ${list(depth + 2)} call $next if throw $t end ${list(depth + 2)} end end\n`;
	};
	const statement = (depth: number): string => {
		if (depth > 6) return piece();
		switch (pick(10)) {
			case 0:
				return `block ${list(depth + 1)} end\n`;
			case 1:
				return `loop ${list(depth + 1)} call $next br_if 0 end\n`;
			case 2:
				return `call $next if ${list(depth + 1)} else ${list(depth + 1)} end\n`;
			case 3:
				return `call $next if ${list(depth + 1)} end\n`;
			case 4:
				return `call $next br_if ${label(depth)}\n`;
			case 5:
				return pick(3) === 0 ? jump(depth) + statement(depth) : piece();
			case 6:
				return arms(depth);
			case 7:
				return guarded(depth);
			default:
				return piece();
		}
	};
	return list(0);
}

/** A module whose export `run` has this body. */
const moduleOf = (body: string) => `(module
	(import "host" "mark" (func $mark (param i32)))
	(import "host" "next" (func $next (result i32)))
	(tag $t)
	(func (export "run") ${body}))`;

/** An endless loop is stopped after this much fuel in a call. */
const LIMIT = 20_000;
const SLICE = 500;
const CALLS = 30;

interface Run {
	/** What was executed at least, in fuel. */
	executed: number;
	charged: number;
	/** It was an endless loop, or one that seems so. */
	stopped: boolean;
}

/** Runs a function with this body some times, with other decisions each time. */
async function execute(body: string, seed: number): Promise<Run[]> {
	const pick = random(seed + 1_000_000);
	let executed = 0;
	const imports = {
		host: {
			mark: (cost: number) => {
				executed += cost;
			},
			next: () => {
				executed += CALL;
				return pick(3) === 0 ? pick(7) : pick(2);
			},
		},
	};
	let granted = 0;
	let most = LIMIT;
	const refill = (fuel: number) => {
		if (granted - fuel > most) return -1;
		const slices = Math.ceil(-fuel / SLICE);
		granted += slices * SLICE;
		return fuel + slices * SLICE;
	};
	const guest = new Guest(await wat(moduleOf(body)), { imports, refill });
	const counter = guest.exports[guest.metered.meta.fuel] as WebAssembly.Global;
	const used = () => granted - (counter.value as number);
	return Array.from({ length: CALLS }, () => {
		const before = used();
		executed = 0;
		most = before + LIMIT;
		let stopped = false;
		try {
			guest.call("run");
		} catch (error) {
			// What else is thrown is the guest's own exception.
			stopped = error instanceof WebAssembly.RuntimeError;
		}
		// The caller of `run` would have paid for its beginning.
		return { executed, charged: used() - before + PREPAID, stopped };
	});
}

const PIECE = `${"i32.const 0 drop ".repeat(5)} i32.const ${11 + CALL} call $mark\n`;
const DEAR = PIECE.repeat(Math.ceil(THRESHOLD / (11 + CALL)));

describe("charges", () => {
	it.each([
		[
			"an arm that runs on into the next",
			`block $c block $b block $a call $next br_table $a $b $c end ${PIECE} end ${PIECE} end`,
		],
		[
			"a try that runs on, and a handler that does not",
			`block $out
				try call $next br_if 0 ${PIECE} call $next br_if $out catch_all unreachable end
				${PIECE}
			end`,
		],
		[
			"a label that is jumped to from the arm before it",
			`block $out
				block $b
					block $a call $next br_table $a $b $out end
					${PIECE} call $next br_if $b br $out
				end
				${PIECE}
			end`,
		],
	])("cover %s", async (_, body) => {
		const runs = await execute(body, 1);
		for (const run of runs) expect(run.charged).toBeGreaterThanOrEqual(run.executed);
		expect(Math.max(...runs.map((run) => run.executed))).toBeGreaterThan(2 * (11 + CALL));
	});

	it.each([
		`block $a block $b call $next br_if $a end ${DEAR} end ${PIECE}`,
		`block $a block $b block $c call $next br_if $a end end ${DEAR} end ${PIECE}`,
		`call $next if ${DEAR} else ${DEAR} ${DEAR} end ${PIECE}`,
	])("leave out what a branch skips, when that is dear: %s", async (body) => {
		const runs = await execute(body, 1);
		for (const run of runs) expect(run.charged - run.executed).toBeLessThan(10);
		expect(new Set(runs.map((run) => run.executed)).size).toBe(2);
	});

	it("cover what random code executes, and are not far above it", async () => {
		let executed = 0;
		let charged = 0;
		for (let seed = 1; seed <= 400; seed++) {
			for (const run of await execute(randomFunction(seed), seed)) {
				expect(run.charged, `seed ${seed}`).toBeGreaterThanOrEqual(run.executed);
				// A loop without marks says nothing of how exact the charges are.
				executed += run.stopped ? 0 : run.executed;
				charged += run.stopped ? 0 : run.charged;
			}
		}
		expect(executed).toBeGreaterThan(100_000);
		expect(charged / executed).toBeLessThan(2);
	});
});
