import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestApi, type TestApi } from "../../test/support/api.ts";

const PATH = "/2021-10-31/functions/one/url";
const ARN = "arn:aws:lambda:us-east-1:000000000000:function:one";

let api: TestApi;
beforeEach(async () => {
	api = await openTestApi();
	await api.create("one");
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

const create = (members: object = {}, path = PATH) => json("POST", path, { AuthType: "NONE", ...members });
const GONE = { Type: "User", Message: "The resource you requested does not exist." };
const NO_FUNCTION = { Type: "User", Message: "Function does not exist" };

describe("a function URL", () => {
	it("is made with an id of its own that nobody can guess", async () => {
		const [status, body] = await create();
		expect(status).toBe(201);
		expect(body).toEqual({
			AuthType: "NONE",
			CreationTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
			FunctionArn: ARN,
			FunctionUrl: expect.stringMatching(/^http:\/\/[a-z2-7]{32}\.lambda-url\.localhost:9000\/$/),
		});
		const id = new URL(body.FunctionUrl).hostname.split(".")[0]!;
		expect(await api.store.urls.byId(id)).toMatchObject({
			functionName: "one",
			qualifier: null,
			invokeMode: "BUFFERED",
		});
	});

	it("shows more when it is read than when it is made, as the service does", async () => {
		const [, made] = await create({ InvokeMode: "RESPONSE_STREAM" });
		expect(made.InvokeMode).toBe("RESPONSE_STREAM");
		const [status, body] = await json("GET", PATH);
		expect(status).toBe(200);
		expect(body).toEqual({ ...made, LastModifiedTime: made.CreationTime });
	});

	it("keeps its CORS settings as they were given", async () => {
		const Cors = {
			AllowOrigins: ["https://a.example"],
			AllowMethods: ["GET"],
			AllowHeaders: ["x-a"],
			ExposeHeaders: ["x-b"],
			MaxAge: 60,
			AllowCredentials: true,
		};
		expect((await create({ Cors }))[1].Cors).toEqual(Cors);
		expect((await json("GET", PATH))[1].Cors).toEqual(Cors);
		expect((await json("PUT", PATH, { Cors: { AllowOrigins: ["*"] } }))[1].Cors).toEqual({ AllowOrigins: ["*"] });
	});

	it("changes what it is given and keeps the rest, its id first of all", async () => {
		const [, made] = await create({ InvokeMode: "RESPONSE_STREAM" });
		const [status, body] = await json("PUT", PATH, { AuthType: "AWS_IAM" });
		expect(status).toBe(200);
		expect(body).toEqual({
			AuthType: "AWS_IAM",
			CreationTime: made.CreationTime,
			FunctionArn: ARN,
			FunctionUrl: made.FunctionUrl,
			LastModifiedTime: expect.any(String),
		});
		expect((await json("GET", PATH))[1]).toMatchObject({ AuthType: "AWS_IAM", InvokeMode: "RESPONSE_STREAM" });
	});

	it("is one a function", async () => {
		await create();
		expect(await create()).toEqual([
			409,
			{
				Type: "User",
				message: `Failed to create function url config for [functionArn = ${ARN}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
			},
		]);
	});

	it("is listed", async () => {
		expect(await json("GET", `${PATH}s`)).toEqual([200, { FunctionUrlConfigs: [] }]);
		await create();
		expect(await json("GET", `${PATH}s`)).toEqual([200, { FunctionUrlConfigs: [(await json("GET", PATH))[1]] }]);
		expect(await json("GET", "/2021-10-31/functions/nope/urls")).toEqual([404, NO_FUNCTION]);
	});

	it("is gone when it is deleted, or its function is", async () => {
		await create();
		expect(await json("DELETE", PATH)).toEqual([204, null]);
		expect(await json("GET", PATH)).toEqual([404, GONE]);
		expect(await json("DELETE", PATH)).toEqual([404, GONE]);
		await create();
		await api.send("DELETE", "/2015-03-31/functions/one");
		expect(await json("GET", PATH)).toEqual([404, GONE]);
	});

	it.each([
		["create", "POST", NO_FUNCTION],
		["read", "GET", GONE],
		["change", "PUT", NO_FUNCTION],
		["delete", "DELETE", GONE],
	])("of a function that is not there cannot be %sd", async (_, method, error) => {
		const body = method === "GET" || method === "DELETE" ? undefined : { AuthType: "NONE" };
		for (const name of ["nope", ARN.replace("one", "nope"), "one:alias"])
			expect(await json(method, `/2021-10-31/functions/${name}/url`, body), name).toEqual([404, error]);
		expect(await json(method, `${PATH}?Qualifier=alias`, body)).toEqual([404, error]);
	});

	it.each(["1", "$LATEST"])("cannot be of the version %s", async (version) => {
		const [status, body] = await create({}, `${PATH}?Qualifier=${version}`);
		expect(status).toBe(400);
		expect(body.message).toBe(
			`1 validation error detected: Value '${version}' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)`,
		);
	});

	it("cannot have two qualifiers", async () => {
		const [status, body] = await create({}, "/2021-10-31/functions/one:a/url?Qualifier=b");
		expect([status, body.message]).toEqual([
			400,
			"The derived qualifier from the function name does not match the specified qualifier.",
		]);
	});

	it("needs to say who may call it", async () => {
		const [status, body] = await json("POST", PATH, {});
		expect([status, body.message]).toEqual([
			400,
			"1 validation error detected: Value null at 'authType' failed to satisfy constraint: Member must not be null",
		]);
	});

	it("made for a function that goes in the same moment is refused", async () => {
		const get = api.store.functions.get;
		api.store.functions.get = async (name) => {
			const record = await get(name);
			await api.store.functions.delete(name);
			return record;
		};
		expect(await create()).toEqual([404, GONE]);
	});
});
