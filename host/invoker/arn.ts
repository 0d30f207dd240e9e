/** Names of functions as AWS writes them: `arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]`. */
import type { Config } from "../config.ts";

export type ArnScope = Pick<Config, "region" | "account">;

export interface FunctionReference {
	name: string;
	qualifier: string | null;
}

/** The ARN of a function, with the qualifier only if there is one. */
export function functionArn(scope: ArnScope, name: string, qualifier?: string | null): string {
	const arn = `arn:aws:lambda:${scope.region}:${scope.account}:function:${name}`;
	return qualifier ? `${arn}:${qualifier}` : arn;
}

/** Where a function is: it was made there, or it is the host's own. */
export function scopeOf(record: Partial<ArnScope>, host: ArnScope): ArnScope {
	return { region: record.region ?? host.region, account: record.account ?? host.account };
}

const NAME = "[a-zA-Z0-9-_]{1,64}";
const QUALIFIER = "\\$LATEST|[a-zA-Z0-9-_]{1,128}";
// A partial ARN (`ACCOUNT:function:NAME`) is one of the three forms that Invoke takes (API reference, FunctionName).
const REFERENCE = new RegExp(
	`^(?:(?:arn:aws:lambda:([a-z0-9-]+):)?([0-9]{12}):function:)?(${NAME})(?::(${QUALIFIER}))?$`,
);

/** Reads a name, a partial ARN or an ARN; null if it is none, or names a function of another region or account. */
export function parseFunctionReference(text: string, scope: ArnScope): FunctionReference | null {
	const match = REFERENCE.exec(text);
	if (!match) return null;
	const [, region, account, name, qualifier] = match;
	if (region !== undefined && region !== scope.region) return null;
	if (account !== undefined && account !== scope.account) return null;
	return { name: name!, qualifier: qualifier ?? null };
}
