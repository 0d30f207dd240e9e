import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryStore, testFunction } from "../../invoker/fakes.ts";
import type { Store } from "../../store/types.ts";
import { describeEventSource } from "../contract.ts";
import { type FakeClock, fakeClock, type TestBus, testBus } from "../fakes.ts";
import { scheduleSource } from "./source.ts";

const MINUTE = 60_000;
// On the minute, so that a minute later is the next tick.
const START = Date.parse("2026-11-22T12:00:00Z");

function timeOf(clock: FakeClock): string {
	return `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
}

describeEventSource({
	source: scheduleSource,
	async makeWorld() {
		const clock = fakeClock(START);
		return {
			clock,
			settings: { expression: "rate(1 minute)" },
			async occur() {
				await clock.advance(MINUTE);
				return { "detail-type": "Scheduled Event", time: timeOf(clock) };
			},
			dispose: () => Promise.resolve(),
		};
	},
	bad: [
		[{ expression: "" }, "settings of a schedule.expression must NOT have fewer than 1 characters"],
		[{ expression: 5 }, "must be string"],
		[{ expression: "rate(5 minute)" }, 'schedule "rate(5 minute)" is not valid: a rate of 1 has a singular unit'],
		[{ expression: "cron(0 0 * * * *)" }, "must be ?"],
		[{ expression: "soon" }, "it must be rate(…), cron(…) or the five fields of a crontab"],
		[{ expression: "cron(0 0 1 1 ? 2020)" }, "has no tick to come"],
		[{ expression: "0 0 31 2 *" }, "has no tick to come"],
		[{ expression: "0 0 * * *", timezone: "Mars/Olympus" }, "Mars/Olympus"],
		[{ input: "x".repeat(9000) }, "input must not be larger than 8192 bytes"],
	],
});

describe("a schedule", () => {
	let store: Store;
	let dispose: () => Promise<void>;
	let clock: FakeClock;
	let hosts: TestBus[];

	beforeEach(async () => {
		({ store, dispose } = await temporaryStore());
		await store.functions.create(testFunction("f"));
		clock = fakeClock(START);
		hosts = [];
	});
	afterEach(async () => {
		await Promise.all(hosts.map((it) => it.stop()));
		await dispose();
	});

	async function boot(): Promise<TestBus> {
		const host = testBus({ store, clock, sources: [scheduleSource] });
		hosts.push(host);
		await host.bus.start();
		return host;
	}

	const add = (host: TestBus, settings: object) =>
		host.bus.triggers.add({ kind: "schedule", functionName: "f", settings });
	const times = (host: TestBus): string[] => (host.delivered() as { time: string }[]).map((it) => it.time);

	it("sends EventBridge's scheduled event", async () => {
		const host = await boot();
		const { id } = await add(host, { expression: "cron(30 12 * * ? *)" });
		await clock.advance(30 * MINUTE);
		expect(await host.untilDelivered(1)).toEqual([
			{
				version: "0",
				id: expect.stringMatching(/^[0-9a-f-]{36}$/),
				"detail-type": "Scheduled Event",
				source: "aws.events",
				account: "000000000000",
				time: "2026-11-22T12:30:00Z",
				region: "us-east-1",
				resources: [`arn:aws:events:us-east-1:000000000000:rule/${id}`],
				detail: {},
			},
		]);
	});

	it.each([[{ a: [1, null] }], ["text"], [null], [0], [false]])(
		"sends the input %j instead, if it has one",
		async (input) => {
			const host = await boot();
			await add(host, { expression: "rate(1 minute)", input });
			await clock.advance(MINUTE);
			expect(await host.untilDelivered(1)).toEqual([input]);
		},
	);

	it("fires at each tick, once", async () => {
		const host = await boot();
		await add(host, { expression: "*/5 * * * *" });
		for (let minute = 0; minute < 21; minute++) await clock.advance(MINUTE);
		await host.untilDelivered(4);
		expect(times(host)).toEqual(["05", "10", "15", "20"].map((it) => `2026-11-22T12:${it}:00Z`));
	});

	it("fires once for many ticks that were missed while the host was down: for the latest", async () => {
		const first = await boot();
		await add(first, { expression: "rate(1 minute)" });
		await clock.advance(MINUTE);
		await first.untilDelivered(1);
		await first.stop();
		clock.jump(100 * MINUTE + 30_000);
		const second = await boot();
		await second.untilDelivered(1);
		expect(times(second)).toEqual(["2026-11-22T13:41:00Z"]);
		await clock.advance(MINUTE);
		await second.untilDelivered(2);
		expect(times(second)).toEqual(["2026-11-22T13:41:00Z", "2026-11-22T13:42:00Z"]);
	});

	it("fires once for ticks that were missed while the machine slept", async () => {
		const host = await boot();
		await add(host, { expression: "rate(1 minute)" });
		clock.jump(10 * MINUTE);
		await clock.advance(1000);
		await host.untilDelivered(1);
		expect(times(host)).toEqual(["2026-11-22T12:10:00Z"]);
	});

	it("that was missed by nothing fires nothing at a restart", async () => {
		const first = await boot();
		await add(first, { expression: "rate(1 hour)" });
		await first.stop();
		clock.jump(30 * MINUTE);
		const second = await boot();
		await clock.advance(MINUTE);
		expect(await store.queue.size()).toBe(0);
		await clock.advance(29 * MINUTE);
		await second.untilDelivered(1);
		expect(times(second)).toEqual(["2026-11-22T13:00:00Z"]);
	});

	it("does not fire twice for a clock that goes back a little", async () => {
		const host = await boot();
		await add(host, { expression: "rate(1 minute)" });
		await clock.advance(MINUTE);
		await host.untilDelivered(1);
		clock.jump(-5000);
		await clock.advance(10_000);
		expect(times(host)).toEqual(["2026-11-22T12:01:00Z"]);
	});

	it("goes on after a clock was years ahead and was put right", async () => {
		const first = await boot();
		await add(first, { expression: "0 * * * *" });
		clock.jump(4 * 365 * 24 * 60 * MINUTE);
		await clock.advance(60 * MINUTE);
		await first.untilDelivered(1);
		await first.stop();
		clock.jump(START + 30 * MINUTE - clock.now());
		const second = await boot();
		await clock.advance(30 * MINUTE);
		await second.untilDelivered(1);
		expect(times(second)).toEqual(["2026-11-22T13:00:00Z"]);
	});

	it("waits longer than a timer can", async () => {
		const host = await boot();
		await add(host, { expression: "0 0 1 6 *" });
		for (let day = 0; day < 191; day++) await clock.advance(24 * 60 * MINUTE);
		await host.untilDelivered(1);
		expect(times(host)).toEqual(["2027-06-01T00:00:00Z"]);
	});

	it("that is over is silent", async () => {
		const host = await boot();
		await add(host, { expression: "cron(0 0 31 12 ? 2026)" });
		for (let day = 0; day < 60; day++) await clock.advance(24 * 60 * MINUTE);
		await host.untilDelivered(1);
		expect(times(host)).toEqual(["2026-12-31T00:00:00Z"]);
		expect(host.warnings).toEqual([]);
	});
});
