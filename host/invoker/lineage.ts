/**
 * Loops of invocations: the trace header carries how often a chain has passed each function (`Lineage`, as the service appends it), and
 * whoever passes the header on, passes that on (Developer Guide, "Recursive loop detection"; X-Ray Developer Guide, "Tracing header").
 */
import { createHash } from "node:crypto";

/** "Lambda stops the loop after approximately 16 invocations" of one function in a chain. */
export const MAX_ROUNDS = 16;

const NAME = "Lineage=";
const LINEAGE = /;?\s*Lineage=([^;]*)/;
/** Functions that a header has room for; a longer chain forgets the first ones. */
const MAX_TAGS = 32;

/** What stands for a function in a lineage. */
export function tagOf(functionName: string): string {
	return createHash("sha256").update(functionName).digest("hex").slice(0, 8);
}

/** How often the chain has passed the function. */
export function roundsOf(traceId: string, tag: string): number {
	return traceId.includes(NAME) ? (stepsOf(traceId).get(tag) ?? 0) : 0;
}

/** The header for what the function calls: the chain has passed it once more. */
export function withRound(traceId: string, tag: string): string {
	// Most chains begin here.
	if (!traceId.includes(NAME)) return `${traceId}${traceId === "" ? "" : ";"}${NAME}${tag}:1`;
	const steps = stepsOf(traceId);
	const rounds = (steps.get(tag) ?? 0) + 1;
	steps.delete(tag);
	const all = [...steps, [tag, rounds] as const].slice(-MAX_TAGS);
	const rest = traceId.replace(LINEAGE, "");
	return `${rest}${rest === "" ? "" : ";"}${NAME}${all.map(([name, count]) => `${name}:${count}`).join("|")}`;
}

/** By tag, in the order of the chain. What a caller made up is left out. */
function stepsOf(traceId: string): Map<string, number> {
	const steps = new Map<string, number>();
	const text = LINEAGE.exec(traceId)?.[1];
	for (const step of text?.split("|", MAX_TAGS) ?? []) {
		const match = /^([0-9a-f]{8}):([0-9]{1,4})$/.exec(step);
		if (match) steps.set(match[1]!, Number(match[2]));
	}
	return steps;
}
