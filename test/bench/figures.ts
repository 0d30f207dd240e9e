/** Medians, percentiles, and how a finding is put: always a value, what it is compared with, and the goal. */
import type { Finding } from "./types.ts";

export function median(values: readonly number[]): number {
	return quantile(values, 0.5);
}

/** The value that this share of them is not above. NaN if there is none. */
export function quantile(values: readonly number[], share: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Three significant digits; thousands apart. */
export function show(value: number): string {
	if (!Number.isFinite(value)) return "-";
	const size = Math.abs(value);
	if (size >= 100) return Math.round(value).toLocaleString("en-US");
	return size >= 10 ? value.toFixed(1) : value.toFixed(size >= 1 ? 2 : 3);
}

/** At least, or at most, a number; of the peer's, or on its own. */
export type Goal = { atLeast: number } | { atMost: number };

function isMet(value: number, goal: Goal): boolean {
	return "atLeast" in goal ? value >= goal.atLeast : value <= goal.atMost;
}

function goalWords(goal: Goal, unit: string): string {
	const [words, number] = "atLeast" in goal ? ["at least", goal.atLeast] : ["at most", goal.atMost];
	return `${words} ${number.toLocaleString("en-US")}${unit}`;
}

/** A figure with a goal of its own: `absolute("new instance, Rust: p50", 0.08, " ms", { atMost: 0.1 })`. */
export function absolute(figure: string, value: number, unit: string, goal: Goal | null): Finding {
	const met = goal === null ? null : isMet(value, goal);
	return {
		figure,
		value: `${show(value)}${unit}`,
		against: null,
		ratio: null,
		goal: goal === null ? "" : goalWords(goal, unit),
		met,
	};
}

/** A figure as a share of another's: the goal is one of their ratio. */
export function relative(
	figure: string,
	value: number,
	unit: string,
	against: { name: string; value: number },
	goal: Goal | null,
): Finding {
	const ratio = value / against.value;
	return {
		figure,
		value: `${show(value)}${unit}`,
		against: `${against.name} ${show(against.value)}${unit}`,
		ratio,
		goal: goal === null ? "" : `${goalWords(goal, "")} of it`,
		met: goal === null ? null : isMet(ratio, goal),
	};
}
