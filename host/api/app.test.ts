import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadReplyModel } from "../../test/clients/model.ts";
import { codeOf, openTestApi, ROLE, type TestApi, wasm } from "../../test/support/api.ts";
import { zipOf } from "../../test/support/zip.ts";
import { SERVED } from "./model/served.ts";
import { OPERATIONS, type Route } from "./operations.ts";

let api: TestApi;
beforeEach(async () => {
	api = await openTestApi();
});
afterEach(async () => {
	await api.close();
});

describe("routes", () => {
	it("has every operation of AWS's model once, and serves some", () => {
		const names = OPERATIONS.map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);
		expect(names.length).toBeGreaterThan(85);
		expect(names).toEqual(expect.arrayContaining([...SERVED]));
	});

	it.each(OPERATIONS.filter(({ name }) => !(SERVED as readonly string[]).includes(name)))(
		"names $name as not served yet",
		async ({ name, method, path, ...route }) => {
			const query = "query" in route ? `?${route.query.join("=")}` : "";
			const response = await api.send(method, path.replaceAll(/\{\w+\}/g, "x") + query);
			expect(response.status).toBe(501);
			expect(response.headers.get("x-amzn-errortype")).toBe("NotImplementedException");
			expect(await response.json()).toMatchObject({ message: expect.stringContaining(` ${name} `) });
		},
	);

	it.each([
		["GET", "/"],
		["GET", "/2015-03-31"],
		["GET", "/2015-03-31/functionz"],
		["PATCH", "/2015-03-31/functions"],
		["POST", "/2015-03-31/functions/x/y/z"],
		["GET", "/2099-01-01/functions"],
	])("answers 404 to %s %s", async (method, path) => {
		const response = await api.send(method, path);
		expect(response.status).toBe(404);
		expect(response.headers.get("x-amzn-errortype")).toBe("UnknownOperationException");
		expect(response.headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
		expect(response.headers.get("content-type")).toBe("application/json");
	});

	it("takes a path with a slash at its end, as older SDKs write it", async () => {
		expect((await api.send("GET", "/2015-03-31/functions/")).status).toBe(200);
	});

	it("takes names that are percent-encoded, ARNs among them", async () => {
		await api.create("one");
		const arn = encodeURIComponent("arn:aws:lambda:us-east-1:000000000000:function:one");
		expect((await api.send("GET", `/2015-03-31/functions/${arn}`)).status).toBe(200);
	});

	it("refuses a name that is badly encoded", async () => {
		const response = await api.send("GET", "/2015-03-31/functions/%E0%A4%A");
		expect(response.status).toBe(400);
		expect(response.headers.get("x-amzn-errortype")).toBe("ValidationException");
	});
});

describe("faults of the host", () => {
	it("reach the caller without their cause, and the log with it", async () => {
		const body = { FunctionName: "x", Role: ROLE, Runtime: "provided.wasi", Code: codeOf(wasm("break me")) };
		const response = await api.send("POST", "/2015-03-31/functions", body);
		expect(response.status).toBe(500);
		expect(response.headers.get("x-amzn-errortype")).toBe("ServiceException");
		expect(await response.json()).toEqual({
			Type: "Service",
			Message: "An error occurred and the request cannot be processed.",
		});
		expect(api.faults).toMatchObject([{ message: "the engine has a secret fault" }]);
		expect(await api.store.functions.get("x")).toBeNull();
	});

	it("say so if the disk is full", async () => {
		const body = { FunctionName: "x", Role: ROLE, Runtime: "provided.wasi", Code: codeOf(wasm("full disk")) };
		const response = await api.send("POST", "/2015-03-31/functions", body);
		expect(response.status).toBe(503);
		expect(await response.json()).toMatchObject({ message: expect.stringContaining("disk is full") });
		expect(api.faults).toHaveLength(1);
	});
});

const model = loadReplyModel();

describe.skipIf(!model)("replies by AWS's model", () => {
	const F = "/2015-03-31/functions";
	const LAYERS = "/2018-10-31/layers";
	const PERMISSION = { StatementId: "s", Action: "lambda:InvokeFunction", Principal: "*" };
	const LAYER_PERMISSION = { StatementId: "s", Action: "lambda:GetLayerVersion", Principal: "*" };
	const RESOURCE_POLICY = `/2026-07-09/resource-policy/${encodeURIComponent("arn:aws:lambda:us-east-1:000000000000:function:one")}`;
	const URL_PATH = "/2021-10-31/functions/one/url";
	const EVENT_PATH = "/2019-09-25/functions/one/event-invoke-config";
	const TAGS = `/2017-03-31/tags/${encodeURIComponent("arn:aws:lambda:us-east-1:000000000000:function:one")}`;
	const MAPPINGS = "/2015-03-31/event-source-mappings";
	const NO_UUID = "00000000-0000-0000-0000-000000000000";
	const QUEUE = "arn:aws:sqs:us-east-1:000000000000:queue";
	const STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/events";
	const AT_TIME = { StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: 1_741_010_802.5 };
	const UPDATES = { UpdateRuntimeOn: "FunctionUpdate" };
	const PLACES: Record<string, string> = {
		VersionNumber: "1",
		CodeSigningConfigArn: encodeURIComponent(
			"arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdef0",
		),
		ResourceArn: encodeURIComponent("arn:aws:lambda:us-east-1:000000000000:function:nope"),
	};
	const all: [operation: string, method: string, path: string, body?: object][] = [
		["GetFunction", "GET", `${F}/one`],
		["GetFunction", "GET", `${F}/one?Qualifier=$LATEST`],
		["GetFunction", "GET", `${F}/two`],
		["GetFunction", "GET", `${F}/!`],
		["GetFunctionConfiguration", "GET", `${F}/one/configuration`],
		["ListFunctions", "GET", F],
		["ListFunctions", "GET", `${F}?MaxItems=1&FunctionVersion=ALL`],
		["ListFunctions", "GET", `${F}?MaxItems=x`],
		["ListFunctions", "GET", `${F}?Marker=$$`],
		["UpdateFunctionCode", "PUT", `${F}/one/code`, codeOf(wasm("more"))],
		["UpdateFunctionCode", "PUT", `${F}/one/code`, { ...codeOf(wasm()), RevisionId: "old" }],
		["UpdateFunctionConfiguration", "PUT", `${F}/one/configuration`, { Timeout: 9, FuelLimit: 7 }],
		["UpdateFunctionConfiguration", "PUT", `${F}/one/configuration`, { Timeout: 901 }],
		["Invoke", "POST", `${F}/one/invocations`],
		["Invoke", "POST", `${F}/two/invocations`],
		["CreateFunctionUrlConfig", "POST", URL_PATH, { AuthType: "NONE", Cors: { AllowOrigins: ["*"], MaxAge: 1 } }],
		["CreateFunctionUrlConfig", "POST", URL_PATH, { AuthType: "NONE" }],
		["GetFunctionUrlConfig", "GET", URL_PATH],
		["UpdateFunctionUrlConfig", "PUT", URL_PATH, { InvokeMode: "RESPONSE_STREAM" }],
		["ListFunctionUrlConfigs", "GET", `${URL_PATH}s`],
		["DeleteFunctionUrlConfig", "DELETE", URL_PATH],
		["DeleteFunctionUrlConfig", "DELETE", URL_PATH],
		["PutFunctionEventInvokeConfig", "PUT", EVENT_PATH, { MaximumRetryAttempts: 1 }],
		["PutFunctionEventInvokeConfig", "PUT", EVENT_PATH, {}],
		["UpdateFunctionEventInvokeConfig", "POST", EVENT_PATH, { MaximumEventAgeInSeconds: 60 }],
		["GetFunctionEventInvokeConfig", "GET", EVENT_PATH],
		["ListFunctionEventInvokeConfigs", "GET", `${EVENT_PATH}/list`],
		["DeleteFunctionEventInvokeConfig", "DELETE", EVENT_PATH],
		["DeleteFunctionEventInvokeConfig", "DELETE", EVENT_PATH],
		["TagResource", "POST", TAGS, { Tags: { a: "b" } }],
		["ListTags", "GET", TAGS],
		["GetFunction", "GET", `${F}/one`],
		["UntagResource", "DELETE", `${TAGS}?tagKeys=a`],
		["PublishVersion", "POST", `${F}/one/versions`, { Description: "first" }],
		["PublishVersion", "POST", `${F}/one/versions`, { RevisionId: "old" }],
		["ListVersionsByFunction", "GET", `${F}/one/versions`],
		["ListVersionsByFunction", "GET", `${F}/one/versions?MaxItems=1`],
		["ListFunctions", "GET", `${F}?FunctionVersion=ALL`],
		["GetFunction", "GET", `${F}/one?Qualifier=1`],
		["CreateAlias", "POST", `${F}/one/aliases`, { Name: "live", FunctionVersion: "1" }],
		["CreateAlias", "POST", `${F}/one/aliases`, { Name: "live", FunctionVersion: "1" }],
		["GetAlias", "GET", `${F}/one/aliases/live`],
		["GetAlias", "GET", `${F}/one/aliases/nope`],
		["UpdateAlias", "PUT", `${F}/one/aliases/live`, { Description: "d" }],
		["ListAliases", "GET", `${F}/one/aliases?FunctionVersion=1`],
		["GetFunctionConfiguration", "GET", `${F}/one/configuration?Qualifier=live`],
		["DeleteFunction", "DELETE", `${F}/one?Qualifier=1`],
		["DeleteAlias", "DELETE", `${F}/one/aliases/live`],
		["GetAccountSettings", "GET", "/2016-08-19/account-settings"],
		["CreateEventSourceMapping", "POST", MAPPINGS, { FunctionName: "one", EventSourceArn: QUEUE }],
		["CreateEventSourceMapping", "POST", MAPPINGS, { FunctionName: "one", EventSourceArn: QUEUE }],
		["CreateEventSourceMapping", "POST", MAPPINGS, { FunctionName: "one", EventSourceArn: STREAM, ...AT_TIME }],
		["ListEventSourceMappings", "GET", MAPPINGS],
		["GetEventSourceMapping", "GET", `${MAPPINGS}/${NO_UUID}`],
		["UpdateEventSourceMapping", "PUT", `${MAPPINGS}/${NO_UUID}`, {}],
		["DeleteEventSourceMapping", "DELETE", `${MAPPINGS}/${NO_UUID}`],
		["GetRuntimeManagementConfig", "GET", "/2021-07-20/functions/one/runtime-management-config"],
		["PutRuntimeManagementConfig", "PUT", "/2021-07-20/functions/one/runtime-management-config", UPDATES],
		["GetFunctionScalingConfig", "GET", "/2025-11-30/functions/one/function-scaling-config?Qualifier=1"],
		["PutFunctionScalingConfig", "PUT", "/2025-11-30/functions/one/function-scaling-config?Qualifier=1", {}],
		["AddPermission", "POST", `${F}/one/policy`, PERMISSION],
		["GetPolicy", "GET", `${F}/one/policy`],
		["RemovePermission", "DELETE", `${F}/one/policy/s`],
		["PutResourcePolicy", "PUT", RESOURCE_POLICY, { Policy: "{}" }],
		["GetResourcePolicy", "GET", RESOURCE_POLICY],
		["DeleteResourcePolicy", "DELETE", RESOURCE_POLICY],
		["PublishLayerVersion", "POST", `${LAYERS}/l/versions`, { Content: codeOf(zipOf([{ name: "a", data: wasm() }])) }],
		["PublishLayerVersion", "POST", `${LAYERS}/l/versions`, { Content: {}, CompatibleRuntimes: ["nope"] }],
		["GetLayerVersion", "GET", `${LAYERS}/l/versions/1`],
		["GetLayerVersion", "GET", `${LAYERS}/l/versions/0`],
		["GetLayerVersionByArn", "GET", `${LAYERS}?find=LayerVersion&Arn=arn:aws:lambda:us-east-1:000000000000:layer:l:1`],
		["ListLayers", "GET", LAYERS],
		["ListLayerVersions", "GET", `${LAYERS}/l/versions?MaxItems=1`],
		["AddLayerVersionPermission", "POST", `${LAYERS}/l/versions/1/policy`, LAYER_PERMISSION],
		["GetLayerVersionPolicy", "GET", `${LAYERS}/l/versions/1/policy`],
		["RemoveLayerVersionPermission", "DELETE", `${LAYERS}/l/versions/1/policy/s?RevisionId=wrong`],
		["RemoveLayerVersionPermission", "DELETE", `${LAYERS}/l/versions/1/policy/s`],
		["DeleteLayerVersion", "DELETE", `${LAYERS}/l/versions/1`],
		["PutFunctionConcurrency", "PUT", "/2017-10-31/functions/one/concurrency", { ReservedConcurrentExecutions: 3 }],
		["PutFunctionConcurrency", "PUT", "/2017-10-31/functions/one/concurrency", { ReservedConcurrentExecutions: 901 }],
		["GetFunctionConcurrency", "GET", "/2019-09-30/functions/one/concurrency"],
		["GetFunction", "GET", `${F}/one`],
		["DeleteFunctionConcurrency", "DELETE", "/2017-10-31/functions/one/concurrency"],
		["PutFunctionRecursionConfig", "PUT", "/2024-08-31/functions/one/recursion-config", { RecursiveLoop: "Allow" }],
		["GetFunctionRecursionConfig", "GET", "/2024-08-31/functions/one/recursion-config"],
		["InvokeAsync", "POST", "/2014-11-13/functions/one/invoke-async", { a: 1 }],
		["InvokeWithResponseStream", "POST", "/2021-11-15/functions/one/response-streaming-invocations"],
		["InvokeWithResponseStream", "POST", "/2021-11-15/functions/two/response-streaming-invocations"],
		["DeleteFunction", "DELETE", `${F}/one?Qualifier=$LATEST`],
		["DeleteFunction", "DELETE", `${F}/one`],
		["DeleteFunction", "DELETE", `${F}/one`],
	];

	it("have its members and values, successes and errors alike", async () => {
		const created = await api.create("one", { Environment: { Variables: { KEY: "v" } }, Handler: "h", FuelLimit: 5 });
		expect(model!.faultsOf("CreateFunction", created.status, created.headers, await created.text())).toEqual([]);
		for (const [operation, method, path, body] of all) {
			const response = await api.send(method, path, body);
			const text = await response.text();
			expect(model!.faultsOf(operation, response.status, response.headers, text), `${operation} ${text}`).toEqual([]);
		}
		expect(api.faults).toEqual([]);
	});

	// What is not in the list is asked for something that is not there, or with nothing that it needs.
	const listed = new Set(all.map(([operation]) => operation));
	const others = OPERATIONS.filter(({ name }) => !listed.has(name) && (SERVED as readonly string[]).includes(name));
	it.each(others)("have them where $name is asked for nothing", async (route: Route) => {
		const path = route.path.replaceAll(/\{(\w+)\}/g, (_, member: string) => PLACES[member] ?? "nope");
		const response = await api.send(route.method, `${path}${route.query ? `?${route.query.join("=")}` : ""}`);
		const text = await response.text();
		const own = /^Invoke/.test(route.name) && response.ok;
		expect(own ? [] : model!.faultsOf(route.name, response.status, response.headers, text), text).toEqual([]);
		expect(api.faults).toEqual([]);
	});

	it("would be found wrong with an unknown member, a wrong type or a missing one", () => {
		const faults = (body: object) =>
			model!.faultsOf("GetFunctionUrlConfig", 200, new Headers(), JSON.stringify({ ...whole, ...body }));
		const whole = {
			FunctionUrl: "http://abcdefghijklmnopqrstuvwxyz234567.lambda-url.localhost:9000/",
			FunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:x",
			AuthType: "NONE",
			CreationTime: "now",
			LastModifiedTime: "now",
		};
		expect(faults({})).toEqual([]);
		expect(faults({ FuelLimit: 1 })).toEqual([".FuelLimit is no member"]);
		expect(faults({ AuthType: "ALL" })).toEqual([".AuthType is ALL"]);
		expect(faults({ CreationTime: 1 })).toEqual([".CreationTime is no string: 1"]);
		expect(faults({ FunctionArn: undefined })).toEqual([".FunctionArn is missing"]);
	});
});
