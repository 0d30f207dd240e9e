import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestApi, type TestApi } from "../../test/support/api.ts";

const ARN = "arn:aws:lambda:us-east-1:000000000000:function:";
let api: TestApi;
beforeEach(async () => {
	api = await openTestApi();
	await api.create("f");
	await api.send("POST", "/2015-03-31/functions/f/versions", {});
	await api.send("POST", "/2015-03-31/functions/f/aliases", { Name: "live", FunctionVersion: "1" });
});
afterEach(async () => {
	expect(api.faults).toEqual([]);
	await api.close();
});

const path = (qualifier: string, name = "f") =>
	`/2019-09-30/functions/${name}/provisioned-concurrency?Qualifier=${encodeURIComponent(qualifier)}`;
async function call(method: string, qualifier: string, ProvisionedConcurrentExecutions?: number, name = "f") {
	const body = ProvisionedConcurrentExecutions === undefined ? undefined : { ProvisionedConcurrentExecutions };
	const response = await api.send(method, path(qualifier, name), body);
	const text = await response.text();
	return [response.status, text === "" ? null : JSON.parse(text)];
}
const list = async (query = "") =>
	(await api.send("GET", `/2019-09-30/functions/f/provisioned-concurrency?List=ALL${query}`)).json();
const counts = (requested: number, there: number) => ({
	RequestedProvisionedConcurrentExecutions: requested,
	AllocatedProvisionedConcurrentExecutions: there,
	AvailableProvisionedConcurrentExecutions: there,
});

describe("provisioned concurrency", () => {
	it("is in progress when it is asked for, ready when its instances are there, and gone when it is deleted", async () => {
		expect(await call("PUT", "1", 3)).toEqual([
			202,
			{ ...counts(3, 0), Status: "IN_PROGRESS", LastModified: expect.stringMatching(/\+0000$/) },
		]);
		await new Promise(setImmediate);
		expect(await call("GET", "1")).toMatchObject([200, { ...counts(3, 3), Status: "READY" }]);
		expect(await list()).toMatchObject({
			ProvisionedConcurrencyConfigs: [{ FunctionArn: `${ARN}f:1`, ...counts(3, 3) }],
		});
		expect(await call("DELETE", "1")).toEqual([204, null]);
		expect(await call("GET", "1")).toEqual([
			404,
			{ Type: "User", message: "No Provisioned Concurrency Config found for this function" },
		]);
		expect(await call("DELETE", "1")).toEqual([204, null]);
		expect(await list()).toEqual({ ProvisionedConcurrencyConfigs: [] });
	});

	it("is a version's or one alias's, not both", async () => {
		await call("PUT", "1", 1);
		expect(await call("PUT", "live", 1)).toMatchObject([
			409,
			{ message: "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version" },
		]);
		await call("DELETE", "1");
		expect((await call("PUT", "live", 1))[0]).toBe(202);
		expect(await call("PUT", "1", 1)).toMatchObject([
			409,
			{ message: "Version is pointed to by a Provisioned Concurrency alias" },
		]);
	});

	it.each([
		["GET", "$LATEST", "The function resource provided must be an alias or a published version."],
		["DELETE", "$LATEST", "The function resource provided must be an alias or a published version."],
		["PUT", "$LATEST", "Provisioned Concurrency Configs cannot be applied to unpublished function versions."],
	])("is refused to %s %s", async (method, qualifier, message) => {
		const reply = await call(method, qualifier, method === "PUT" ? 1 : undefined);
		expect(reply).toEqual([400, { Type: "User", message }]);
	});

	it("is refused to an alias of $LATEST", async () => {
		await api.send("POST", "/2015-03-31/functions/f/aliases", { Name: "newest", FunctionVersion: "$LATEST" });
		expect((await call("PUT", "newest", 1))[0]).toBe(400);
	});

	it("finds neither version nor alias nor function that are not there", async () => {
		for (const method of ["GET", "PUT", "DELETE"]) {
			const amount = method === "PUT" ? 1 : undefined;
			expect(await call(method, "10", amount)).toMatchObject([404, { Message: `Function not found: ${ARN}f:10` }]);
			expect(await call(method, "no", amount)).toMatchObject([404, { Message: `Cannot find alias arn: ${ARN}f:no` }]);
			expect((await call(method, "1", amount, "nope"))[0]).toBe(404);
		}
	});

	it("is at most what is reserved, and leaves 100 to the others", async () => {
		expect(await call("PUT", "1", 1001)).toEqual([
			400,
			{
				message: "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [1000].",
			},
		]);
		expect((await call("PUT", "1", 1000))[1].message).toMatch(/below its minimum value of \[100\]/);
		expect((await call("PUT", "1", 0))[0]).toBe(400);
		await api.send("PUT", "/2017-10-31/functions/f/concurrency", { ReservedConcurrentExecutions: 5 });
		expect((await call("PUT", "1", 6))[1].message).toBe(
			"Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
		);
		expect((await call("PUT", "1", 5))[0]).toBe(202);
		const lower = await api.send("PUT", "/2017-10-31/functions/f/concurrency", { ReservedConcurrentExecutions: 4 });
		expect([lower.status, await lower.json()]).toMatchObject([
			400,
			{ message: expect.stringContaining("should not be lower than function's total provisioned concurrency 5") },
		]);
	});

	it("has pages", async () => {
		await call("PUT", "live", 1);
		await api.send("PUT", "/2015-03-31/functions/f/configuration", { Timeout: 9 });
		await api.send("POST", "/2015-03-31/functions/f/versions", {});
		await call("PUT", "2", 1);
		const first = (await list("&MaxItems=1")) as { NextMarker: string };
		expect(first).toMatchObject({ ProvisionedConcurrencyConfigs: [{ FunctionArn: `${ARN}f:2` }] });
		expect(await list(`&Marker=${first.NextMarker}`)).toMatchObject({
			ProvisionedConcurrencyConfigs: [{ FunctionArn: `${ARN}f:live` }],
		});
	});
});
