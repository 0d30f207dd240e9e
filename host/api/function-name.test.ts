import { describe, expect, it } from "vitest";
import { parseFunctionName } from "./function-name.ts";
import { SHAPES } from "./model/schema.ts";

const scope = { region: "us-east-1", account: "000000000000" };
const ARN = "arn:aws:lambda:us-east-1:000000000000:function:";

describe("a function's name", () => {
	it.each<[text: string, qualifier: string | undefined, name: string, chosen: string | null]>([
		["fn", undefined, "fn", null],
		["fn:v1", undefined, "fn", "v1"],
		["fn", "v1", "fn", "v1"],
		["fn:v1", "v1", "fn", "v1"],
		["fn:$LATEST", undefined, "fn", "$LATEST"],
		["function:fn", undefined, "fn", null],
		["000000000000:function:fn", undefined, "fn", null],
		["000000000000:fn", undefined, "fn", null],
		["us-east-1:000000000000:function:fn:v1", undefined, "fn", "v1"],
		[`${ARN}fn`, undefined, "fn", null],
		[`${ARN}fn:7`, undefined, "fn", "7"],
		["123456789012", undefined, "123456789012", null],
		["us-east-1", undefined, "us-east-1", null],
		["function", undefined, "function", null],
		["a_b-C", undefined, "a_b-C", null],
	])("is read from %s and %s", (text, qualifier, name, chosen) => {
		const arn = `${ARN}${name}${chosen === null ? "" : `:${chosen}`}`;
		expect(parseFunctionName(text, qualifier, scope)).toEqual({ name, qualifier: chosen, arn });
	});

	it.each([
		["eu-west-1:000000000000:function:fn", "ResourceNotFoundException"],
		["arn:aws:lambda:us-gov-west-1:000000000000:function:fn", "ResourceNotFoundException"],
		["arn:aws:lambda:eusc-de-east-1:000000000000:function:fn", "ResourceNotFoundException"],
		["111111111111:function:fn", "AccessDeniedException"],
	])("is refused as %s: %s", (text, name) => {
		expect(() => parseFunctionName(text, undefined, scope)).toThrow(expect.objectContaining({ name }));
	});

	it("has one qualifier", () => {
		expect(() => parseFunctionName("fn:a", "b", scope)).toThrow(/derived qualifier/);
	});

	it("is read whenever the service's patterns take it", () => {
		const parts = ["arn:aws:lambda:", "us-east-1:", "000000000000:", "function:", "fn", ":v1", ":$LATEST", ".x"];
		const patterns = ["FunctionName", "NamespacedFunctionName", "FunctionUrlFunctionName"].map(
			(shape) => new RegExp(SHAPES[shape]!.pattern!, "u"),
		);
		let taken = 0;
		for (let bits = 0; bits < 1 << parts.length; bits++) {
			const text = parts.filter((_, n) => bits & (1 << n)).join("");
			if (!patterns.some((pattern) => pattern.test(text))) continue;
			taken++;
			expect(() => parseFunctionName(text, undefined, scope), text).not.toThrow(TypeError);
		}
		expect(taken).toBeGreaterThan(30);
	});
});
