import { describe, expect, it } from "vitest";
import { readInput } from "./input.ts";

const path = (values: Record<string, string>) => (name: string) => values[name];
const url = "http://localhost/x";
const json = (body: string | object, headers?: HeadersInit) =>
	new Request(url, { method: "PUT", body: typeof body === "string" ? body : JSON.stringify(body), headers });

describe("an operation's input", () => {
	it("comes from the path, the query and headers, as the model says", async () => {
		const request = new Request(`${url}?Qualifier=%24LATEST&Other=1`, {
			method: "POST",
			headers: { "x-amz-log-type": "Tail", "x-amz-invocation-type": "Event", "x-amz-other": "1" },
		});
		expect(await readInput("Invoke", request, path({ FunctionName: "f" }))).toEqual({
			FunctionName: "f",
			Qualifier: "$LATEST",
			LogType: "Tail",
			InvocationType: "Event",
		});
	});

	it("has numbers from the query, and what is none is refused", async () => {
		const list = (query: string) => readInput("ListFunctions", new Request(`${url}?${query}`), path({}));
		expect(await list("MaxItems=7")).toEqual({ MaxItems: 7 });
		for (const text of ["x", "", "1.5", "1e3", "99999999999999999999"])
			await expect(list(`MaxItems=${text}`), text).rejects.toMatchObject({ name: "SerializationException" });
		await expect(list("MaxItems=0")).rejects.toMatchObject({ name: "ValidationException" });
		await expect(list("MaxItems=-5")).rejects.toMatchObject({ name: "ValidationException" });
	});

	it("has lists from a query parameter that is repeated", async () => {
		const Resource = "arn:aws:lambda:us-east-1:000000000000:function:f";
		const request = new Request(`${url}?tagKeys=a&tagKeys=b`, { method: "DELETE" });
		expect(await readInput("UntagResource", request, path({ Resource }))).toEqual({ Resource, TagKeys: ["a", "b"] });
	});

	it("takes the path's name, not the body's", async () => {
		const input = await readInput(
			"UpdateFunctionConfiguration",
			json({ FunctionName: "other", Timeout: 5 }),
			path({ FunctionName: "f" }),
		);
		expect(input).toEqual({ FunctionName: "f", Timeout: 5 });
	});

	it("takes no body for an empty one", async () => {
		const request = new Request(url, { method: "PUT" });
		expect(await readInput("UpdateFunctionConfiguration", request, path({ FunctionName: "f" }))).toEqual({
			FunctionName: "f",
		});
	});

	it.each(["{", "nothing", "[]", "1", "null", '"x"', "\ufeff{}", "[".repeat(100_000)])(
		"does not take the body %.20s",
		async (body) => {
			const input = readInput("UpdateFunctionConfiguration", json(body), path({ FunctionName: "f" }));
			await expect(input).rejects.toMatchObject({ name: "SerializationException", status: 400 });
		},
	);

	it("does not take a body that is not UTF-8", async () => {
		const request = new Request(url, { method: "PUT", body: Uint8Array.of(0x7b, 0xff, 0x7d) });
		const input = readInput("UpdateFunctionConfiguration", request, path({ FunctionName: "f" }));
		await expect(input).rejects.toMatchObject({ name: "SerializationException" });
	});

	it("is refused over 1 MB, and over 70,167,211 bytes if it carries code", async () => {
		const large = json(" ".repeat(1024 * 1024 + 1));
		await expect(readInput("UpdateFunctionConfiguration", large, path({ FunctionName: "f" }))).rejects.toMatchObject({
			name: "RequestTooLargeException",
			status: 413,
			message: "Request must be smaller than 1048576 bytes for the UpdateFunctionConfiguration operation",
		});
		const declared = json("{}", { "content-length": "70167212" });
		await expect(readInput("CreateFunction", declared, path({}))).rejects.toMatchObject({
			name: "RequestTooLargeException",
			message: "Request must be smaller than 70167211 bytes for the CreateFunction operation",
		});
	});
});
