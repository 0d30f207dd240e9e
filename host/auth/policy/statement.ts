/** A statement of a resource's policy, as IAM writes it. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */

/** By operator (`StringEquals`), then by key (`AWS:SourceAccount`), the values of which one must fit. */
export type Conditions = Record<string, Record<string, string | readonly string[]>>;

export interface Statement {
	Sid?: string;
	Effect: "Allow" | "Deny";
	/** Everybody, or by kind: `AWS` (accounts and what is in them), `Service`. */
	Principal: "*" | Record<string, string | readonly string[]>;
	Action: string | readonly string[];
	Resource: string | readonly string[];
	Condition?: Conditions;
}

/** One value or several, as a list. */
export function listOf<T>(value: T | readonly T[]): readonly T[] {
	return Array.isArray(value) ? value : [value as T];
}
