import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestApi, type TestApi } from "../../test/support/api.ts";
import { MAX_POLICY } from "./policy/change.ts";

const ARN = "arn:aws:lambda:us-east-1:000000000000:function:fn";
const PATH = "/2015-03-31/functions/fn/policy";
const S3 = { StatementId: "s3", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com" };

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
const add = (members: object = {}, query = "", name = "fn") =>
	api.send("POST", `/2015-03-31/functions/${encodeURIComponent(name)}/policy${query}`, { ...S3, ...members });
const statement = async (response: Response) => {
	expect(response.status).toBe(201);
	return JSON.parse((await json(response)).Statement!);
};
const policy = async (query = "") => json(await api.send("GET", PATH + query));
const revisionOf = async () => (await api.store.functions.get("fn"))!.revisionId;
const error = async (response: Response) => {
	const body = await json(response);
	return [response.status, response.headers.get("x-amzn-errortype"), body.message ?? body.Message];
};

async function publish(version = "1"): Promise<void> {
	const record = (await api.store.functions.get("fn"))!;
	await api.store.versions.create({ ...record, version, revisionId: crypto.randomUUID() });
}

async function alias(name = "live"): Promise<string> {
	const revisionId = crypto.randomUUID();
	await api.store.aliases.create({ functionName: "fn", name, version: "1", description: "", weights: {}, revisionId });
	return revisionId;
}

describe("AddPermission", () => {
	it("answers the statement, and the policy has it, as text of JSON", async () => {
		const added = { ...S3, SourceArn: "arn:aws:s3:::photos" };
		const expected =
			`{"Sid":"s3","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"${ARN}",` +
			'"Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::photos"}}}';
		expect(await json(await add(added))).toEqual({ Statement: expected });
		expect((await policy()).Policy).toBe(`{"Version":"2012-10-17","Id":"default","Statement":[${expected}]}`);
	});

	it.each([
		["*", "*"],
		["lambda.amazonaws.com", { Service: "lambda.amazonaws.com" }],
		["111111111111", { AWS: "arn:aws:iam::111111111111:root" }],
		["arn:aws:iam::111111111111:user/Ada", { AWS: "arn:aws:iam::111111111111:user/Ada" }],
		["arn:aws:sts::111111111111:assumed-role/r/s", { AWS: "arn:aws:sts::111111111111:assumed-role/r/s" }],
	])("for %s", async (Principal, expected) => {
		expect((await statement(await add({ Principal }))).Principal).toEqual(expected);
	});

	it.each(["invalid.nonaws.com", "11111111111", "arn:aws:s3:::bucket", "s3.amazonaws.com.evil", "nobody"])(
		"refuses the principal %s",
		async (Principal) => {
			expect(await error(await add({ Principal }))).toEqual([
				400,
				"InvalidParameterValueException",
				"The provided principal was invalid. Please check the principal and try again.",
			]);
			expect(await api.store.policies.get("fn", "")).toBeNull();
		},
	);

	it("writes all conditions, in the service's order", async () => {
		const members = {
			Action: "lambda:InvokeFunctionUrl",
			Principal: "*",
			SourceArn: "arn:aws:s3:::photos",
			SourceAccount: "111111111111",
			PrincipalOrgID: "o-1234567890",
			FunctionUrlAuthType: "NONE",
		};
		expect(JSON.stringify((await statement(await add(members))).Condition)).toBe(
			'{"StringEquals":{"AWS:SourceAccount":"111111111111","lambda:FunctionUrlAuthType":"NONE","aws:PrincipalOrgID":"o-1234567890"},"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::photos"}}',
		);
		const token = { StatementId: "alexa", Principal: "*", EventSourceToken: "amzn1.ask.skill.x" };
		expect((await statement(await add(token))).Condition).toEqual({
			StringEquals: { "lambda:EventSourceToken": "amzn1.ask.skill.x" },
		});
		const viaUrl = { StatementId: "url", Principal: "*", InvokedViaFunctionUrl: true };
		expect((await statement(await add(viaUrl))).Condition).toEqual({
			Bool: { "lambda:InvokedViaFunctionUrl": "true" },
		});
	});

	it("refuses what does not go together", async () => {
		expect(await error(await add({ FunctionUrlAuthType: "NONE" }))).toEqual([
			400,
			"InvalidParameterValueException",
			"FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action",
		]);
		expect((await add({ EventSourceToken: "t", SourceAccount: "111111111111" })).status).toBe(400);
	});

	it("refuses an id that is taken, however it is meant", async () => {
		await add();
		expect(await error(await add({ Principal: "sns.amazonaws.com" }))).toEqual([
			409,
			"ResourceConflictException",
			"The statement id (s3) provided already exists. Please provide a new statement id, or remove the existing statement.",
		]);
		await publish();
		expect((await add({}, "?Qualifier=1")).status).toBe(201);
	});

	it.each([
		["fn", "?Qualifier=$LATEST", 400, "We currently do not support adding policies for $LATEST."],
		[
			"fn:a",
			"?Qualifier=42",
			400,
			"The derived qualifier from the function name does not match the specified qualifier.",
		],
		["nope", "", 404, "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nope"],
		["fn:nope", "", 404, `Cannot find alias arn: ${ARN}:nope`],
		["fn", "?Qualifier=42", 404, `Function not found: ${ARN}:42`],
		["fn", "?Qualifier=valid-with-$-but", 404, `Function not found: ${ARN}:valid-with-$-but`],
	])("of %s%s is %i", async (name, query, status, message) => {
		const [got, , told] = await error(await add({}, query, name));
		expect([got, told]).toEqual([status, message]);
	});

	it("has a limit", async () => {
		const long = { SourceArn: `arn:aws:s3:::${"b".repeat(9000)}` };
		await add({ ...long, StatementId: "a" });
		await add({ ...long, StatementId: "b" });
		expect(await error(await add({ ...long, StatementId: "c" }))).toEqual([
			400,
			"PolicyLengthExceededException",
			expect.stringMatching(
				new RegExp(`^The final policy size \\(27\\d{3}\\) is bigger than the limit \\(${MAX_POLICY}\\)\\.$`),
			),
		]);
		expect(JSON.parse((await policy()).Policy!).Statement).toHaveLength(2);
	});

	it("of several at once loses none", async () => {
		const ids = Array.from({ length: 8 }, (_, n) => `s${n}`);
		const all = await Promise.all(ids.map((StatementId) => add({ StatementId })));
		expect(all.map(({ status }) => status)).toEqual(ids.map(() => 201));
		const sids = JSON.parse((await policy()).Policy!).Statement.map(({ Sid }: { Sid: string }) => Sid);
		expect(sids.toSorted()).toEqual(ids);
	});
});

describe("a policy's revision", () => {
	const STALE =
		"The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id";

	it("is the function's, which changes with it", async () => {
		const first = await revisionOf();
		expect(await error(await add({ RevisionId: "wrong" }))).toEqual([412, "PreconditionFailedException", STALE]);
		await statement(await add({ RevisionId: first }));
		const second = (await policy()).RevisionId!;
		expect(second).not.toBe(first);
		expect(await revisionOf()).toBe(second);
		const gone = await api.send("DELETE", `${PATH}/s3?RevisionId=wrong`);
		expect([gone.status, gone.headers.get("x-amzn-errortype")]).toEqual([412, "PreconditionFailedException"]);
		expect((await api.send("DELETE", `${PATH}/s3?RevisionId=${second}`)).status).toBe(204);
		expect(await revisionOf()).not.toBe(second);
	});

	it("leaves the function's instances what they are", async () => {
		const prepared = api.engine.prepared.length;
		const before = (await api.store.functions.get("fn"))!;
		await add();
		expect(api.engine.prepared).toHaveLength(prepared);
		expect((await api.store.functions.get("fn"))!.updateId).toBe(before.updateId ?? before.revisionId);
		await add({ StatementId: "b" });
		expect((await api.store.functions.get("fn"))!.updateId).toBe(before.updateId ?? before.revisionId);
		await api.send("PUT", "/2015-03-31/functions/fn/configuration", { Timeout: 9 });
		expect((await api.store.functions.get("fn"))!.updateId).not.toBe(before.updateId ?? before.revisionId);
	});

	it("is the alias's or the version's own", async () => {
		await publish();
		const live = await alias();
		await add({ RevisionId: live }, "?Qualifier=live");
		const { RevisionId, Policy } = await policy("?Qualifier=live");
		expect((await api.store.aliases.get("fn", "live"))!.revisionId).toBe(RevisionId);
		expect(JSON.parse(Policy!).Statement[0].Resource).toBe(`${ARN}:live`);
		await add({}, "", "fn:1");
		expect((await api.store.versions.get("fn", "1"))!.revisionId).toBe((await policy("?Qualifier=1")).RevisionId);
		expect((await api.send("GET", PATH)).status).toBe(404);
	});
});

describe("RemovePermission", () => {
	it("takes statements away, and with the last the policy", async () => {
		await add();
		await add({ StatementId: "sqs", Principal: "sqs.amazonaws.com" });
		expect((await api.send("DELETE", `${PATH}/sqs`)).status).toBe(204);
		expect(JSON.parse((await policy()).Policy!).Statement.map(({ Sid }: { Sid: string }) => Sid)).toEqual(["s3"]);
		expect(await error(await api.send("DELETE", `${PATH}/sqs`))).toEqual([
			404,
			"ResourceNotFoundException",
			"Statement sqs is not found in resource policy.",
		]);
		await api.send("DELETE", `${PATH}/s3`);
		expect((await policy()).Message).toBe("The resource you requested does not exist.");
		expect(await error(await api.send("DELETE", `${PATH}/s3`))).toEqual([
			404,
			"ResourceNotFoundException",
			"No policy is associated with the given resource.",
		]);
	});

	it("of what is not there is 404", async () => {
		const of = async (name: string) => error(await api.send("DELETE", `/2015-03-31/functions/${name}/policy/s3`));
		expect((await of("nope"))[2]).toBe("No policy found for: arn:aws:lambda:us-east-1:000000000000:function:nope");
		expect((await of("fn:live"))[2]).toBe(`Cannot find alias arn: ${ARN}:live`);
	});
});

describe("GetPolicy", () => {
	it.each(["nope/policy", "fn/policy", "fn/policy?Qualifier=77", "fn/policy?Qualifier=$LATEST"])(
		"of %s is 404",
		async (it) => {
			const response = await api.send("GET", `/2015-03-31/functions/${it}`);
			expect(await error(response)).toEqual([
				404,
				"ResourceNotFoundException",
				"The resource you requested does not exist.",
			]);
		},
	);

	it("goes with its function", async () => {
		await add();
		await api.send("DELETE", "/2015-03-31/functions/fn");
		await api.create("fn");
		expect((await api.send("GET", PATH)).status).toBe(404);
	});
});
