import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { codeOf, openTestApi, ROLE, type TestApi, wasm } from "../../test/support/api.ts";
import { zipOf } from "../../test/support/zip.ts";
import { profileArn } from "../signing/profile.ts";
import { signBundle } from "../signing/sign.ts";
import { MAX_BUNDLE } from "../signing/verify.ts";

const F = "/2015-03-31/functions";
const C = "/2020-04-22/code-signing-configs";
const of = (name: string) => `/2020-06-30/functions/${name}/code-signing-config`;
const AWS = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/test";
const UNKNOWN = `arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-${"0".repeat(17)}`;
const NOWHERE = `The Lambda code signing configuration ${UNKNOWN} can not be found.`;
const NOT_FOUND = `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${UNKNOWN}.`;
const FUNCTION = "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nope";

const key = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const PROFILE = { name: "p", region: "us-east-1", account: "000000000000" };
const ours = key();

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
const message = ({ message, Message }: Body) => message ?? Message;
const at = (arn: string) => `${C}/${encodeURIComponent(arn)}`;

async function config(publishers: string[], UntrustedArtifactOnDeployment?: "Warn" | "Enforce"): Promise<string> {
	const [status, body] = await json("POST", C, {
		AllowedPublishers: { SigningProfileVersionArns: publishers },
		...(UntrustedArtifactOnDeployment ? { CodeSigningPolicies: { UntrustedArtifactOnDeployment } } : {}),
	});
	expect(status).toBe(201);
	return body.CodeSigningConfig.CodeSigningConfigArn;
}

/** A zip of code, and of a bundle beside it. */
async function signed(code: Uint8Array, signer: KeyObject | null, of: Uint8Array = code) {
	const bundle = signer && { name: "a/main.sigstore.json", data: Buffer.from(await signBundle(of, signer)) };
	return codeOf(zipOf([{ name: "a/main.wasm", data: code }, ...(bundle ? [bundle] : [])]));
}

describe("a code signing config", () => {
	it("is created, shown, changed and deleted", async () => {
		const [status, { CodeSigningConfig }] = await json("POST", C, {
			Description: "d",
			AllowedPublishers: { SigningProfileVersionArns: [AWS] },
			CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Enforce" },
			Tags: { team: "a" },
		});
		const arn = CodeSigningConfig.CodeSigningConfigArn;
		expect([status, CodeSigningConfig]).toEqual([
			201,
			{
				CodeSigningConfigId: expect.stringMatching(/^csc-[a-z0-9]{17}$/),
				CodeSigningConfigArn: `arn:aws:lambda:us-east-1:000000000000:code-signing-config:${CodeSigningConfig.CodeSigningConfigId}`,
				Description: "d",
				AllowedPublishers: { SigningProfileVersionArns: [AWS] },
				CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Enforce" },
				LastModified: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/),
			},
		]);
		expect(await json("PUT", at(arn), {})).toMatchObject([200, { CodeSigningConfig: { Description: "d" } }]);
		const changes = { CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Warn" }, Description: "" };
		expect(await json("PUT", at(arn), changes)).toMatchObject([200, { CodeSigningConfig: changes }]);
		expect(await json("GET", at(arn))).toMatchObject([200, { CodeSigningConfig: changes }]);
		expect((await json("GET", `/2017-03-31/tags/${encodeURIComponent(arn)}`))[1]).toEqual({ Tags: { team: "a" } });
		expect(await json("DELETE", at(arn))).toEqual([204, null]);
		expect((await json("GET", at(arn)))[0]).toBe(404);
	});

	it("warns unless it is told to enforce", async () => {
		const arn = await config([AWS]);
		expect((await json("GET", at(arn)))[1].CodeSigningConfig.CodeSigningPolicies).toEqual({
			UntrustedArtifactOnDeployment: "Warn",
		});
	});

	it("is listed, in pages", async () => {
		const arns = new Set<string>();
		for (let n = 0; n < 5; n++) arns.add(await config([AWS]));
		const [, first] = await json("GET", `${C}?MaxItems=3`);
		const [, second] = await json("GET", `${C}?MaxItems=3&Marker=${first.NextMarker}`);
		const listed = [first, second].flatMap((it) => it.CodeSigningConfigs.map((one: Body) => one.CodeSigningConfigArn));
		expect([first.CodeSigningConfigs.length, second.CodeSigningConfigs.length]).toEqual([3, 2]);
		expect(new Set(listed)).toEqual(arns);
		expect(second).not.toHaveProperty("NextMarker");
	});

	it.each([
		[
			"nobody",
			{ AllowedPublishers: { SigningProfileVersionArns: [] } },
			/at 'allowedPublishers.signingProfileVersionArns'/,
		],
		["21", { AllowedPublishers: { SigningProfileVersionArns: Array(21).fill(AWS) } }, /less than or equal to 20/],
		["no ARN", { AllowedPublishers: { SigningProfileVersionArns: ["me"] } }, /regular expression pattern/],
		["no publishers", {}, /Value null at 'allowedPublishers'/],
		[
			"another policy",
			{
				AllowedPublishers: { SigningProfileVersionArns: [AWS] },
				CodeSigningPolicies: { UntrustedArtifactOnDeployment: "no" },
			},
			/enum value set: \[Warn, Enforce\]$/,
		],
	])("is refused with %s", async (_, body, text) => {
		const [status, reply] = await json("POST", C, body);
		expect([status, message(reply)]).toEqual([400, expect.stringMatching(text)]);
	});

	it.each([
		["GET", undefined],
		["PUT", { Description: "d" }],
		["PUT", {}],
		["DELETE", undefined],
	])("that is not there is said to be so: %s %s", async (method, body) => {
		expect(await json(method, at(UNKNOWN), body)).toEqual([404, { Message: NOWHERE }]);
		expect((await json(method, at(UNKNOWN.replace(":0000", ":1111")), body))[0]).toBe(404);
	});
});

describe("a function's code signing config", () => {
	it("is set, shown and taken away, and its config stays as long as it is used", async () => {
		const arn = await config([AWS], "Enforce");
		await api.create("one");
		await api.create("two");
		expect(await json("GET", of("one"))).toEqual([200, {}]);
		expect(await json("DELETE", of("one"))).toEqual([204, null]);
		const set = { CodeSigningConfigArn: arn, FunctionName: "one" };
		expect(await json("PUT", of("one"), { CodeSigningConfigArn: arn })).toEqual([200, set]);
		expect(await json("GET", of("one"))).toEqual([200, set]);
		const users = `${C}/${encodeURIComponent(arn)}/functions`;
		const one = "arn:aws:lambda:us-east-1:000000000000:function:one";
		expect(await json("GET", users)).toEqual([200, { FunctionArns: [one] }]);
		const [status, body] = await json("DELETE", at(arn));
		expect([status, message(body)]).toEqual([409, expect.stringContaining(`is in use by ${one}`)]);
		expect(await json("DELETE", of("one"))).toEqual([204, null]);
		expect(await json("GET", users)).toEqual([200, { FunctionArns: [] }]);
		expect(await json("DELETE", at(arn))).toEqual([204, null]);
	});

	it("goes with the function", async () => {
		const arn = await config([AWS]);
		await api.create("one", { CodeSigningConfigArn: arn });
		expect((await json("DELETE", `${F}/one`))[0]).toBe(204);
		expect(await json("DELETE", at(arn))).toEqual([204, null]);
	});

	it("is listed with others', in pages", async () => {
		const arn = await config([AWS]);
		for (const name of ["c", "a", "b", "other"]) await api.create(name);
		for (const name of ["c", "a", "b"]) await json("PUT", of(name), { CodeSigningConfigArn: arn });
		const users = `${C}/${encodeURIComponent(arn)}/functions`;
		const [, first] = await json("GET", `${users}?MaxItems=2`);
		const [, second] = await json("GET", `${users}?MaxItems=2&Marker=${first.NextMarker}`);
		const names = [...first.FunctionArns, ...second.FunctionArns].map((it: string) => it.split(":").at(-1));
		expect([names, second.NextMarker]).toEqual([["a", "b", "c"], undefined]);
	});

	it("of two who delete a config and give it to a function at once, one is told no", async () => {
		for (let round = 0; round < 10; round++) {
			const arn = await config([AWS]);
			if (round === 0) await api.create("one");
			const answers = await Promise.all([
				json("DELETE", at(arn)),
				json("PUT", of("one"), { CodeSigningConfigArn: arn }),
			]);
			const statuses = answers.map(([status]) => status);
			expect([
				[204, 404],
				[409, 200],
			]).toContainEqual(statuses);
		}
	});

	it.each<[string, string, string, object | undefined, string]>([
		["a function that there is not", "GET", of("nope"), undefined, FUNCTION],
		["a function that there is not, to take it away", "DELETE", of("nope"), undefined, FUNCTION],
		["a config that there is not", "PUT", of("one"), { CodeSigningConfigArn: UNKNOWN }, NOT_FOUND],
		["neither", "PUT", of("nope"), { CodeSigningConfigArn: UNKNOWN }, NOT_FOUND],
		["a config that there is not, to list", "GET", `${C}/${encodeURIComponent(UNKNOWN)}/functions`, undefined, NOWHERE],
	])("is 404 for %s", async (_, method, path, body, text) => {
		await api.create("one");
		const [status, reply] = await json(method, path, body);
		expect([status, message(reply)]).toEqual([404, text]);
	});

	it("is 404 for a function that there is not, and for a new one with a config that there is not", async () => {
		const [status, reply] = await json("PUT", of("nope"), { CodeSigningConfigArn: await config([AWS]) });
		expect([status, message(reply)]).toEqual([404, FUNCTION]);
		const definition = { FunctionName: "one", Role: ROLE, Runtime: "provided.wasi", Code: codeOf(wasm()) };
		const [refused, body] = await json("POST", F, { ...definition, CodeSigningConfigArn: UNKNOWN });
		expect([refused, message(body)]).toEqual([404, NOT_FOUND]);
		expect(await api.store.functions.get("one")).toBeNull();
	});
});

describe("code of a function with a code signing config", () => {
	const profile = profileArn(ours, PROFILE);
	const update = (code: object) => json("PUT", `${F}/one/code`, code);

	it("is deployed if it is signed, and its signer is shown", async () => {
		const CodeSigningConfigArn = await config([AWS, profile], "Enforce");
		await api.create("one", { CodeSigningConfigArn, Code: await signed(wasm("1"), ours) });
		expect((await json("GET", `${F}/one/configuration`))[1].SigningProfileVersionArn).toBe(profile);
		expect(await update(await signed(wasm("2"), ours))).toMatchObject([200, { SigningProfileVersionArn: profile }]);
		await json("DELETE", of("one"));
		expect((await update(await signed(wasm("3"), null)))[1]).not.toHaveProperty("SigningProfileVersionArn");
		expect(api.notes).toEqual([]);
	});

	const cannot =
		"Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept. Check the provided signature for one. ";
	const integrity = "The code signature failed the integrity check. ";
	const mainOnly = { name: "a/main.wasm", data: wasm("2") };
	const cases: [string, string, string, () => Promise<object>][] = [
		["not signed", "CodeVerificationFailedException", cannot, () => signed(wasm("2"), null)],
		["a bare .wasm", "CodeVerificationFailedException", cannot, async () => codeOf(wasm("2"))],
		["signed by another", "CodeVerificationFailedException", cannot, () => signed(wasm("2"), key())],
		[
			"signed under another name",
			"CodeVerificationFailedException",
			cannot,
			async () =>
				codeOf(zipOf([mainOnly, { name: "main.sigstore.json", data: Buffer.from(await signBundle(wasm("2"), ours)) }])),
		],
		["changed since", "InvalidCodeSignatureException", integrity, () => signed(wasm("2"), ours, wasm("3"))],
		[
			"with a bundle that is none",
			"InvalidCodeSignatureException",
			integrity,
			async () => codeOf(zipOf([mainOnly, { name: "a/main.sigstore.json", data: Buffer.from("{]") }])),
		],
		[
			"with a huge bundle",
			"InvalidCodeSignatureException",
			integrity,
			async () => codeOf(zipOf([mainOnly, { name: "a/main.sigstore.json", data: Buffer.alloc(MAX_BUNDLE + 1, " ") }])),
		],
	];

	it.each(cases)(
		"is refused before it is built, if it is %s and signatures are enforced",
		async (_, name, text, make) => {
			const CodeSigningConfigArn = await config([profile], "Enforce");
			await api.create("one", { CodeSigningConfigArn, Code: await signed(wasm("1"), ours) });
			const before = await api.store.functions.get("one");
			const response = await api.send("PUT", `${F}/one/code`, await make());
			const body = (await response.json()) as Body;
			expect([response.status, response.headers.get("x-amzn-errortype"), body.Type]).toEqual([400, name, "User"]);
			expect(body.Message.startsWith(text)).toBe(true);
			expect(api.engine.built).toHaveLength(1);
			expect(await api.store.functions.get("one")).toEqual(before);
		},
	);

	it.each(cases)(
		"is deployed with a line in the log, or refused for what is broken, if it is %s and the config warns",
		async (_, name, _text, make) => {
			const CodeSigningConfigArn = await config([profile], "Warn");
			await api.create("one", { CodeSigningConfigArn, Code: await signed(wasm("1"), ours) });
			const [status] = await update(await make());
			const broken = name === "InvalidCodeSignatureException";
			expect(status).toBe(broken ? 400 : 200);
			expect(api.notes).toEqual(
				broken ? [] : [expect.stringMatching(/^one: WARNING The code signature failed a check of csc-/)],
			);
		},
	);

	it("is refused if the config is gone, which cannot be", async () => {
		const CodeSigningConfigArn = await config([profile], "Enforce");
		await api.create("one", { CodeSigningConfigArn, Code: await signed(wasm("1"), ours) });
		await api.store.codeSigningConfigs.delete("", CodeSigningConfigArn.split(":").at(-1)!);
		const [status, body] = await update(await signed(wasm("2"), ours));
		expect([status, message(body)]).toEqual([404, expect.stringContaining("cannot be found")]);
	});

	it("that is there already stays, and its configuration can be changed", async () => {
		await api.create("one");
		await json("PUT", of("one"), { CodeSigningConfigArn: await config([profile], "Enforce") });
		expect((await json("PUT", `${F}/one/configuration`, { Timeout: 9 }))[0]).toBe(200);
		expect((await update(codeOf(wasm("2"))))[0]).toBe(400);
		expect((await update({ ...(await signed(wasm("2"), null)), DryRun: true }))[0]).toBe(400);
	});

	it("of a new function is refused, and nothing is kept of it", async () => {
		const CodeSigningConfigArn = await config([profile], "Enforce");
		const definition = { FunctionName: "one", Role: ROLE, Runtime: "provided.wasi", Code: codeOf(wasm()) };
		expect((await json("POST", F, { ...definition, CodeSigningConfigArn }))[0]).toBe(400);
		expect(await api.store.functions.get("one")).toBeNull();
		expect(await json("GET", `${C}/${encodeURIComponent(CodeSigningConfigArn)}/functions`)).toEqual([
			200,
			{ FunctionArns: [] },
		]);
	});

	it("may have a broken bundle where nobody asks for a signature", async () => {
		const zip = zipOf([mainOnly, { name: "a/main.sigstore.json", data: Buffer.alloc(MAX_BUNDLE + 1) }]);
		await api.create("one", { Code: codeOf(zip) });
	});
});
