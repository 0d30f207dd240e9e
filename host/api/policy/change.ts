/** Changes of a policy's statements: each sees what the one before has left. */
import { randomUUID } from "node:crypto";
import type { Statement } from "../../auth/policy/statement.ts";
import { ServiceError } from "../../errors.ts";
import { AlreadyExists, Changed, type PolicyRecord, type Store, type Write } from "../../store/types.ts";

/** Largest policy of a resource, characters of its JSON (Lambda quotas: 20 KB). */
export const MAX_POLICY = 20_480;

/** Which policy is meant. */
export type PolicyPlace = Pick<PolicyRecord, "functionName" | "scope" | "qualifier">;

/** What a policy is for, as it is now. */
export interface Owner {
	/** Its revision, which callers may name instead of the policy's; null if it has none. */
	revisionId: string | null;
	/** The changes that make the policy's new revision its own as well. */
	revise(revisionId: string): Write[];
}

export interface PolicyChange {
	place: PolicyPlace;
	/** Read before each attempt. Throws ServiceError if there is no such thing. */
	owner(): Promise<Owner>;
	/** What the caller expects, if it says so. */
	revisionId: string | undefined;
	/** What the caller is told if it is another one. */
	stale(): ServiceError;
	/** The policy that is to be in the place of the one there is; null for none. Throws ServiceError. */
	edit(current: PolicyRecord | null): Pick<PolicyRecord, "statements" | "header"> | null;
}

/** Callers of so many changes at once are all served. */
const ATTEMPTS = 16;

/** Makes a change, and gives the policy that it led to. Throws ServiceError. */
export async function changePolicy(
	store: Pick<Store, "policies" | "together">,
	{ place, owner, revisionId, stale, edit }: PolicyChange,
): Promise<PolicyRecord | null> {
	for (let attempt = 1; ; attempt++) {
		const owned = await owner();
		const current = await store.policies.get(place.scope, place.qualifier);
		const edited = edit(current);
		if (revisionId !== undefined && revisionId !== current?.revisionId && revisionId !== owned.revisionId)
			throw stale();
		const next = edited && { ...place, ...edited, revisionId: randomUUID() };
		if (next) checkLength(next);
		try {
			await store.together([...writesOf(place, current, next), ...owned.revise(next?.revisionId ?? randomUUID())]);
			return next;
		} catch (error) {
			if (!(error instanceof Changed || error instanceof AlreadyExists)) throw error;
			if (attempt === ATTEMPTS) throw tooBusy();
		}
	}
}

function writesOf(place: PolicyPlace, current: PolicyRecord | null, next: PolicyRecord | null): Write[] {
	if (next === null) return [{ table: "policies", op: "delete", scope: place.scope, key: place.qualifier }];
	if (current === null) return [{ table: "policies", op: "create", record: next }];
	return [{ table: "policies", op: "update", record: next, expected: current.revisionId }];
}

function tooBusy(): ServiceError {
	return new ServiceError("TooManyRequestsException", "Rate Exceeded.", { Reason: "CallerRateLimitExceeded" });
}

function checkLength(record: Pick<PolicyRecord, "statements" | "header">): void {
	const { length } = documentOf(record);
	if (length > MAX_POLICY)
		throw new ServiceError(
			"PolicyLengthExceededException",
			`The final policy size (${length}) is bigger than the limit (${MAX_POLICY}).`,
		);
}

/** A policy as its JSON text. */
export function documentOf({ statements, header }: Pick<PolicyRecord, "statements" | "header">): string {
	return JSON.stringify({ ...(header ?? { Version: "2012-10-17", Id: "default" }), Statement: statements });
}

/** The statements with one more. Throws ResourceConflictException if its id is taken. */
export function withStatement(
	current: PolicyRecord | null,
	statement: Statement,
): Pick<PolicyRecord, "statements" | "header"> {
	const statements = current?.statements ?? [];
	if (statements.some(({ Sid }) => Sid === statement.Sid))
		throw new ServiceError(
			"ResourceConflictException",
			`The statement id (${statement.Sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
		);
	return { ...current, statements: [...statements, statement] };
}

/** The statements without one; null if there is none left. Throws ResourceNotFoundException. */
export function withoutStatement(
	current: PolicyRecord | null,
	sid: string,
): Pick<PolicyRecord, "statements" | "header"> | null {
	if (current === null)
		throw new ServiceError("ResourceNotFoundException", "No policy is associated with the given resource.");
	const statements = current.statements.filter(({ Sid }) => Sid !== sid);
	if (statements.length === current.statements.length)
		throw new ServiceError("ResourceNotFoundException", `Statement ${sid} is not found in resource policy.`);
	return statements.length === 0 ? null : { ...current, statements };
}
