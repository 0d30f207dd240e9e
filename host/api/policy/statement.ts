/** Statements as AddPermission and its likes make them, member by member in the service's order. */

import type { Conditions, Statement } from "../../auth/policy/statement.ts";
import { ServiceError } from "../../errors.ts";

export interface Permission {
	sid: string;
	action: string;
	/** As the caller gave it. */
	principal: string;
	/** ARN of what it is for. */
	resource: string;
	conditions?: Conditions;
}

/** The statement. Throws InvalidParameterValueException for a principal that is none. */
export function statementOf({ sid, action, principal, resource, conditions = {} }: Permission): Statement {
	return {
		Sid: sid,
		Effect: "Allow",
		Principal: principalOf(principal),
		Action: action,
		Resource: resource,
		...(Object.keys(conditions).length > 0 ? { Condition: conditions } : {}),
	};
}

/** Names that services give themselves; the service knows its own list. */
const SERVICE = /^[a-z0-9][a-z0-9.-]*\.(?:amazonaws\.com(?:\.cn)?|amazon\.com|aws\.internal)$/;
const ACCOUNT = /^\d{12}$/;
const IDENTITY =
	/^arn:aws[a-z-]*:(?:iam::\d{12}:(?:root|(?:user|role)\/[\w+=,.@/-]{1,512})|sts::\d{12}:(?:assumed-role|federated-user)\/[\w+=,.@/-]{1,512})$/;

function principalOf(text: string): Statement["Principal"] {
	if (text === "*") return "*";
	if (ACCOUNT.test(text)) return { AWS: `arn:aws:iam::${text}:root` };
	if (IDENTITY.test(text)) return { AWS: text };
	if (SERVICE.test(text)) return { Service: text };
	throw new ServiceError(
		"InvalidParameterValueException",
		"The provided principal was invalid. Please check the principal and try again.",
	);
}

/** The conditions of which something was given; operators without any are left out. */
export function conditionsOf(given: Record<string, Record<string, string | undefined>>): Conditions {
	const filled = Object.entries(given).map(([operator, keys]) => {
		const values = Object.entries(keys).filter((it): it is [string, string] => it[1] !== undefined);
		return [operator, Object.fromEntries(values)] as const;
	});
	return Object.fromEntries(filled.filter(([, keys]) => Object.keys(keys).length > 0));
}
