import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestApi, type TestApi } from "../../test/support/api.ts";

const ARN = "arn:aws:lambda:us-east-1:000000000000:function:fn";
const path = (arn = ARN) => `/2026-07-09/resource-policy/${encodeURIComponent(arn)}`;
const STATEMENT = {
	Sid: "one",
	Effect: "Allow",
	Principal: { AWS: "arn:aws:iam::111111111111:root" },
	Action: ["lambda:InvokeFunction", "lambda:GetFunction"],
	Resource: ARN,
};
const DOCUMENT = { Version: "2012-10-17", Statement: [STATEMENT] };

let api: TestApi;
beforeEach(async () => {
	api = await openTestApi();
	await api.create("fn");
});
afterEach(async () => {
	expect(api.faults).toEqual([]);
	await api.close();
});

const json = async (response: Response) => (await response.json()) as Record<string, string>;
const put = (document: object | string, members: object = {}, arn = ARN) =>
	api.send("PUT", path(arn), {
		Policy: typeof document === "string" ? document : JSON.stringify(document),
		...members,
	});

describe("PutResourcePolicy", () => {
	it("puts a document in the place of all there was", async () => {
		await api.send("POST", "/2015-03-31/functions/fn/policy", {
			StatementId: "s3",
			Action: "lambda:InvokeFunction",
			Principal: "s3.amazonaws.com",
		});
		const made = await put(DOCUMENT);
		expect(made.status).toBe(200);
		const { Policy, RevisionId } = await json(made);
		expect(JSON.parse(Policy!)).toEqual(DOCUMENT);
		expect(await json(await api.send("GET", path()))).toEqual({ Policy, RevisionId });
		expect(await json(await api.send("GET", "/2015-03-31/functions/fn/policy"))).toEqual({ Policy, RevisionId });
		expect((await api.store.functions.get("fn"))!.revisionId).toBe(RevisionId);
	});

	it("is gone on with by AddPermission, and keeps its header", async () => {
		await put({ Version: "2012-10-17", Id: "mine", Statement: STATEMENT });
		await api.send("POST", "/2015-03-31/functions/fn/policy", {
			StatementId: "s3",
			Action: "lambda:InvokeFunction",
			Principal: "s3.amazonaws.com",
		});
		const { Id, Statement } = JSON.parse((await json(await api.send("GET", path()))).Policy!);
		expect([Id, Statement.map(({ Sid }: { Sid: string }) => Sid)]).toEqual(["mine", ["one", "s3"]]);
	});

	it("only at the revision that is named", async () => {
		const wrong = crypto.randomUUID();
		const refused = await put(DOCUMENT, { RevisionId: wrong });
		expect([refused.status, refused.headers.get("x-amzn-errortype")]).toEqual([412, "PreconditionFailedException"]);
		const { RevisionId } = await json(await put(DOCUMENT));
		expect((await put(DOCUMENT, { RevisionId })).status).toBe(200);
		expect((await put(DOCUMENT, { RevisionId })).status).toBe(412);
		expect((await api.send("DELETE", `${path()}?RevisionId=${RevisionId}`)).status).toBe(412);
	});

	it.each([
		["no JSON", "{"],
		["a list", "[]"],
		["no version", { Statement: [STATEMENT] }],
		["no statement", { Version: "2012-10-17" }],
		["an empty list", { Version: "2012-10-17", Statement: [] }],
		["another member", { ...DOCUMENT, Extra: 1 }],
		["two of one id", { ...DOCUMENT, Statement: [STATEMENT, STATEMENT] }],
		...(
			[
				["an effect", { Effect: "Maybe" }],
				["no principal", { Principal: undefined }],
				["a kind of principal", { Principal: { Canonical: "x" } }],
				["NotAction", { NotAction: "lambda:*" }],
				["another service's action", { Action: "s3:GetObject" }],
				["another function", { Resource: `${ARN}2` }],
				["an operator", { Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }],
				["a value", { Condition: { StringEquals: { k: 1 } } }],
				["a condition", { Condition: { StringEquals: "x" } }],
			] as [string, object][]
		).map(([name, members]) => [name, { ...DOCUMENT, Statement: { ...STATEMENT, ...members } }] as const),
	] as [string, object | string][])("refuses a document with %s", async (_, document) => {
		const response = await put(document);
		expect([response.status, response.headers.get("x-amzn-errortype")]).toEqual([
			400,
			"InvalidParameterValueException",
		]);
		expect((await json(response)).message).toMatch(/^The policy is not valid: /);
		expect((await api.send("GET", path())).status).toBe(404);
	});

	it("refuses runtimes, $LATEST, and what is not there", async () => {
		expect((await put(DOCUMENT, {}, "arn:aws:lambda:us-east-1:000000000000:runtime/x")).status).toBe(400);
		expect((await put(DOCUMENT, {}, `${ARN}:$LATEST`)).status).toBe(400);
		const other = { ...DOCUMENT, Statement: { ...STATEMENT, Resource: `${ARN}2` } };
		expect((await put(other, {}, `${ARN}2`)).status).toBe(404);
	});
});

describe("DeleteResourcePolicy", () => {
	it("takes the whole of it, once", async () => {
		await put(DOCUMENT);
		expect((await api.send("DELETE", path())).status).toBe(204);
		const again = await api.send("DELETE", path());
		expect([again.status, (await json(again)).Message]).toEqual([
			404,
			"No policy is associated with the given resource.",
		]);
		expect((await api.send("GET", path())).status).toBe(404);
	});
});
