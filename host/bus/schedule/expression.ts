/** Schedule expressions: EventBridge's `rate(…)` and `cron(…)`, and the five fields of a crontab. croner does the calendar. */
import { Cron } from "croner";

/** The ticks of an expression, in whole minutes. */
export interface Schedule {
	/** The first tick after a time, ms since the epoch; null if there is none. */
	next(after: number): number | null;
	/** The last tick at or before a time; null if there is none. */
	latest(until: number): number | null;
}

/** The expression, or the time zone, is not one. The message says why. */
export class ScheduleError extends Error {
	override name = "ScheduleError";
}

const UNITS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
/** AWS's limit on `ScheduleExpression`, characters. */
export const MAX_EXPRESSION = 256;

/**
 * Reads an expression. `anchor` (ms) is where a rate is counted from: the trigger's creation, as EventBridge does, so that
 * the ticks are the same after a restart. A rate has no time zone. Throws ScheduleError.
 */
export function parseSchedule(expression: string, timezone: string, anchor: number): Schedule {
	const [, form, inner] = /^(rate|cron)\(([^()]*)\)$/.exec(expression.trim()) ?? [];
	if (form === "rate") return rate(inner!, anchor);
	if (form === "cron")
		return calendar(awsFields(inner!.trim()), timezone, { mode: "7-part", alternativeWeekdays: true });
	if (expression.trim().split(/\s+/).length === 5) return calendar(expression.trim(), timezone, { mode: "5-part" });
	throw new ScheduleError("it must be rate(…), cron(…) or the five fields of a crontab");
}

function rate(text: string, anchor: number): Schedule {
	const [, digits, unit, plural] = /^\s*([0-9]{1,9})\s+(minute|hour|day)(s?)\s*$/.exec(text) ?? [];
	const value = Number(digits);
	if (!unit || value === 0) throw new ScheduleError("a rate is a number from 1 and minute(s), hour(s) or day(s)");
	// EventBridge is strict about this, and a schedule that works here should work there.
	if ((value === 1) !== (plural === ""))
		throw new ScheduleError("a rate of 1 has a singular unit, any other a plural one");
	const period = value * UNITS[unit]!;
	return {
		next: (after) => anchor + Math.max(1, Math.floor((after - anchor) / period) + 1) * period,
		latest(until) {
			const count = Math.floor((until - anchor) / period);
			return count < 1 ? null : anchor + count * period;
		},
	};
}

/** AWS's six fields: minutes, hours, day of month, month, day of week (1 is Sunday), year. What croner reads has seconds first. */
function awsFields(text: string): string {
	const fields = text.split(/\s+/);
	if (fields.length !== 6)
		throw new ScheduleError("cron(…) has six fields: minutes hours day-of-month month day-of-week year");
	const [minutes, hours, dayOfMonth, month, dayOfWeek, year] = fields as [
		string,
		string,
		string,
		string,
		string,
		string,
	];
	if ((dayOfMonth === "?") === (dayOfWeek === "?")) {
		throw new ScheduleError("one of day-of-month and day-of-week must be ?, and not both");
	}
	if (fields.some((field, index) => field.includes("?") && index !== 2 && index !== 4)) {
		throw new ScheduleError("? stands for day-of-month or day-of-week only");
	}
	checkYears(year);
	return [
		"0",
		steps(minutes, 59),
		steps(hours, 23),
		steps(dayOfMonth, 31),
		steps(month, 12),
		weekdays(dayOfWeek),
		steps(year, 2199),
	].join(" ");
}

/** `3/10`, from 3 in steps of 10, is a range with steps to croner. */
function steps(field: string, last: number): string {
	return field.replaceAll(/(^|,)(\d+)\//g, `$1$2-${last}/`);
}

/** `L` alone is the last day of the week, Saturday (`6L`, the month's last Friday, croner knows). It would take 8 as Sunday. */
function weekdays(field: string): string {
	if (/(^|[,-])([089]|\d\d)/.test(field))
		throw new ScheduleError("day-of-week is 1 (Sunday) to 7 (Saturday), or SUN to SAT");
	return field === "L" ? "7" : steps(field, 7);
}

function checkYears(field: string): void {
	for (const [year] of field.matchAll(/\d{3,}/g)) {
		if (Number(year) < 1970 || Number(year) > 2199) throw new ScheduleError("a year is 1970 to 2199");
	}
}

function calendar(pattern: string, timezone: string, options: object): Schedule {
	const cron = attempt(() => new Cron(pattern, { ...options, timezone, paused: true }));
	// It looks at the time zone only when it is asked for a time.
	attempt(() => cron.nextRun(new Date(0)));
	return {
		next: (after) => cron.nextRun(new Date(after))?.getTime() ?? null,
		// Exclusive, in whole seconds.
		latest: (until) => cron.previousRuns(1, new Date(Math.floor(until / 1000) * 1000 + 1000))[0]?.getTime() ?? null,
	};
}

function attempt<T>(action: () => T): T {
	try {
		return action();
	} catch (error) {
		throw new ScheduleError((error as Error).message.replace(/^Cron\w+: /, ""));
	}
}
