import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestApi, type TestApi } from "../../test/support/api.ts";

const ARN = "arn:aws:lambda:us-east-1:000000000000:function:one";
const RUNTIME = "/2021-07-20/functions/one/runtime-management-config";
const SCALING = "/2025-11-30/functions/one/function-scaling-config";

let api: TestApi;
beforeEach(async () => {
	api = await openTestApi();
	await api.create("one");
	const record = (await api.store.functions.get("one"))!;
	await api.store.versions.create({ ...record, version: "1" });
	await api.store.functions.update({ ...record, lastVersion: 1 }, record.revisionId);
});
afterEach(async () => {
	expect(api.faults).toEqual([]);
	await api.close();
});

async function json(method: string, path: string, body?: object): Promise<[number, unknown]> {
	const response = await api.send(method, path, body);
	return [response.status, JSON.parse(await response.text())];
}

const put = (body: object, path = RUNTIME) => json("PUT", path, body);
const refused = (message: string) => [400, { Type: "User", message }];
const missing = (arn: string) => [404, { Type: "User", Message: `Function not found: ${arn}` }];

describe("a runtime management config", () => {
	async function runtimeHere(): Promise<string> {
		const [, reply] = await json("GET", "/2015-03-31/functions/one/configuration");
		return (reply as { RuntimeVersionConfig: { RuntimeVersionArn: string } }).RuntimeVersionConfig.RuntimeVersionArn;
	}

	it("is automatic unless it is set, and kept for each version", async () => {
		expect(await json("GET", RUNTIME)).toEqual([200, { UpdateRuntimeOn: "Auto", FunctionArn: ARN }]);
		const manual = { UpdateRuntimeOn: "Manual", RuntimeVersionArn: await runtimeHere() };
		expect(await put(manual, `${RUNTIME}?Qualifier=1`)).toEqual([200, { ...manual, FunctionArn: `${ARN}:1` }]);
		expect(await json("GET", `${RUNTIME}?Qualifier=1`)).toEqual([200, { ...manual, FunctionArn: `${ARN}:1` }]);
		expect(await json("GET", RUNTIME)).toEqual([200, { UpdateRuntimeOn: "Auto", FunctionArn: ARN }]);
		const update = { UpdateRuntimeOn: "FunctionUpdate" };
		expect(await put(update, `${RUNTIME}?Qualifier=1`)).toEqual([200, { ...update, FunctionArn: `${ARN}:1` }]);
		expect(await put(update)).toEqual([200, { ...update, FunctionArn: ARN }]);
		expect((await json("GET", `${RUNTIME}?Qualifier=$LATEST`))[1]).toEqual({
			...update,
			FunctionArn: `${ARN}:$LATEST`,
		});
	});

	it("does not take a runtime version that is not here, or one too many", async () => {
		const other = "arn:aws:lambda:us-east-1::runtime:0123";
		expect(await put({ UpdateRuntimeOn: "Manual" })).toEqual(
			refused("RuntimeVersionArn is required when UpdateRuntimeOn is Manual."),
		);
		expect(await put({ UpdateRuntimeOn: "Auto", RuntimeVersionArn: other })).toEqual(
			refused("RuntimeVersionArn can be given only when UpdateRuntimeOn is Manual."),
		);
		expect(await put({ UpdateRuntimeOn: "Manual", RuntimeVersionArn: other })).toEqual(
			refused(`The runtime version ${other} is not on this host. The one that is: ${await runtimeHere()}`),
		);
		expect((await put({ UpdateRuntimeOn: "Never" }))[0]).toBe(400);
	});

	it("is of a version that is there", async () => {
		expect(await json("GET", `${RUNTIME}?Qualifier=2`)).toEqual(missing(`${ARN}:2`));
		expect(await put({ UpdateRuntimeOn: "Auto" }, `${RUNTIME}?Qualifier=2`)).toEqual(missing(`${ARN}:2`));
		expect(await json("GET", RUNTIME.replace("one", "nope"))).toEqual(missing(ARN.replace("one", "nope")));
		expect(await json("GET", `${RUNTIME}?Qualifier=live`)).toEqual(
			refused("An alias has no settings of its own. Please name a version."),
		);
	});
});

describe("a scaling config", () => {
	const config = (min: number, max: number) => ({
		FunctionScalingConfig: { MinExecutionEnvironments: min, MaxExecutionEnvironments: max },
	});

	it("is kept for a published version, shown as requested, and taken away by none", async () => {
		const path = `${SCALING}?Qualifier=1`;
		expect(await json("GET", path)).toEqual([200, { FunctionArn: `${ARN}:1` }]);
		expect(await put(config(0, 15_000), path)).toEqual([202, { FunctionState: "Active" }]);
		const requested = { RequestedFunctionScalingConfig: config(0, 15_000).FunctionScalingConfig };
		expect(await json("GET", path)).toEqual([200, { FunctionArn: `${ARN}:1`, ...requested }]);
		await put({ UpdateRuntimeOn: "FunctionUpdate" }, `${RUNTIME}?Qualifier=1`);
		expect((await json("GET", path))[1]).toMatchObject(requested);
		await put({}, path);
		expect(await json("GET", path)).toEqual([200, { FunctionArn: `${ARN}:1` }]);
		expect((await json("GET", `${RUNTIME}?Qualifier=1`))[1]).toMatchObject({ UpdateRuntimeOn: "FunctionUpdate" });
	});

	it("may be for the latest published version, whichever that is", async () => {
		const path = `${SCALING}?Qualifier=$LATEST.PUBLISHED`;
		expect((await put(config(1, 2), path))[0]).toBe(202);
		expect(await json("GET", path)).toEqual([
			200,
			{ FunctionArn: ARN, RequestedFunctionScalingConfig: config(1, 2).FunctionScalingConfig },
		]);
		await api.create("two");
		expect((await put(config(1, 2), path.replace("one", "two")))[0]).toBe(404);
	});

	it("is not of a version that is not there, of $LATEST, or with less at most than at least", async () => {
		expect(await put(config(1, 2), `${SCALING}?Qualifier=2`)).toEqual(missing(`${ARN}:2`));
		expect((await put(config(1, 2), `${SCALING}?Qualifier=$LATEST`))[0]).toBe(400);
		expect((await put(config(1, 2), SCALING))[0]).toBe(400);
		expect(await put(config(3, 2), `${SCALING}?Qualifier=1`)).toEqual(
			refused("MinExecutionEnvironments must be less than or equal to MaxExecutionEnvironments."),
		);
		expect((await put(config(1, 15_001), `${SCALING}?Qualifier=1`))[0]).toBe(400);
	});
});

describe("what an account has", () => {
	it("is less what is kept for functions", async () => {
		const limit = async () =>
			((await json("GET", "/2016-08-19/account-settings"))[1] as { AccountLimit: Record<string, number> }).AccountLimit;
		const { ConcurrentExecutions } = await limit();
		expect((await limit()).UnreservedConcurrentExecutions).toBe(ConcurrentExecutions);
		await api.create("two");
		await api.store.settings.put({ functionName: "one", reservedConcurrency: 7 });
		await api.store.settings.put({ functionName: "two", recursiveLoop: "Allow" });
		expect((await limit()).UnreservedConcurrentExecutions).toBe(ConcurrentExecutions! - 7);
	});
});

describe("tags that are not the caller's to set", () => {
	it("are refused with a new function and later", async () => {
		const path = `/2017-03-31/tags/${encodeURIComponent(ARN)}`;
		const refusal = refused("aws: prefixed tag key names are not allowed for external use.");
		expect(await json("POST", path, { Tags: { "aws:x": "y" } })).toEqual(refusal);
		expect((await json("GET", path))[1]).toEqual({ Tags: {} });
		await expect(api.create("two", { Tags: { "AWS:x": "y" } })).rejects.toThrow("aws: prefixed");
	});

	it("a code signing config has tags", async () => {
		const id = "csc-0123456789abcdef0";
		const path = `/2017-03-31/tags/${encodeURIComponent(ARN.replace("function:one", `code-signing-config:${id}`))}`;
		const [status, reply] = await json("GET", path);
		expect([status, reply]).toEqual([
			404,
			{ Type: "User", Message: expect.stringContaining("Code signing config not found") },
		]);
		await api.store.codeSigningConfigs.create({
			id,
			description: "",
			publishers: [],
			untrusted: "Warn",
			lastModified: "",
			tags: { a: "b" },
		});
		expect((await api.send("POST", path, { Tags: { c: "d" } })).status).toBe(204);
		expect((await api.send("DELETE", `${path}?tagKeys=a`)).status).toBe(204);
		expect((await json("GET", path))[1]).toEqual({ Tags: { c: "d" } });
	});
});
