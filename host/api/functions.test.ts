import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { codeOf, openTestApi, ROLE, type TestApi, wasm } from "../../test/support/api.ts";
import { zipOf } from "../../test/support/zip.ts";
import { AdmissionError } from "../engine/types.ts";

const F = "/2015-03-31/functions";
const ARN = "arn:aws:lambda:us-east-1:000000000000:function:";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

let api: TestApi;
beforeEach(async () => {
	api = await openTestApi();
});
afterEach(async () => {
	expect(api.faults).toEqual([]);
	await api.close();
});

// biome-ignore lint/suspicious/noExplicitAny: replies are looked at by their members.
type Body = any;

async function json(method: string, path: string, body?: object): Promise<[status: number, body: Body]> {
	const response = await api.send(method, path, body);
	const text = await response.text();
	return [response.status, text === "" ? null : JSON.parse(text)];
}

const definition = (members: object = {}) => ({
	FunctionName: "one",
	Role: ROLE,
	Runtime: "provided.wasi",
	Code: codeOf(wasm("one")),
	...members,
});

describe("CreateFunction", () => {
	it("answers what the service answers, with its defaults", async () => {
		const [status, body] = await json("POST", F, definition());
		expect(status).toBe(201);
		expect(body).toEqual({
			Architectures: ["x86_64"],
			CodeSha256: createHash("sha256").update(wasm("one")).digest("base64"),
			CodeSize: 11,
			Description: "",
			EphemeralStorage: { Size: 512 },
			FunctionArn: `${ARN}one`,
			FunctionName: "one",
			LastModified: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/),
			LoggingConfig: { LogFormat: "Text", LogGroup: "/aws/lambda/one" },
			MemorySize: 128,
			PackageType: "Zip",
			RevisionId: expect.stringMatching(UUID),
			Role: ROLE,
			Runtime: "provided.wasi",
			RuntimeVersionConfig: {
				RuntimeVersionArn: expect.stringMatching(/^arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}$/),
			},
			SnapStart: { ApplyOn: "None", OptimizationStatus: "On" },
			State: "Pending",
			StateReason: "The function is being created.",
			StateReasonCode: "Creating",
			Timeout: 3,
			TracingConfig: { Mode: "PassThrough" },
			Version: "$LATEST",
		});
	});

	it("keeps every setting, the fuel limit without showing it", async () => {
		const members = {
			Description: "d",
			Handler: "index.handler",
			Timeout: 900,
			MemorySize: 10_240,
			Environment: { Variables: { KEY: "value" } },
			Architectures: ["arm64"],
			EphemeralStorage: { Size: 1024 },
			TracingConfig: { Mode: "Active" },
			LoggingConfig: { LogFormat: "JSON", ApplicationLogLevel: "DEBUG", LogGroup: "/my/group" },
			Tags: { team: "a" },
		};
		const [status, body] = await json(
			"POST",
			F,
			definition({ ...members, FuelLimit: 1_000_000, Runtime: "provided.al2023" }),
		);
		expect(status).toBe(201);
		const { Tags, ...shown } = members;
		expect(body).toMatchObject({ ...shown, LoggingConfig: { ...shown.LoggingConfig, SystemLogLevel: "INFO" } });
		expect(body).not.toHaveProperty("FuelLimit");
		expect(await api.store.functions.get("one")).toMatchObject({ fuel: 1_000_000, tags: Tags, memoryMb: 10_240 });
		expect(api.engine.prepared[0]).toMatchObject({
			fuel: 1_000_000,
			memoryBytes: 10_240 * 2 ** 20,
			env: { KEY: "value" },
		});
	});

	it("has done all its work when it answers", async () => {
		await api.create("one");
		const record = (await api.store.functions.get("one"))!;
		expect(api.engine.built).toEqual([record.artifact.digest]);
		expect(api.engine.prepared.map(({ digest }) => digest)).toEqual([record.artifact.digest]);
		const [, { Configuration }] = await json("GET", `${F}/one`);
		expect(Configuration).toMatchObject({
			State: "Active",
			LastUpdateStatus: "Successful",
			RevisionId: record.revisionId,
		});
		expect(Configuration).not.toHaveProperty("StateReason");
	});

	it.each([
		["a name", "one"],
		["a partial ARN", "000000000000:function:one"],
		["an ARN", `${ARN}one`],
		["function:NAME", "function:one"],
	])("takes %s", async (_, FunctionName) => {
		const [status, body] = await json("POST", F, definition({ FunctionName }));
		expect([status, body.FunctionName, body.FunctionArn]).toEqual([201, "one", `${ARN}one`]);
	});

	it("takes a zip, and counts what was uploaded", async () => {
		const zip = zipOf([{ name: "main.wasm", data: wasm("zipped") }]);
		const [status, body] = await json("POST", F, definition({ Code: codeOf(zip) }));
		expect([status, body.CodeSize]).toEqual([201, zip.length]);
		expect((await api.store.functions.get("one"))!.artifact.size).toBe(wasm("zipped").length);
	});

	it("keeps tenants apart from the start, and for good", async () => {
		const TenancyConfig = { TenantIsolationMode: "PER_TENANT" };
		const [status, body] = await json("POST", F, definition({ TenancyConfig }));
		expect([status, body.TenancyConfig]).toEqual([201, TenancyConfig]);
		expect(api.engine.prepared.at(-1)).toMatchObject({ isolation: "tenant" });
		const [, changed] = await json("PUT", `${F}/one/configuration`, { Timeout: 9, Isolation: "request" });
		expect(changed.TenancyConfig).toEqual(TenancyConfig);
		expect(api.engine.prepared.at(-1)).toMatchObject({ isolation: "request" });
	});

	it("takes empty forms of what it does not serve", async () => {
		const empty = {
			VpcConfig: { SubnetIds: [] },
			Layers: [],
			DeadLetterConfig: { TargetArn: "" },
			KMSKeyArn: "",
			Publish: false,
			SnapStart: { ApplyOn: "None" },
			PackageType: "Zip",
			ImageConfig: {},
			FileSystemConfigs: [],
		};
		expect((await json("POST", F, definition(empty)))[0]).toBe(201);
	});

	it.each<[string, object, number, string, string | RegExp]>([
		[
			"a long name",
			{ FunctionName: "a".repeat(65) },
			400,
			"InvalidParameterValueException",
			`1 validation error detected: Value '${"a".repeat(65)}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64`,
		],
		[
			"a long ARN",
			{ FunctionName: ARN + "a".repeat(100) },
			400,
			"ValidationException",
			/at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 140$/,
		],
		["a name with a qualifier", { FunctionName: "one:1" }, 400, "InvalidParameterValueException", /no qualifier/],
		[
			"an ARN of another account",
			{ FunctionName: "arn:aws:lambda:us-east-1:111111111111:function:one" },
			403,
			"AccessDeniedException",
			"",
		],
		[
			"an ARN of another region",
			{ FunctionName: "arn:aws:lambda:eu-west-1:000000000000:function:one" },
			404,
			"ResourceNotFoundException",
			"Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
		],
		["no runtime", { Runtime: undefined }, 400, "InvalidParameterValueException", /Runtime is a mandatory parameter/],
		[
			"a retired runtime",
			{ Runtime: "python3.7" },
			400,
			"InvalidParameterValueException",
			/^The runtime parameter of python3\.7 is no longer supported/,
		],
		[
			"an unknown runtime",
			{ Runtime: "non-existent-runtime" },
			400,
			"InvalidParameterValueException",
			/^Value non-existent-runtime at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: \[nodejs20\.x, python3\.14, .*\] or be a valid ARN$/,
		],
		["no code", { Code: {} }, 400, "InvalidParameterValueException", "Please provide a source for function code."],
		["code in S3", { Code: { S3Bucket: "bucket", S3Key: "k" } }, 400, "InvalidParameterValueException", /S3/],
		[
			"an image",
			{ Code: { ImageUri: "x" }, PackageType: "Image" },
			400,
			"InvalidParameterValueException",
			/PackageType/,
		],
		[
			"what is no zip",
			{ Code: codeOf(Buffer.from("text")) },
			400,
			"InvalidParameterValueException",
			"Could not unzip uploaded file. Please check your file, then try to upload again.",
		],
		[
			"a component that the engine refuses",
			{ Code: codeOf(wasm("refuse me")) },
			400,
			"InvalidParameterValueException",
			"found nothing, expected an export",
		],
		[
			"reserved variables",
			{ Environment: { Variables: { AWS_REGION: "x", OK: "y", LAMBDA_TASK_ROOT: "z" } } },
			400,
			"InvalidParameterValueException",
			/^Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification\. Reserved keys used in this request: AWS_REGION, LAMBDA_TASK_ROOT$/,
		],
		[
			"log levels for text",
			{ LoggingConfig: { LogFormat: "Text", SystemLogLevel: "INFO" } },
			400,
			"InvalidParameterValueException",
			/only if LogFormat is JSON/,
		],
		[
			"too many tags",
			{ Tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, "v"])) },
			400,
			"InvalidParameterValueException",
			"Number of tags exceeds resource tag limit.",
		],
	])("refuses %s, and keeps nothing", async (_, members, status, name, message) => {
		const response = await api.send("POST", F, definition(members));
		expect(response.status).toBe(status);
		expect(response.headers.get("x-amzn-errortype")).toBe(name);
		const body = (await response.json()) as Body;
		expect(body.message ?? body.Message ?? "").toMatch(message);
		expect(await api.store.functions.count()).toEqual({ functions: 0, codeBytes: 0 });
	});

	it("refuses more than 4 KB of variables without repeating them", async () => {
		const variables = { KEY: "s".repeat(4096) };
		const [status, { message }] = await json("POST", F, definition({ Environment: { Variables: variables } }));
		expect(status).toBe(400);
		expect(message).toContain("exceeded the 4KB limit. Bytes measured: 4106");
		expect(message).not.toContain("ssss");
		const fits = { KEY: "s".repeat(4096 - '{"KEY":""}'.length) };
		expect((await json("POST", F, definition({ Environment: { Variables: fits } })))[0]).toBe(201);
	});

	it("refuses a component whose initialisation fails, and keeps nothing", async () => {
		api.engine.whilePreparing = async () => {
			throw new AdmissionError("initialisation trapped");
		};
		expect(await json("POST", F, definition())).toEqual([400, { Type: "User", message: "initialisation trapped" }]);
		expect(await api.store.functions.get("one")).toBeNull();
	});

	it("refuses a name that is taken, before building anything", async () => {
		await api.create("one");
		expect(await json("POST", F, definition({ Code: codeOf(wasm("other")) }))).toEqual([
			409,
			{ Type: "User", message: "Function already exist: one" },
		]);
		expect(api.engine.built).toHaveLength(1);
	});

	it("lets one of two at once win", async () => {
		const both = await Promise.all([json("POST", F, definition()), json("POST", F, definition())]);
		expect(both.map(([status]) => status).sort()).toEqual([201, 409]);
		const [winner] = api.engine.prepared.filter(({ id }) => !api.engine.retired.includes(id));
		expect(api.engine.prepared.length - api.engine.retired.length).toBe(1);
		expect(winner!.digest).toBe((await api.store.functions.get("one"))!.artifact.digest);
	});

	it("has names that differ in case alone as two functions", async () => {
		await api.create("Foo");
		await api.create("foo");
		expect((await json("GET", `${F}/Foo`))[1].Configuration.FunctionName).toBe("Foo");
		expect((await json("GET", `${F}/foo`))[1].Configuration.FunctionName).toBe("foo");
	});
});

describe("GetFunction and GetFunctionConfiguration", () => {
	it("show the same configuration, one of them with code and tags", async () => {
		await api.create("one", { Tags: { a: "b" } });
		const [, whole] = await json("GET", `${F}/one`);
		const [, configuration] = await json("GET", `${F}/one/configuration`);
		const Location = expect.stringContaining("/content/");
		expect(whole).toEqual({ Configuration: configuration, Code: { RepositoryType: "S3", Location }, Tags: { a: "b" } });
	});

	it("show no tags and no environment where there are none", async () => {
		await api.create("one");
		const [, whole] = await json("GET", `${F}/one`);
		expect(whole).not.toHaveProperty("Tags");
		expect(whole.Configuration).not.toHaveProperty("Environment");
		expect(whole.Configuration).not.toHaveProperty("Handler");
	});

	it("show the qualified ARN to who asks for $LATEST", async () => {
		await api.create("one");
		for (const path of [`${F}/one?Qualifier=$LATEST`, `${F}/one:$LATEST`, `${F}/${ARN}one:$LATEST`]) {
			const [status, { Configuration }] = await json("GET", path);
			expect([status, Configuration.FunctionArn]).toEqual([200, `${ARN}one:$LATEST`]);
		}
	});

	it.each([
		["nope", 404, `Function not found: ${ARN}nope`],
		["nope?Qualifier=$LATEST", 404, `Function not found: ${ARN}nope:$LATEST`],
		["one?Qualifier=1221", 404, `Function not found: ${ARN}one:1221`],
		["one:alias", 404, `Function not found: ${ARN}one:alias`],
		["one:a?Qualifier=b", 400, "The derived qualifier from the function name does not match the specified qualifier."],
		["na.me", 404, `Function not found: ${ARN}na.me`],
	])("answer %s as the service does", async (path, status, message) => {
		await api.create("one");
		const [name, query = ""] = path.split("?");
		for (const rest of ["", "/configuration"]) {
			const [actual, body] = await json("GET", `${F}/${name}${rest}?${query}`);
			expect([actual, body.Message ?? body.message, body.Type]).toEqual([status, message, "User"]);
		}
	});
});

describe("ListFunctions", () => {
	it("goes through all in order of names, page by page", async () => {
		for (const name of ["c", "a", "B", "b-2"]) await api.create(name);
		const seen: string[] = [];
		let marker: string | undefined;
		do {
			const [, page] = await json("GET", `${F}?MaxItems=3${marker ? `&Marker=${marker}` : ""}`);
			seen.push(...page.Functions.map((it: Body) => it.FunctionName));
			marker = page.NextMarker;
		} while (marker);
		expect(seen).toEqual(["B", "a", "b-2", "c"]);
	});

	it("shows no state, as the service does, and no more than 50", async () => {
		for (let n = 0; n < 51; n++) await api.create(`f${n}`);
		const [, { Functions, NextMarker }] = await json("GET", `${F}?MaxItems=10000`);
		expect(Functions).toHaveLength(50);
		expect(NextMarker).toBeTypeOf("string");
		for (const member of ["State", "LastUpdateStatus", "RuntimeVersionConfig"])
			expect(Functions[0]).not.toHaveProperty(member);
		expect(Functions[0].FunctionArn).toBe(`${ARN}f0`);
	});

	it("shows all versions, of which there is one, with their qualifier", async () => {
		await api.create("one");
		const [, { Functions }] = await json("GET", `${F}?FunctionVersion=ALL`);
		expect(Functions.map((it: Body) => it.FunctionArn)).toEqual([`${ARN}one:$LATEST`]);
	});

	it("shows no replicas of another region", async () => {
		await api.create("one");
		expect((await json("GET", `${F}?MasterRegion=eu-west-1`))[1]).toEqual({ Functions: [] });
		expect((await json("GET", `${F}?MasterRegion=ALL`))[1].Functions).toHaveLength(1);
	});

	it("refuses a marker that it did not give", async () => {
		expect((await json("GET", `${F}?Marker=%00`))[0]).toBe(400);
	});
});

describe("UpdateFunctionCode", () => {
	it("replaces the code, prepares it, and tells the invoker", async () => {
		await api.create("one");
		const before = (await api.store.functions.get("one"))!;
		api.invoker.dropped.length = 0;
		const [status, body] = await json("PUT", `${F}/one/code`, { ...codeOf(wasm("two")), Architectures: ["arm64"] });
		expect(status).toBe(200);
		expect(body).toMatchObject({
			State: "Active",
			LastUpdateStatus: "InProgress",
			LastUpdateStatusReason: "The function is being created.",
			LastUpdateStatusReasonCode: "Creating",
			Architectures: ["arm64"],
			CodeSha256: createHash("sha256").update(wasm("two")).digest("base64"),
		});
		const after = (await api.store.functions.get("one"))!;
		// The end of the work is a revision of its own.
		expect(after.revisionId).not.toBe(body.RevisionId);
		expect(after.revisionId).not.toBe(before.revisionId);
		expect(api.engine.prepared.at(-1)!.digest).toBe(after.artifact.digest);
		expect(api.invoker.dropped).toEqual(["one"]);
	});

	it("changes nothing in a dry run", async () => {
		await api.create("one");
		const before = await api.store.functions.get("one");
		const [status] = await json("PUT", `${F}/one/code`, { ...codeOf(wasm("two")), DryRun: true });
		expect(status).toBe(200);
		expect(await api.store.functions.get("one")).toEqual(before);
		expect((await json("PUT", `${F}/one/code`, { ...codeOf(wasm("refuse me")), DryRun: true }))[0]).toBe(400);
	});

	it("leaves the old code in place when the new is refused", async () => {
		await api.create("one");
		const before = await api.store.functions.get("one");
		for (const code of [wasm("refuse me"), Buffer.from("text")])
			expect((await json("PUT", `${F}/one/code`, codeOf(code)))[0]).toBe(400);
		expect(await api.store.functions.get("one")).toEqual(before);
	});

	it("gives each trigger's folder to what it prepares", async () => {
		await api.create("one");
		const settings = { bucket: "b", folder: "/tmp/b" };
		await api.store.triggers.create({
			id: "t",
			kind: "bucket",
			functionName: "one",
			enabled: true,
			settings,
			createdAt: "",
		});
		await json("PUT", `${F}/one/code`, codeOf(wasm("two")));
		expect(api.engine.prepared.at(-1)!.mounts).toEqual([{ host: "/tmp/b", guest: "/mnt/b", readOnly: true }]);
	});
});

describe("UpdateFunctionConfiguration", () => {
	const path = `${F}/one/configuration`;

	it("changes what it is given and keeps the rest", async () => {
		await api.create("one", { Description: "d", Timeout: 7, Environment: { Variables: { A1: "1" } }, FuelLimit: 9 });
		const [status, body] = await json("PUT", path, { MemorySize: 256 });
		expect(status).toBe(200);
		expect(body).toMatchObject({
			MemorySize: 256,
			Description: "d",
			Timeout: 7,
			Environment: { Variables: { A1: "1" } },
			LastUpdateStatus: "InProgress",
		});
		expect((await api.store.functions.get("one"))!.fuel).toBe(9);
	});

	it("replaces the environment as a whole", async () => {
		await api.create("one", { Environment: { Variables: { A1: "1", B1: "2" } } });
		await json("PUT", path, { Environment: { Variables: { B1: "3" } } });
		expect((await api.store.functions.get("one"))!.environment).toEqual({ B1: "3" });
		await json("PUT", path, { Environment: {} });
		expect((await api.store.functions.get("one"))!.environment).toEqual({});
	});

	it("sets the isolation, which no reply shows", async () => {
		await api.create("one");
		expect((await api.store.functions.get("one"))!.isolation).toBe("reuse");
		const [status, body] = await json("PUT", path, { Isolation: "request" });
		expect([status, body.Isolation]).toEqual([200, undefined]);
		expect(api.engine.prepared.at(-1)).toMatchObject({ isolation: "request" });
		expect((await json("PUT", path, { Timeout: 9 }))[0]).toBe(200);
		expect((await api.store.functions.get("one"))!.isolation).toBe("request");
		expect((await json("PUT", path, { Isolation: "some" }))[0]).toBe(400);
	});

	it("turns the snapshot off and on, and says how it is", async () => {
		await api.create("one");
		for (const [ApplyOn, OptimizationStatus, init] of [
			["None", "Off", "each"],
			["PublishedVersions", "On", "once"],
		]) {
			const [, body] = await json("PUT", path, { SnapStart: { ApplyOn } });
			expect(body.SnapStart).toEqual({ ApplyOn, OptimizationStatus });
			expect((await json("GET", path))[1].SnapStart).toEqual({ ApplyOn, OptimizationStatus });
			expect(api.engine.prepared.at(-1)).toMatchObject({ init });
			// Other changes leave it.
			expect((await json("PUT", path, { Timeout: 9 }))[1].SnapStart).toEqual({ ApplyOn, OptimizationStatus });
		}
	});

	it("says so where a snapshot is wanted and there is none", async () => {
		await api.create("one");
		api.engine.snapshot = false;
		await json("PUT", path, { SnapStart: { ApplyOn: "PublishedVersions" } });
		const SnapStart = { ApplyOn: "PublishedVersions", OptimizationStatus: "Off" };
		expect((await json("PUT", path, { Timeout: 9 }))[1].SnapStart).toEqual(SnapStart);
	});

	it("sets and takes away the fuel limit", async () => {
		await api.create("one");
		for (const FuelLimit of [5, null, Number.MAX_SAFE_INTEGER]) {
			expect((await json("PUT", path, { FuelLimit }))[0]).toBe(200);
			expect((await api.store.functions.get("one"))!.fuel).toBe(FuelLimit);
		}
	});

	it("keeps log settings that it is not given", async () => {
		await api.create("one", { LoggingConfig: { LogFormat: "JSON", LogGroup: "g" } });
		const [, { LoggingConfig }] = await json("PUT", path, { LoggingConfig: { ApplicationLogLevel: "WARN" } });
		expect(LoggingConfig).toEqual({
			LogFormat: "JSON",
			ApplicationLogLevel: "WARN",
			SystemLogLevel: "INFO",
			LogGroup: "g",
		});
		const [, text] = await json("PUT", path, { LoggingConfig: { LogFormat: "Text" } });
		expect(text.LoggingConfig).toEqual({ LogFormat: "Text", LogGroup: "g" });
	});
});

describe("changes at the same time", () => {
	const path = `${F}/one/configuration`;
	const STALE =
		"The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id";

	it("are refused by an old revision before any work", async () => {
		await api.create("one");
		for (const [where, body] of [
			[path, { Timeout: 5 }],
			[`${F}/one/code`, codeOf(wasm("two"))],
		] as const) {
			const [status, reply] = await json("PUT", where, { ...body, RevisionId: "wrong" });
			expect([status, reply]).toEqual([412, { Type: "User", message: STALE }]);
		}
		expect(api.engine.prepared).toHaveLength(1);
	});

	it("are taken with the current revision", async () => {
		await api.create("one");
		const { RevisionId } = (await json("GET", path))[1];
		expect((await json("PUT", path, { Timeout: 5, RevisionId }))[0]).toBe(200);
		expect((await json("PUT", path, { Timeout: 6, RevisionId }))[0]).toBe(412);
	});

	it("let the first win, and the loser's preparation is thrown away", async () => {
		await api.create("one");
		const { RevisionId } = (await json("GET", path))[1];
		let interfere = true;
		api.engine.whilePreparing = async () => {
			if (!interfere) return;
			interfere = false;
			expect((await json("PUT", path, { Timeout: 7 }))[0]).toBe(200);
		};
		const [status, reply] = await json("PUT", path, { Timeout: 8 });
		expect([status, reply]).toEqual([
			409,
			{
				Type: "User",
				message: `The operation cannot be performed at this time. An update is in progress for resource: ${ARN}one`,
			},
		]);
		expect((await api.store.functions.get("one"))!.timeoutSeconds).toBe(7);
		expect(api.engine.retired).toEqual([api.engine.prepared.at(-1)!.id]);

		interfere = true;
		const current = (await api.store.functions.get("one"))!.revisionId;
		expect(current).not.toBe(RevisionId);
		expect((await json("PUT", path, { Timeout: 9, RevisionId: current }))[0]).toBe(412);
	});

	it("find a function deleted in the meantime", async () => {
		await api.create("one");
		api.engine.whilePreparing = async () => {
			await api.send("DELETE", `${F}/one`);
		};
		expect((await json("PUT", path, { Timeout: 8 }))[0]).toBe(409);
		expect(await api.store.functions.get("one")).toBeNull();
	});
});

describe("DeleteFunction", () => {
	it("removes the function, its instances and its log", async () => {
		await api.create("one");
		api.invoker.dropped.length = 0;
		expect(await json("DELETE", `${F}/one`)).toEqual([204, null]);
		expect(await api.store.functions.get("one")).toBeNull();
		expect(api.invoker.dropped).toEqual(["one"]);
		expect(api.removed).toEqual(["one"]);
		expect(await json("DELETE", `${F}/one`)).toEqual([404, { Type: "User", Message: `Function not found: ${ARN}one` }]);
	});

	it("does not remove a version alone", async () => {
		await api.create("one");
		expect(await json("DELETE", `${F}/one:$LATEST`)).toEqual([
			400,
			{ Type: "User", message: "$LATEST version cannot be deleted without deleting the function." },
		]);
		// The service takes a version that is not there for a deleted one.
		expect((await json("DELETE", `${F}/one?Qualifier=1`))[0]).toBe(204);
		expect(await api.store.functions.get("one")).not.toBeNull();
	});
});

describe("GetAccountSettings", () => {
	it("counts functions and their code", async () => {
		await api.create("one");
		const [status, body] = await json("GET", "/2016-08-19/account-settings");
		expect(status).toBe(200);
		expect(body).toEqual({
			AccountLimit: {
				TotalCodeSize: 80_530_636_800,
				CodeSizeUnzipped: 262_144_000,
				CodeSizeZipped: 52_428_800,
				ConcurrentExecutions: 1000,
				UnreservedConcurrentExecutions: 1000,
			},
			AccountUsage: { TotalCodeSize: 11, FunctionCount: 1 },
		});
	});
});
