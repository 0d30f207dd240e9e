import { describe, expect, it } from "vitest";
import { functionArn, parseFunctionReference } from "./arn.ts";

const scope = { region: "eu-west-1", account: "123456789012" };

describe("function ARNs", () => {
	it("have a qualifier only if there is one", () => {
		expect(functionArn(scope, "f")).toBe("arn:aws:lambda:eu-west-1:123456789012:function:f");
		expect(functionArn(scope, "f", "$LATEST")).toBe("arn:aws:lambda:eu-west-1:123456789012:function:f:$LATEST");
	});

	it.each([
		["f", { name: "f", qualifier: null }],
		["Some-Name_1", { name: "Some-Name_1", qualifier: null }],
		["f:$LATEST", { name: "f", qualifier: "$LATEST" }],
		["f:live", { name: "f", qualifier: "live" }],
		["123456789012:function:f", { name: "f", qualifier: null }],
		["arn:aws:lambda:eu-west-1:123456789012:function:f", { name: "f", qualifier: null }],
		["arn:aws:lambda:eu-west-1:123456789012:function:f:7", { name: "f", qualifier: "7" }],
	])("%s is read", (text, reference) => {
		expect(parseFunctionReference(text, scope)).toEqual(reference);
	});

	it.each([
		"",
		"a b",
		"f:",
		"f:g:h",
		"x".repeat(65),
		"f\n",
		"arn:aws:lambda:us-east-1:123456789012:function:f",
		"arn:aws:lambda:eu-west-1:999999999999:function:f",
		"arn:aws:sqs:eu-west-1:123456789012:queue",
		"999999999999:function:f",
	])("%j names no function of this host", (text) => {
		expect(parseFunctionReference(text, scope)).toBeNull();
	});

	it("of any name read back as that name", () => {
		for (const name of ["f", "A-b_9", "z".repeat(64)]) {
			expect(parseFunctionReference(functionArn(scope, name, "q"), scope)).toEqual({ name, qualifier: "q" });
		}
	});
});
