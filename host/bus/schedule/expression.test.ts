import { describe, expect, it } from "vitest";
import { parseSchedule, ScheduleError } from "./expression.ts";

const ANCHOR = Date.parse("2026-11-22T00:00:20Z");
const at = (text: string): number => Date.parse(text);
const iso = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString().slice(0, 16));

/** The first ticks after a time. */
function ticks(expression: string, from: string, count: number, timezone = "UTC"): (string | null)[] {
	const schedule = parseSchedule(expression, timezone, ANCHOR);
	const found: (string | null)[] = [];
	for (let time: number | null = at(from); time !== null && found.length < count; ) {
		time = schedule.next(time);
		found.push(iso(time));
	}
	return found;
}

describe("a rate", () => {
	it.each([
		["rate(1 minute)", 60_000],
		["rate(5 minutes)", 300_000],
		["rate(1 hour)", 3_600_000],
		["rate(12 hours)", 43_200_000],
		["rate(1 day)", 86_400_000],
		["rate(7 days)", 604_800_000],
	])("%s counts from the trigger's creation", (expression, period) => {
		const schedule = parseSchedule(expression, "UTC", ANCHOR);
		expect(schedule.next(ANCHOR)).toBe(ANCHOR + period);
		expect(schedule.next(ANCHOR + period)).toBe(ANCHOR + 2 * period);
		expect(schedule.next(ANCHOR + 2 * period - 1)).toBe(ANCHOR + 2 * period);
	});

	it("has no tick before its first period is over", () => {
		const schedule = parseSchedule("rate(5 minutes)", "UTC", ANCHOR);
		expect(schedule.next(ANCHOR - 1_000_000)).toBe(ANCHOR + 300_000);
		expect(schedule.latest(ANCHOR + 299_999)).toBeNull();
		expect(schedule.latest(ANCHOR + 300_000)).toBe(ANCHOR + 300_000);
	});

	it.each([
		"rate(0 minutes)",
		"rate(1 minutes)",
		"rate(5 minute)",
		"rate(5 seconds)",
		"rate(-1 days)",
		"rate(1.5 hours)",
		"rate()",
	])("%s is none", (expression) => {
		expect(() => parseSchedule(expression, "UTC", 0)).toThrow(ScheduleError);
	});
});

// Examples of the EventBridge user guide ("Cron expressions"), with ticks worked out on a calendar: 2026-11-22 is a Sunday.
describe("cron(…)", () => {
	it.each([
		["cron(15 12 * * ? *)", ["2026-11-22T12:15", "2026-11-23T12:15"]],
		["cron(0 18 ? * MON-FRI *)", ["2026-11-23T18:00", "2026-11-24T18:00"]],
		["cron(0 8 1 * ? *)", ["2026-12-01T08:00", "2027-01-01T08:00"]],
		["cron(1/5 8-9 ? * 2 *)", ["2026-11-23T08:01", "2026-11-23T08:06"]],
		["cron(0/10 * ? * MON-FRI *)", ["2026-11-23T00:00", "2026-11-23T00:10"]],
		["cron(0 9 ? * 2#1 *)", ["2026-12-07T09:00", "2027-01-04T09:00"]],
		["cron(15 10 ? * 6L 2026-2027)", ["2026-11-27T10:15", "2026-12-25T10:15"]],
		["cron(0 0 L * ? *)", ["2026-11-30T00:00", "2026-12-31T00:00"]],
		["cron(0 0 3W * ? *)", ["2026-12-03T00:00", "2027-01-04T00:00"]],
		["cron(0 0 ? * L *)", ["2026-11-28T00:00", "2026-12-05T00:00"]],
		["cron(0 0 ? * 1 *)", ["2026-11-29T00:00", "2026-12-06T00:00"]],
		["cron(0 0 ? * SUN,7 *)", ["2026-11-28T00:00", "2026-11-29T00:00"]],
		["cron(0 0 1 JAN,3 ? 2028)", ["2028-01-01T00:00", "2028-03-01T00:00"]],
		["cron(5,35 14 * * ? *)", ["2026-11-22T14:05", "2026-11-22T14:35"]],
	])("%s", (expression, expected) => {
		expect(ticks(expression, "2026-11-22T12:00:30Z", expected.length)).toEqual(expected);
	});

	it("is over after its last year", () => {
		expect(ticks("cron(0 0 31 12 ? 2026)", "2026-11-22T00:00:00Z", 2)).toEqual(["2026-12-31T00:00", null]);
	});

	it.each([
		["cron(0 12 * * *)", "six fields"],
		["cron(0 12 * * * *)", "must be ?"],
		["cron(0 12 ? * ? *)", "must be ?"],
		["cron(? 12 * * ? *)", "? stands for"],
		["cron(60 12 * * ? *)", "minute"],
		["cron(0 0 ? * 8 *)", "day-of-week"],
		["cron(0 0 ? * 0 *)", "day-of-week"],
		["cron(0 0 * * ? 1969)", "year"],
		["cron(0 0 * * ? 2200)", "year"],
		["cron(0 0 * * ? x)", "illegal"],
		["cron()", "six fields"],
	])("%s is none", (expression, words) => {
		expect(() => parseSchedule(expression, "UTC", 0)).toThrow(ScheduleError);
		expect(() => parseSchedule(expression, "UTC", 0)).toThrow(words);
	});
});

describe("a crontab's five fields", () => {
	it.each([
		["*/15 * * * *", ["2026-11-22T12:15", "2026-11-22T12:30"]],
		["0 9 * * 1", ["2026-11-23T09:00", "2026-11-30T09:00"]],
		["0 9 * * 0", ["2026-11-29T09:00", "2026-12-06T09:00"]],
		// Vixie cron: either of the two days.
		["0 0 1 * 1", ["2026-11-23T00:00", "2026-11-30T00:00", "2026-12-01T00:00"]],
	])("%s", (expression, expected) => {
		expect(ticks(expression, "2026-11-22T12:00:30Z", expected.length)).toEqual(expected);
	});

	it.each(["", "* * * *", "* * * * * *", "a b c d e", "every day", "61 * * * *", "rate (1 day)", "0 0 * * MON; rm"])(
		"%j is none",
		(expression) => {
			expect(() => parseSchedule(expression, "UTC", 0)).toThrow(ScheduleError);
		},
	);
});

describe("a time zone", () => {
	it("moves the ticks, and with its summer time", () => {
		expect(ticks("cron(0 12 * * ? *)", "2027-03-27T00:00:00Z", 2, "Europe/Paris")).toEqual([
			"2027-03-27T11:00",
			"2027-03-28T10:00",
		]);
	});

	it("in which a time does not exist that day fires after the gap, once", () => {
		expect(ticks("30 2 * * *", "2027-03-27T12:00:00Z", 2, "Europe/Paris")).toEqual([
			"2027-03-28T01:00",
			"2027-03-29T00:30",
		]);
	});

	it("in which a time comes twice fires once", () => {
		expect(ticks("30 2 * * *", "2026-10-24T12:00:00Z", 2, "Europe/Paris")).toEqual([
			"2026-10-25T00:30",
			"2026-10-26T01:30",
		]);
	});

	it("that is none is refused", () => {
		expect(() => parseSchedule("0 0 * * *", "Mars/Olympus", 0)).toThrow(ScheduleError);
	});
});

describe("the latest tick", () => {
	it("is the one at that very time, else the one before", () => {
		const schedule = parseSchedule("*/5 * * * *", "UTC", ANCHOR);
		expect(iso(schedule.latest(at("2026-11-22T12:05:00.000Z")))).toBe("2026-11-22T12:05");
		expect(iso(schedule.latest(at("2026-11-22T12:04:59.999Z")))).toBe("2026-11-22T12:00");
		expect(iso(schedule.latest(at("2026-11-22T12:09:59.999Z")))).toBe("2026-11-22T12:05");
	});

	it("agrees with the ticks counted forward", () => {
		for (const expression of ["*/7 * * * *", "rate(11 minutes)", "cron(0/13 * ? * MON-FRI *)"]) {
			const schedule = parseSchedule(expression, "UTC", ANCHOR);
			const start = at("2026-11-23T06:00:00Z");
			let tick = schedule.next(start)!;
			for (let until = start; until < start + 7_200_000; until += 45_500) {
				while (schedule.next(tick)! <= until) tick = schedule.next(tick)!;
				if (tick <= until) expect(schedule.latest(until)).toBe(tick);
			}
		}
	});
});
