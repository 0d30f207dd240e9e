/** Who may invoke a function, by its policies. */
import type { FunctionUrlRecord, Lookups } from "../store/types.ts";
import type { Context } from "./policy/conditions.ts";
import { evaluate, type Principal, type Verdict } from "./policy/evaluate.ts";

export interface AskedInvocation {
	functionName: string;
	/** A version or an alias; null is the function itself. Each has a policy of its own. */
	qualifier: string | null;
	principal: Principal;
	action: "lambda:InvokeFunction" | "lambda:InvokeFunctionUrl";
	/** By condition key in lower case. */
	context: Context;
}

type Policies = Pick<Lookups, "policies">;

/** What the policy of a function, a version or an alias says. */
export async function verdictOn(store: Policies, asked: AskedInvocation): Promise<Verdict> {
	const policy = await store.policies.get(asked.functionName, asked.qualifier ?? "");
	if (!policy) return "nothing";
	// A policy is about what it is attached to, in whichever region it was written.
	const statements = policy.statements.map((it) => ({ ...it, Resource: "*" }));
	return evaluate(statements, { ...asked, resource: "" });
}

/** Where an event comes from. */
export interface Source {
	/** ARN of the bucket, the rule, the topic. */
	arn?: string;
	account?: string;
}

/** Whether a service may invoke a function for what happened at a source: only if its policy says so. */
export async function mayInvoke(
	store: Policies,
	functionName: string,
	qualifier: string | null,
	principal: Principal,
	action: AskedInvocation["action"],
	source: Source = {},
): Promise<boolean> {
	const context = { "aws:sourcearn": source.arn, "aws:sourceaccount": source.account };
	return (await verdictOn(store, { functionName, qualifier, principal, action, context })) === "allow";
}

/**
 * Whether a function URL may be called by somebody. Since October 2025 it takes both permissions. An account may do with its own
 * functions what no statement denies. https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */
export async function mayCallUrl(
	store: Policies,
	{ functionName, qualifier, authType }: FunctionUrlRecord,
	owner: string,
	principal: Principal,
): Promise<boolean> {
	const isOwner = principal.kind === "account" && principal.account === owner;
	const context = { "lambda:functionurlauthtype": authType, "lambda:invokedviafunctionurl": "true" };
	for (const action of ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"] as const) {
		const verdict = await verdictOn(store, { functionName, qualifier, principal, action, context });
		if (verdict === "deny" || (verdict === "nothing" && !isOwner)) return false;
	}
	return true;
}
