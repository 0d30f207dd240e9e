/** Condition operators of policies. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
import type { Conditions } from "./statement.ts";
import { listOf } from "./statement.ts";
import { fits } from "./wildcard.ts";

type Operator = (given: string, wanted: string) => boolean;

const equals: Operator = (given, wanted) => given === wanted;
const equalsIgnoringCase: Operator = (given, wanted) => given.toLowerCase() === wanted.toLowerCase();
/** Each of an ARN's six parts by itself: a star in one does not reach into the next. */
const arnFits: Operator = (given, wanted) => {
	const [ours, theirs] = [partsOf(given), partsOf(wanted)];
	return ours.length === theirs.length && ours.every((part, index) => fits(part, theirs[index]!));
};

const OPERATORS: Readonly<Record<string, Operator>> = {
	StringEquals: equals,
	StringEqualsIgnoreCase: equalsIgnoringCase,
	StringLike: fits,
	ArnEquals: arnFits,
	ArnLike: arnFits,
	Bool: equalsIgnoringCase,
};
const NEGATED: Readonly<Record<string, Operator>> = {
	StringNotEquals: equals,
	StringNotEqualsIgnoreCase: equalsIgnoringCase,
	StringNotLike: fits,
	ArnNotEquals: arnFits,
	ArnNotLike: arnFits,
};

const IF_EXISTS = "IfExists";

/** What is known of a request, by the names of condition keys in lower case. */
export type Context = Readonly<Record<string, string | undefined>>;

/** The operator without `IfExists`, if it is one that this host knows. */
function baseOf(operator: string): string {
	return operator.endsWith(IF_EXISTS) ? operator.slice(0, -IF_EXISTS.length) : operator;
}

/** Those of the operators that this host does not know. */
export function unknownOperators(conditions: Conditions): string[] {
	const known = (name: string) => Object.hasOwn(OPERATORS, name) || Object.hasOwn(NEGATED, name) || name === "Null";
	return Object.keys(conditions).filter((operator) => !known(baseOf(operator)));
}

/** Whether all conditions hold; null if one has an operator that is not known. */
export function conditionsHold(conditions: Conditions, context: Context): boolean | null {
	if (unknownOperators(conditions).length > 0) return null;
	return Object.entries(conditions).every(([operator, keys]) =>
		Object.entries(keys).every(([key, values]) =>
			holds(operator, context[key.toLowerCase()], listOf(values).map(String)),
		),
	);
}

function holds(operator: string, given: string | undefined, wanted: readonly string[]): boolean {
	const base = baseOf(operator);
	if (base === "Null") return wanted.some((it) => (given === undefined) === (it.toLowerCase() === "true"));
	const negated = Object.hasOwn(NEGATED, base);
	// What is not there is not equal to anything.
	if (given === undefined) return negated || operator.endsWith(IF_EXISTS);
	const test = negated ? NEGATED[base]! : OPERATORS[base]!;
	return wanted.some((it) => test(given, it)) !== negated;
}

/** `arn`, partition, service, region, account, and all the rest. */
function partsOf(arn: string): string[] {
	const parts = arn.split(":");
	return [...parts.slice(0, 5), parts.slice(5).join(":")];
}
