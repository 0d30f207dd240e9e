import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestApi, type TestApi } from "../../test/support/api.ts";

const ARN = "arn:aws:lambda:us-east-1:000000000000:function:";
const PATH = "/2019-09-25/functions/one/event-invoke-config";

let api: TestApi;
beforeEach(async () => {
	api = await openTestApi();
	await api.create("one");
	await api.create("two");
	api.invoker.dropped.length = 0;
});
afterEach(async () => {
	expect(api.faults).toEqual([]);
	await api.close();
});

// biome-ignore lint/suspicious/noExplicitAny: replies are looked at by their members.
async function json(method: string, path: string, body?: object): Promise<[number, any]> {
	const response = await api.send(method, path, body);
	const text = await response.text();
	return [response.status, text === "" ? null : JSON.parse(text)];
}

const put = (body: object, path = PATH) => json("PUT", path, body);
const NONE = { OnSuccess: {}, OnFailure: {} };
const missing = (arn: string) => ({ Type: "User", Message: `The function ${arn} doesn't have an EventInvokeConfig` });

describe("an event invoke config", () => {
	it("is kept as it is put, and the invoker is told", async () => {
		const [status, body] = await put({
			MaximumRetryAttempts: 0,
			MaximumEventAgeInSeconds: 21_600,
			DestinationConfig: { OnFailure: { Destination: `${ARN}two` } },
		});
		expect(status).toBe(200);
		expect(body).toEqual({
			DestinationConfig: { OnSuccess: {}, OnFailure: { Destination: `${ARN}two` } },
			FunctionArn: `${ARN}one:$LATEST`,
			LastModified: expect.any(Number),
			MaximumEventAgeInSeconds: 21_600,
			MaximumRetryAttempts: 0,
		});
		expect(await json("GET", PATH)).toEqual([200, body]);
		expect(await json("GET", `${PATH}/list`)).toEqual([200, { FunctionEventInvokeConfigs: [body] }]);
		expect(api.invoker.dropped).toEqual(["one"]);
		expect(await api.store.eventInvoke.get("one", "$LATEST")).toMatchObject({
			functionName: "one",
			maximumRetryAttempts: 0,
			maximumEventAgeSeconds: 21_600,
			onSuccess: null,
			onFailure: `${ARN}two`,
		});
	});

	it("replaces the one before, and leaves out what was not given", async () => {
		await put({ MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 });
		const [, body] = await put({ MaximumRetryAttempts: 0 });
		expect(body).toMatchObject({ MaximumRetryAttempts: 0, DestinationConfig: NONE });
		expect(body).not.toHaveProperty("MaximumEventAgeInSeconds");
	});

	it("is changed member by member", async () => {
		await put({ MaximumRetryAttempts: 2, DestinationConfig: { OnSuccess: { Destination: `${ARN}two` } } });
		const [status, body] = await json("POST", PATH, { MaximumRetryAttempts: 1, DestinationConfig: { OnFailure: {} } });
		expect(status).toBe(200);
		expect(body).toMatchObject({
			MaximumRetryAttempts: 1,
			DestinationConfig: { OnSuccess: { Destination: `${ARN}two` }, OnFailure: {} },
		});
		const [, cleared] = await json("POST", PATH, { DestinationConfig: { OnSuccess: { Destination: "" } } });
		expect(cleared.DestinationConfig).toEqual(NONE);
	});

	it("is gone when it is deleted, or its function is", async () => {
		await put({ MaximumRetryAttempts: 1 });
		expect(await json("DELETE", PATH)).toEqual([204, null]);
		expect(api.invoker.dropped).toEqual(["one", "one"]);
		expect(await json("DELETE", PATH)).toEqual([404, missing(`${ARN}one:$LATEST`)]);
		expect(await json("GET", `${PATH}/list`)).toEqual([200, { FunctionEventInvokeConfigs: [] }]);
		await put({ MaximumRetryAttempts: 1 });
		await api.send("DELETE", "/2015-03-31/functions/one");
		expect(await json("GET", PATH)).toEqual([404, missing(`${ARN}one:$LATEST`)]);
	});

	it.each([
		["GET", PATH, `${ARN}one:$LATEST`],
		["GET", PATH.replace("one", "nope"), `${ARN}nope:$LATEST`],
		["GET", `${PATH}?Qualifier=1221`, `${ARN}one:1221`],
		["GET", PATH.replace("one", "one:alias"), `${ARN}one:alias`],
		["POST", PATH, `${ARN}one:$LATEST`],
	])("that is not there is not found by %s %s", async (method, path, arn) => {
		const body = method === "POST" ? { MaximumRetryAttempts: 1 } : undefined;
		expect(await json(method, path, body)).toEqual([404, missing(arn)]);
	});

	it.each([["nope"], ["one:alias"], ["one:1"]])("cannot be put on %s", async (name) => {
		const reply = [404, { Type: "User", Message: "The function doesn't exist." }];
		expect(await put({ MaximumRetryAttempts: 1 }, PATH.replace("one", name))).toEqual(reply);
		expect(await json("POST", PATH.replace("one", name), { MaximumRetryAttempts: 1 })).toEqual(reply);
	});

	it.each<[string, object, string]>([
		["nothing", {}, "You must specify at least one of error handling or destination setting."],
		[
			"itself",
			{ OnSuccess: { Destination: `${ARN}one` } },
			"You can't specify the function as a destination for itself.",
		],
		[
			"itself by a qualifier",
			{ OnFailure: { Destination: `${ARN}one:$LATEST` } },
			"You can't specify the function as a destination for itself.",
		],
		[
			"a function that is not there",
			{ OnSuccess: { Destination: `${ARN}doesnotexist` } },
			`The destination ARN ${ARN}doesnotexist is invalid.`,
		],
		[
			"a function of another region",
			{ OnSuccess: { Destination: "arn:aws:lambda:eu-west-1:000000000000:function:two" } },
			"The destination ARN arn:aws:lambda:eu-west-1:000000000000:function:two is invalid.",
		],
		[
			"another service",
			{ OnSuccess: { Destination: "arn:aws:iam:us-east-1:000000000000:function:two" } },
			"The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:iam:us-east-1:000000000000:function:two), onFailure=null) is invalid.",
		],
		[
			"a bucket for its successes",
			{ OnSuccess: { Destination: "arn:aws:s3:::bucket" } },
			"The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:s3:::bucket), onFailure=null) is invalid.",
		],
		[
			"a version that is not there",
			{ OnFailure: { Destination: `${ARN}two:7` } },
			`The destination ARN ${ARN}two:7 is invalid.`,
		],
	])("cannot have %s", async (_, destinations, message) => {
		const body = Object.keys(destinations).length === 0 ? {} : { DestinationConfig: destinations };
		expect(await put(body)).toEqual([400, { Type: "User", message }]);
		expect(await api.store.eventInvoke.get("one", "$LATEST")).toBeNull();
	});

	it.each([
		["OnSuccess", "arn:aws:sqs:us-east-1:000000000000:q"],
		["OnSuccess", "arn:aws:events:us-east-1:000000000000:event-bus/b"],
		["OnFailure", "arn:aws:sns:us-east-1:000000000000:t"],
		["OnFailure", "arn:aws:s3:::bucket"],
	])("may have as %s %s", async (which, Destination) => {
		const [status, body] = await put({ DestinationConfig: { [which]: { Destination } } });
		expect([status, body.DestinationConfig]).toEqual([200, { ...NONE, [which]: { Destination } }]);
	});

	it("is one a qualifier, and they are listed in order, in pages", async () => {
		const { aliases, versions, functions } = api.store;
		const record = (await functions.get("one"))!;
		for (const version of ["2", "10"]) await versions.create({ ...record, version });
		await aliases.create({
			functionName: "one",
			name: "a",
			version: "2",
			description: "",
			weights: {},
			revisionId: "1",
		});
		for (const [index, name] of ["one:a", "one:10", "one:2", "one"].entries())
			expect((await put({ MaximumEventAgeInSeconds: 60 + index }, PATH.replace("one", name)))[0]).toBe(200);
		expect(await json("GET", `${PATH}?Qualifier=10`)).toMatchObject([200, { FunctionArn: `${ARN}one:10` }]);
		const [, first] = await json("GET", `${PATH}/list?MaxItems=3`);
		const arns = (reply: typeof first) =>
			reply.FunctionEventInvokeConfigs.map((it: { FunctionArn: string }) => it.FunctionArn);
		expect(arns(first)).toEqual([`${ARN}one:$LATEST`, `${ARN}one:2`, `${ARN}one:10`]);
		const [, second] = await json("GET", `${PATH}/list?Marker=${first.NextMarker}`);
		expect(arns(second)).toEqual([`${ARN}one:a`]);
		expect(second).not.toHaveProperty("NextMarker");
		expect((await json("GET", `${PATH}/list?Marker=x`))[0]).toBe(400);
		await json("DELETE", `${PATH}?Qualifier=2`);
		expect(arns((await json("GET", `${PATH}/list`))[1])).toEqual([`${ARN}one:$LATEST`, `${ARN}one:10`, `${ARN}one:a`]);
	});

	it.each([
		{ MaximumRetryAttempts: 3 },
		{ MaximumRetryAttempts: -1 },
		{ MaximumEventAgeInSeconds: 59 },
		{ MaximumEventAgeInSeconds: 21_601 },
	])("has its ranges: %j", async (body) => {
		const [status, reply] = await put(body);
		expect(status).toBe(400);
		expect(reply.message).toMatch(/^1 validation error detected: Value '-?\d+' at 'maximum/);
	});
});
