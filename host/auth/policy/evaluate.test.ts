import { describe, expect, it } from "vitest";
import { type Asked, evaluate } from "./evaluate.ts";
import type { Statement } from "./statement.ts";

const ARN = "arn:aws:lambda:us-east-1:000000000000:function:fn";
const allow = (changes: Partial<Statement> = {}): Statement => ({
	Effect: "Allow",
	Principal: "*",
	Action: "lambda:InvokeFunction",
	Resource: ARN,
	...changes,
});
const deny = (changes: Partial<Statement> = {}): Statement => ({ ...allow(changes), Effect: "Deny" });
const ask = (changes: Partial<Asked> = {}): Asked => ({
	principal: { kind: "anyone" },
	action: "lambda:InvokeFunction",
	resource: ARN,
	context: {},
	...changes,
});
const ANYONE = ask();
const account = (it: string) => ask({ principal: { kind: "account", account: it } });
const service = (it: string, context: Asked["context"] = {}) =>
	ask({ principal: { kind: "service", service: it }, context });

describe("a policy", () => {
	it("says nothing where no statement is for what is asked", () => {
		expect(evaluate([], ANYONE)).toBe("nothing");
		expect(evaluate([allow()], ask({ action: "lambda:GetFunction" }))).toBe("nothing");
		expect(evaluate([allow()], ask({ resource: `${ARN}:1` }))).toBe("nothing");
		expect(evaluate([allow({ Resource: `${ARN}:1` })], ANYONE)).toBe("nothing");
	});

	it("denies, wherever the denial stands", () => {
		expect(evaluate([allow(), deny()], ANYONE)).toBe("deny");
		expect(evaluate([deny(), allow()], ANYONE)).toBe("deny");
		expect(evaluate([allow(), deny({ Principal: { AWS: "111111111111" } })], ANYONE)).toBe("allow");
	});

	it.each([
		["lambda:*", "allow"],
		["*", "allow"],
		["lambda:invokefunction", "allow"],
		["lambda:Invoke*", "allow"],
		["lambda:Get*", "nothing"],
		["lambda:InvokeFunctionUrl", "nothing"],
	])("with the action %s: %s", (Action, verdict) => {
		expect(evaluate([allow({ Action })], ANYONE)).toBe(verdict);
		expect(evaluate([allow({ Action: ["lambda:GetAlias", Action] })], ANYONE)).toBe(verdict);
	});

	it("is for whom it names", () => {
		const ours = { AWS: "arn:aws:iam::111111111111:root" };
		expect(evaluate([allow({ Principal: ours })], account("111111111111"))).toBe("allow");
		expect(evaluate([allow({ Principal: { AWS: ["x", "111111111111"] } })], account("111111111111"))).toBe("allow");
		expect(evaluate([allow({ Principal: ours })], account("222222222222"))).toBe("nothing");
		expect(evaluate([allow({ Principal: ours })], ANYONE)).toBe("nothing");
		expect(evaluate([allow({ Principal: { AWS: "*" } })], ANYONE)).toBe("allow");
		expect(evaluate([allow({ Principal: { Service: "s3.amazonaws.com" } })], service("s3.amazonaws.com"))).toBe(
			"allow",
		);
		expect(evaluate([allow({ Principal: { Service: "s3.amazonaws.com" } })], service("sns.amazonaws.com"))).toBe(
			"nothing",
		);
		expect(evaluate([allow({ Principal: { Service: "s3.amazonaws.com" } })], ANYONE)).toBe("nothing");
		expect(evaluate([allow({ Principal: { AWS: "*" } })], service("s3.amazonaws.com"))).toBe("nothing");
	});
});

describe("a condition", () => {
	const bucket = "arn:aws:s3:::photos";
	const verdict = (Condition: Statement["Condition"], context: Asked["context"]) =>
		evaluate([allow({ Condition })], ask({ context }));

	it.each([
		[{ StringEquals: { "AWS:SourceAccount": "1" } }, { "aws:sourceaccount": "1" }, "allow"],
		[{ StringEquals: { "aws:SourceAccount": ["2", "1"] } }, { "aws:sourceaccount": "1" }, "allow"],
		[{ StringEquals: { "AWS:SourceAccount": "1" } }, { "aws:sourceaccount": "2" }, "nothing"],
		[{ StringEquals: { "AWS:SourceAccount": "1" } }, {}, "nothing"],
		[{ StringEqualsIfExists: { "AWS:SourceAccount": "1" } }, {}, "allow"],
		[{ StringEqualsIfExists: { "AWS:SourceAccount": "1" } }, { "aws:sourceaccount": "2" }, "nothing"],
		[{ StringNotEquals: { "AWS:SourceAccount": "1" } }, {}, "allow"],
		[{ StringNotEquals: { "AWS:SourceAccount": ["1", "2"] } }, { "aws:sourceaccount": "2" }, "nothing"],
		[{ StringEqualsIgnoreCase: { k: "A" } }, { k: "a" }, "allow"],
		[{ StringLike: { k: "a*c?" } }, { k: "abbcd" }, "allow"],
		[{ StringNotLike: { k: "a*" } }, { k: "abc" }, "nothing"],
		[{ ArnLike: { "AWS:SourceArn": bucket } }, { "aws:sourcearn": bucket }, "allow"],
		[{ ArnLike: { "AWS:SourceArn": "arn:aws:s3:::ph*" } }, { "aws:sourcearn": bucket }, "allow"],
		[{ ArnLike: { "AWS:SourceArn": "arn:aws:*:photos" } }, { "aws:sourcearn": bucket }, "nothing"],
		[{ ArnEquals: { "AWS:SourceArn": "arn:aws:sns:::x" } }, { "aws:sourcearn": bucket }, "nothing"],
		[{ Bool: { "lambda:InvokedViaFunctionUrl": "true" } }, { "lambda:invokedviafunctionurl": "true" }, "allow"],
		[{ Bool: { "lambda:InvokedViaFunctionUrl": "true" } }, {}, "nothing"],
		[{ Null: { k: "true" } }, {}, "allow"],
		[{ Null: { k: "true" } }, { k: "1" }, "nothing"],
		[{ StringEquals: { a: "1" }, Bool: { b: "true" } }, { a: "1", b: "false" }, "nothing"],
	] as const)("%j with %j: %s", (condition, context, expected) => {
		expect(verdict(condition as Statement["Condition"], context)).toBe(expected);
	});

	it("that cannot be judged opens nothing, and lifts no denial", () => {
		const Condition = { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } };
		expect(evaluate([allow({ Condition })], ANYONE)).toBe("nothing");
		expect(evaluate([allow(), deny({ Condition })], ANYONE)).toBe("deny");
		expect(evaluate([allow({ Condition: { constructor: { k: "1" } } })], ANYONE)).toBe("nothing");
	});
});
