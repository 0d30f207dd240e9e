/** A whole policy, as a caller writes it: read and checked, so that what is kept can be judged. */
import { unknownOperators } from "../../auth/policy/conditions.ts";
import { type Conditions, listOf, type Statement } from "../../auth/policy/statement.ts";
import { ServiceError } from "../../errors.ts";
import type { PolicyRecord } from "../../store/types.ts";

const VERSIONS = new Set(["2012-10-17", "2008-10-17"]);
const MEMBERS = new Set(["Version", "Id", "Statement"]);
const STATEMENT_MEMBERS = new Set(["Sid", "Effect", "Principal", "Action", "Resource", "Condition"]);
const SID = /^[a-zA-Z0-9-_]{1,100}$/;
const ACTION = /^(?:lambda:\*|lambda:[a-zA-Z*?]+|\*)$/;
const PRINCIPALS = new Set(["AWS", "Service"]);

/** Reads a policy for a resource. Throws InvalidParameterValueException that says what is wrong. */
export function readDocument(text: string, resource: string): Pick<PolicyRecord, "statements" | "header"> {
	const document = parse(text);
	for (const name of Object.keys(document)) if (!MEMBERS.has(name)) throw invalid(`there is no member ${name}`);
	const { Statement: given, ...header } = document;
	if (!VERSIONS.has(String(header.Version))) throw invalid("Version is 2012-10-17");
	if (header.Id !== undefined && typeof header.Id !== "string") throw invalid("Id is a text");
	if (given === undefined) throw invalid("it has no Statement");
	const statements = listOf(given).map((it) => readStatement(it, resource));
	if (statements.length === 0) throw invalid("it has no Statement");
	const ids = statements.flatMap(({ Sid }) => (Sid === undefined ? [] : [Sid]));
	if (new Set(ids).size < ids.length) throw invalid("two statements have one Sid");
	return { statements, header };
}

function parse(text: string): Record<string, unknown> {
	try {
		const value: unknown = JSON.parse(text);
		if (isObject(value)) return value;
	} catch {
		// Told below.
	}
	throw invalid("it is no JSON object");
}

function readStatement(value: unknown, resource: string): Statement {
	if (!isObject(value)) throw invalid("a statement is an object");
	for (const name of Object.keys(value))
		if (!STATEMENT_MEMBERS.has(name)) throw invalid(`a statement's member ${name} is not supported`);
	const { Sid, Effect, Principal, Action, Resource, Condition } = value;
	if (Sid !== undefined && !(typeof Sid === "string" && SID.test(Sid)))
		throw invalid("Sid is letters, digits, - and _");
	if (Effect !== "Allow" && Effect !== "Deny") throw invalid("Effect is Allow or Deny");
	checkPrincipal(Principal);
	for (const it of texts("Action", Action)) if (!ACTION.test(it)) throw invalid(`${it} is no action of lambda`);
	for (const it of texts("Resource", Resource))
		if (it !== "*" && it !== resource) throw invalid(`Resource is ${resource}`);
	checkCondition(Condition);
	return value as unknown as Statement;
}

function checkPrincipal(value: unknown): void {
	if (value === "*") return;
	if (!isObject(value) || Object.keys(value).length === 0) throw invalid('Principal is "*", or {"AWS"} or {"Service"}');
	for (const [kind, names] of Object.entries(value)) {
		if (!PRINCIPALS.has(kind)) throw invalid(`a principal of the kind ${kind} is not supported`);
		texts(`Principal.${kind}`, names);
	}
}

function checkCondition(value: unknown): void {
	if (value === undefined) return;
	if (!isObject(value)) throw invalid("Condition is an object");
	for (const keys of Object.values(value)) {
		if (!isObject(keys)) throw invalid("Condition has an object for each operator");
		for (const [key, values] of Object.entries(keys))
			for (const it of listOf(values))
				if (typeof it !== "string" && typeof it !== "boolean") throw invalid(`the value of ${key} is a text`);
	}
	const [unknown] = unknownOperators(value as Conditions);
	if (unknown !== undefined) throw invalid(`the condition operator ${unknown} is not supported`);
}

function texts(name: string, value: unknown): readonly string[] {
	const list = listOf(value);
	if (list.length === 0 || !list.every((it) => typeof it === "string")) throw invalid(`${name} is a text, or a list`);
	return list as readonly string[];
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(reason: string): ServiceError {
	return new ServiceError("InvalidParameterValueException", `The policy is not valid: ${reason}.`);
}
