import { describe, expect, it } from "vitest";
import { ServiceError } from "../errors.ts";
import type { ServedOperation } from "./model/served.ts";
import { validateInput } from "./validate.ts";

const ROLE = "arn:aws:iam::000000000000:role/r";
const FUNCTION = { FunctionName: "f", Role: ROLE, Code: {} };
const DESTINATION =
	"$|kafka://([^.]([a-zA-Z0-9\\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)";

function refusal(operation: ServedOperation, input: Record<string, unknown>): ServiceError {
	try {
		validateInput(operation, input);
	} catch (error) {
		if (error instanceof ServiceError) return error;
		throw error;
	}
	throw new Error("it was taken");
}

describe("constraints, in the service's words", () => {
	// These texts were recorded from the service.
	it.each<[string, ServedOperation, Record<string, unknown>, string]>([
		[
			"a pattern",
			"CreateFunction",
			{ ...FUNCTION, Role: "r1" },
			"Value 'r1' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+",
		],
		[
			"a name's pattern",
			"CreateFunction",
			{ ...FUNCTION, FunctionName: "invalid:function:name" },
			"Value 'invalid:function:name' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?",
		],
		[
			"a length of a list",
			"CreateFunction",
			{ ...FUNCTION, Architectures: ["x86_64", "arm64"] },
			"Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: Member must have length less than or equal to 1",
		],
		[
			"an element of a list",
			"CreateFunction",
			{ ...FUNCTION, Architectures: ["X86_64"] },
			"Value '[X86_64]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
		],
		[
			"an element of a list with a pattern",
			"CreateFunction",
			{ ...FUNCTION, VpcConfig: { SecurityGroupIds: ["nope"] } },
			"Value '[nope]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: sg-[0-9a-zA-Z]*]",
		],
		[
			"an element of a list that may not be empty",
			"CreateFunction",
			{ ...FUNCTION, Layers: ["arn:aws:lambda:us-east-1:000000000000:layer:no-version"] },
			"Value '[arn:aws:lambda:us-east-1:000000000000:layer:no-version]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 2048, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+), Member must not be null]",
		],
		[
			"a qualifier",
			"GetFunctionUrlConfig",
			{ FunctionName: "f", Qualifier: "1" },
			"Value '1' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)",
		],
		[
			"a member of a member",
			"PutFunctionEventInvokeConfig",
			{ FunctionName: "f", DestinationConfig: { OnFailure: { Destination: "arn:aws:_-/!lambda:x" } } },
			`Value 'arn:aws:_-/!lambda:x' at 'destinationConfig.onFailure.destination' failed to satisfy constraint: Member must satisfy regular expression pattern: ${DESTINATION}`,
		],
		[
			"a missing member",
			"UntagResource",
			{ Resource: "arn:aws:lambda:us-east-1:000000000000:function:f" },
			"Value null at 'tagKeys' failed to satisfy constraint: Member must not be null",
		],
	])("%s", (_, operation, input, text) => {
		const error = refusal(operation, input);
		expect(error.name).toBe("ValidationException");
		expect(error.message).toBe(`1 validation error detected: ${text}`);
	});

	it.each<[string, Record<string, unknown>, string]>([
		[
			"the least",
			{ Timeout: 0 },
			"'0' at 'timeout' failed to satisfy constraint: Member must have value greater than or equal to 1",
		],
		[
			"the most",
			{ Timeout: 901 },
			"'901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900",
		],
		[
			"memory",
			{ MemorySize: 127 },
			"'127' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128",
		],
		[
			"an enum",
			{ TracingConfig: { Mode: "On" } },
			"'On' at 'tracingConfig.mode' failed to satisfy constraint: Member must satisfy enum value set: [Active, PassThrough]",
		],
		["a text too long", { Description: "x".repeat(257) }, "Member must have length less than or equal to 256"],
		["a nested range", { EphemeralStorage: { Size: 511 } }, "'511' at 'ephemeralStorage.size' failed"],
		[
			"a nested missing member",
			{ EphemeralStorage: {} },
			"Value null at 'ephemeralStorage.size' failed to satisfy constraint: Member must not be null",
		],
		[
			"a structure in a list",
			{ FileSystemConfigs: [{ Arn: "x", LocalMountPath: "/mnt/a" }] },
			"'x' at 'fileSystemConfigs.1.member.arn' failed",
		],
		[
			"fuel",
			{ FuelLimit: 0 },
			"'0' at 'fuelLimit' failed to satisfy constraint: Member must have value greater than or equal to 1",
		],
	])("%s", (_, members, text) => {
		expect(refusal("UpdateFunctionConfiguration", { FunctionName: "f", ...members }).message).toContain(text);
	});

	it("all that failed, in one error", () => {
		const { message } = refusal("CreateFunction", { FunctionName: "", Timeout: 0, Code: {} });
		expect(message).toMatch(/^4 validation errors detected: /);
		for (const member of ["functionName", "timeout", "role"]) expect(message).toContain(`at '${member}'`);
		expect(message.split("; ")).toHaveLength(4);
	});

	it("of many elements of one list, once", () => {
		const { message } = refusal("UntagResource", {
			Resource: "arn:aws:lambda:us-east-1:000000000000:function:f",
			TagKeys: ["a\u0000", "b\u0000", "c"],
		});
		expect(message).toContain("1 validation error detected: Value '[a\u0000, b\u0000, c]' at 'tagKeys'");
	});

	it("of a map's keys and values", () => {
		const resource = "arn:aws:lambda:us-east-1:000000000000:function:f";
		const { message } = refusal("TagResource", { Resource: resource, Tags: { "a\u0000": "v", b: "x".repeat(257) } });
		expect(message).toContain("at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [");
		expect(message).toContain("at 'tags' failed to satisfy constraint: Map value must satisfy constraint: [");
	});

	it("without a value that is sensitive", () => {
		const { message } = refusal("UpdateFunctionConfiguration", {
			FunctionName: "f",
			Environment: { Variables: { "0bad": "my secret" } },
		});
		expect(message).toBe(
			"1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]",
		);
	});

	it("without repeating a huge value", () => {
		const { message } = refusal("UpdateFunctionConfiguration", { FunctionName: "f", Description: "x".repeat(1e6) });
		expect(message.length).toBeLessThan(1500);
	});
});

describe("types", () => {
	it.each<[Record<string, unknown>, string]>([
		[{ Timeout: "3" }, "STRING_VALUE can not be converted to an Integer"],
		[{ Timeout: 1.5 }, "NUMBER_VALUE can not be converted to an Integer"],
		[{ Timeout: true }, "TRUE_VALUE can not be converted to an Integer"],
		[{ Timeout: Number.POSITIVE_INFINITY }, "NUMBER_VALUE can not be converted to an Integer"],
		[{ Description: 1 }, "NUMBER_VALUE can not be converted to a String"],
		[{ Description: ["x"] }, "Start of list found where not expected"],
		[{ Description: {} }, "Start of structure or map found where not expected."],
		[{ Layers: "x" }, "Expected list or null"],
		[{ Environment: "x" }, "Expected structure or map, or null"],
		[{ Environment: { Variables: { AB: 1 } } }, "NUMBER_VALUE can not be converted to a String"],
		[{ FuelLimit: "1" }, "STRING_VALUE can not be converted to an Integer"],
	])("%j is refused", (members, message) => {
		const error = refusal("UpdateFunctionConfiguration", { FunctionName: "f", ...members });
		expect(error).toMatchObject({ name: "SerializationException", status: 400, message });
	});

	it("base64 becomes bytes, in place", () => {
		const input = { ...FUNCTION, Code: { ZipFile: "AGFzbQ==" as string | Uint8Array } };
		validateInput("CreateFunction", input);
		expect(input.Code.ZipFile).toEqual(Uint8Array.of(0, 0x61, 0x73, 0x6d));
	});

	it("what is no base64 is refused", () => {
		const error = refusal("CreateFunction", { ...FUNCTION, Code: { ZipFile: "not base64!" } });
		expect(error).toMatchObject({ name: "SerializationException", message: "A blob is not valid base64." });
	});

	it("null is the same as nothing, but to a required member and to the fuel limit", () => {
		const input: Record<string, unknown> = {
			FunctionName: "f",
			Timeout: null,
			Environment: { Variables: null },
			FuelLimit: null,
		};
		validateInput("UpdateFunctionConfiguration", input);
		expect(input).toEqual({ FunctionName: "f", Environment: {}, FuelLimit: null });
		expect(refusal("CreateFunction", { ...FUNCTION, Role: null }).message).toContain("Value null at 'role'");
	});

	it("null in a list or a map breaks its constraint", () => {
		expect(refusal("CreateFunction", { ...FUNCTION, Architectures: [null] }).message).toContain(
			"at 'architectures' failed to satisfy constraint: Member must satisfy constraint",
		);
		expect(refusal("CreateFunction", { ...FUNCTION, Tags: { a: null } }).message).toContain("at 'tags' failed");
	});

	it("members that nobody knows are passed over, however deep they are", () => {
		const deep = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`) as unknown;
		const input = { FunctionName: "f", Unknown: deep, Environment: { Unknown: deep } };
		expect(() => validateInput("UpdateFunctionConfiguration", input)).not.toThrow();
	});
});
