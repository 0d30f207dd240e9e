import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { codeOf, openTestApi, type TestApi } from "../../test/support/api.ts";
import { zipOf } from "../../test/support/zip.ts";

const V = "/2018-10-31/layers/l/versions";
const ARN = "arn:aws:lambda:us-east-1:000000000000:layer:l:1";
const PERMISSION = { StatementId: "s1", Action: "lambda:GetLayerVersion", Principal: "*" };
const STATEMENT = { Sid: "s1", Effect: "Allow", Principal: "*", Action: "lambda:GetLayerVersion", Resource: ARN };
const STALE =
	"The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest Revision Id";

let api: TestApi;
beforeEach(async () => {
	api = await openTestApi();
	await json("POST", V, { Content: codeOf(zipOf([{ name: "a", data: Buffer.from("a") }])) });
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
const add = (members: object = {}, query = "", version = "1") =>
	json("POST", `${V}/${version}/policy${query}`, { ...PERMISSION, ...members });
const remove = (sid: string, query = "") => json("DELETE", `${V}/1/policy/${sid}${query}`);
const policy = async () => {
	const [, body] = await json("GET", `${V}/1/policy`);
	return { ...body, Policy: JSON.parse(body.Policy) };
};

describe("permissions on a layer version", () => {
	it("are added, shown and removed, with a revision of their own", async () => {
		const [status, added] = await add();
		expect([status, JSON.parse(added.Statement)]).toEqual([201, STATEMENT]);
		expect(await policy()).toEqual({
			Policy: { Version: "2012-10-17", Id: "default", Statement: [STATEMENT] },
			RevisionId: added.RevisionId,
		});
		const [, second] = await add({ StatementId: "s2" }, `?RevisionId=${added.RevisionId}`);
		expect(second.RevisionId).not.toBe(added.RevisionId);
		expect((await policy()).Policy.Statement.map((it: Body) => it.Sid)).toEqual(["s1", "s2"]);
		expect(await remove("s2", `?RevisionId=${second.RevisionId}`)).toEqual([204, null]);
		const left = await policy();
		expect(left.Policy.Statement).toEqual([STATEMENT]);
		expect([added.RevisionId, second.RevisionId]).not.toContain(left.RevisionId);
		expect(await remove("s1")).toEqual([204, null]);
		expect(await json("GET", `${V}/1/policy`)).toMatchObject([
			404,
			{ Message: "No policy is associated with the given resource." },
		]);
	});

	it("name an account, or all of an organisation", async () => {
		const root = { AWS: "arn:aws:iam::111111111111:root" };
		expect(JSON.parse((await add({ Principal: "111111111111" }))[1].Statement).Principal).toEqual(root);
		const [, body] = await add({ StatementId: "s2", OrganizationId: "o-0123456789" });
		expect(JSON.parse(body.Statement).Condition).toEqual({ StringEquals: { "aws:PrincipalOrgID": "o-0123456789" } });
	});

	it("end with the version, and do not come back with its number", async () => {
		await add();
		await json("DELETE", `${V}/1`);
		expect(await api.store.policies.get("layer:l", "1")).toBeNull();
		expect((await json("GET", `${V}/1/policy`))[0]).toBe(404);
	});

	it("are all there, whoever adds them at the same time", async () => {
		const ids = Array.from({ length: 8 }, (_, n) => `s${n}`);
		const added = await Promise.all(ids.map((StatementId) => add({ StatementId })));
		expect(added.map(([status]) => status)).toEqual(ids.map(() => 201));
		expect((await policy()).Policy.Statement.map((it: Body) => it.Sid).sort()).toEqual(ids);
	});

	const missing = `Layer version ${ARN.replace(/1$/, "2")} does not exist.`;
	it.each<[string, () => Promise<[number, Body]>, number, string | RegExp]>([
		["another action", () => add({ Action: "*" }), 400, /Value '\*' at 'action' .* pattern: lambda:GetLayerVersion$/],
		["an id that is taken", () => add(), 409, /^The statement id \(s1\) provided already exists/],
		["an old revision", () => add({ StatementId: "s2" }, "?RevisionId=wrong"), 412, STALE],
		["an old revision, to remove", () => remove("s1", "?RevisionId=wrong"), 412, STALE],
		["no such statement", () => remove("nope"), 404, "Statement nope is not found in resource policy."],
		["no such version", () => add({}, "", "2"), 404, missing],
		["no such version, to read", () => json("GET", `${V}/2/policy`), 404, missing],
		["no such version, to remove", () => json("DELETE", `${V}/2/policy/s1`), 404, missing],
		["a version below 1", () => add({}, "", "0"), 400, "Layer Version Cannot be less than 1"],
		[
			"an organisation's account",
			() => add({ Principal: "111111111111", OrganizationId: "o-0123456789" }),
			400,
			/only if/,
		],
	])("are refused: %s", async (_, act, status, text) => {
		await add();
		const [got, body] = await act();
		expect(got).toBe(status);
		expect(body.message ?? body.Message).toMatch(text);
		expect((await policy()).Policy.Statement).toEqual([STATEMENT]);
	});
});
