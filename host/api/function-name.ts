/** Which function a caller means: names, partial ARNs and ARNs, with or without a qualifier. */
import type { Config } from "../config.ts";
import { ServiceError } from "../errors.ts";
import { functionArn } from "../invoker/arn.ts";
import { LATEST, versionOf } from "../invoker/qualifiers.ts";
import type { FunctionRecord, Store } from "../store/types.ts";

export interface FunctionName {
	name: string;
	/** As the caller gave it, in the name or beside it; null if not. */
	qualifier: string | null;
	/** The ARN, with the qualifier if there is one. */
	arn: string;
}

export { LATEST };

type Scope = Pick<Config, "region" | "account">;

/** The forms that the service model's pattern lets through, which was checked before. */
const FORMS =
	/^(?:arn:(?:aws[a-zA-Z-]*)?:lambda:)?(?:(?<region>(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?(?:(?<account>\d{12}):)?(?:function:)?(?<name>[a-zA-Z0-9-_.]+)(?::(?<qualifier>[a-zA-Z0-9-_$.]+))?$/;

/**
 * Reads a function's name with the `Qualifier` beside it. Throws ServiceError as Lambda does: for another region
 * ResourceNotFoundException, for another account AccessDeniedException, for two different qualifiers
 * InvalidParameterValueException.
 */
export function parseFunctionName(text: string, qualifier: string | undefined, scope: Scope): FunctionName {
	const { region, account, name, qualifier: derived } = FORMS.exec(text)!.groups!;
	if (region !== undefined && region !== scope.region)
		throw new ServiceError(
			"ResourceNotFoundException",
			`Functions from '${region}' are not reachable in this region ('${scope.region}')`,
		);
	// The service gives no message here.
	if (account !== undefined && account !== scope.account) throw new ServiceError("AccessDeniedException", "");
	if (derived !== undefined && qualifier !== undefined && derived !== qualifier)
		throw new ServiceError(
			"InvalidParameterValueException",
			"The derived qualifier from the function name does not match the specified qualifier.",
		);
	const chosen = derived ?? qualifier ?? null;
	return { name: name!, qualifier: chosen, arn: functionArn(scope, name!, chosen) };
}

/** The record of the version that a name means; of an alias, that of its first version. Throws ResourceNotFoundException. */
export async function findFunction(store: Store, wanted: FunctionName): Promise<FunctionRecord> {
	return (await findVersion(store, wanted)).record;
}

/** The same with the version's number, or `$LATEST`. */
export async function findVersion(
	store: Store,
	{ name, qualifier, arn }: FunctionName,
): Promise<{ record: FunctionRecord; version: string }> {
	const found = await versionOf(store, name, qualifier);
	if (found) return found;
	throw new ServiceError("ResourceNotFoundException", `Function not found: ${arn}`);
}
