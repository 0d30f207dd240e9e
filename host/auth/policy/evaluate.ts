/** Whether a policy lets somebody do something. A statement that denies it wins over any that allows it. */
import { type Context, conditionsHold } from "./conditions.ts";
import { listOf, type Statement } from "./statement.ts";
import { fits } from "./wildcard.ts";

export type Principal =
	/** Whoever sent a request that nobody signed. */
	| { kind: "anyone" }
	/** An account, 12 digits, acting by its root. */
	| { kind: "account"; account: string }
	/** A service: `s3.amazonaws.com`. */
	| { kind: "service"; service: string };

export interface Asked {
	principal: Principal;
	/** `lambda:InvokeFunction`. */
	action: string;
	/** ARN. */
	resource: string;
	/** By condition key in lower case. */
	context: Context;
}

/** What a policy says: nothing is said where no statement is for it. */
export type Verdict = "allow" | "deny" | "nothing";

export function evaluate(statements: readonly Statement[], asked: Asked): Verdict {
	let verdict: Verdict = "nothing";
	for (const statement of statements) {
		if (!concerns(statement, asked)) continue;
		const holds = conditionsHold(statement.Condition ?? {}, asked.context);
		// A condition that cannot be judged opens nothing, and lifts no prohibition.
		if (statement.Effect === "Deny" && holds !== false) return "deny";
		if (statement.Effect === "Allow" && holds === true) verdict = "allow";
	}
	return verdict;
}

function concerns({ Principal, Action, Resource }: Statement, { principal, action, resource }: Asked): boolean {
	return (
		isMeant(Principal, principal) &&
		listOf(Action).some((it) => fits(action.toLowerCase(), it.toLowerCase())) &&
		listOf(Resource).some((it) => fits(resource, it))
	);
}

function isMeant(stated: Statement["Principal"], principal: Principal): boolean {
	if (stated === "*") return true;
	if (principal.kind === "service") return listOf(stated.Service ?? []).includes(principal.service);
	const names = listOf(stated.AWS ?? []);
	if (names.includes("*")) return true;
	if (principal.kind === "anyone") return false;
	const { account } = principal;
	return names.some((it) => it === account || it === `arn:aws:iam::${account}:root`);
}
