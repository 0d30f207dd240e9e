/** Function URLs of a host with keys: who may call them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	AddPermissionCommand,
	type AddPermissionCommandInput,
	CreateAliasCommand,
	CreateFunctionCommand,
	CreateFunctionUrlConfigCommand,
	DeleteAliasCommand,
	LambdaClient,
	PublishVersionCommand,
	PutResourcePolicyCommand,
	RemovePermissionCommand,
	UpdateFunctionUrlConfigCommand,
} from "@aws-sdk/client-lambda";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sha256 } from "../../host/auth/sigv4/signature.ts";
import { pilot } from "../../host/cli/testing/pilot.ts";
import { ROLE } from "../support/api.ts";
import { guest } from "../support/guests.ts";
import { startTestHost, type TestHost } from "../support/host.ts";
import { available, run } from "../support/run.ts";

interface Key {
	id: string;
	secret: string;
}

let data: string;
let host: TestHost;
let ours: Key;
let theirs: Key;
let client: LambdaClient;
const OTHER = "111122223333";
const ARN = "arn:aws:lambda:us-east-1:000000000000:function:";

beforeAll(async () => {
	data = mkdtempSync(join(tmpdir(), "pilot-urls-"));
	host = await startTestHost({ data });
	const create = async (...args: string[]): Promise<Key> => {
		const { stdout } = await pilot(["keys", "create", ...args, "--data", data, "--json"], { endpoint: host.apiUrl });
		return JSON.parse(stdout);
	};
	ours = await create();
	theirs = await create("--account", OTHER);
	const credentials = { accessKeyId: ours.id, secretAccessKey: ours.secret };
	client = new LambdaClient({ endpoint: host.apiUrl, region: "us-east-1", credentials, maxAttempts: 1 });
	await make("echo", await guest("echo"));
}, 120_000);
afterAll(async () => {
	client?.destroy();
	await host?.close();
	rmSync(data, { recursive: true, force: true });
});

async function make(FunctionName: string, ZipFile: Uint8Array): Promise<void> {
	const settings = { FunctionName, Role: ROLE, Runtime: "provided.al2023" as const, Handler: "h" };
	await client.send(new CreateFunctionCommand({ ...settings, Code: { ZipFile } }));
	await client.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE" }));
}

const permit = (FunctionName: string, StatementId: string, more: Partial<AddPermissionCommandInput> = {}) =>
	client.send(
		new AddPermissionCommand({
			FunctionName,
			StatementId,
			Principal: "*",
			Action: "lambda:InvokeFunctionUrl",
			...more,
		}),
	);
const viaUrl = { Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true };

interface Answer {
	status: number;
	type: string | null;
	body: string;
}

async function call(path: string, init: RequestInit = {}): Promise<Answer> {
	const response = await fetch(`${host.urlPortUrl}${path}`, init);
	return { status: response.status, type: response.headers.get("x-amzn-errortype"), body: await response.text() };
}

async function signedCall(key: Key, path: string, body = "", sent = body): Promise<Answer> {
	const url = new URL(path, host.urlPortUrl);
	const signer = new SignatureV4({
		service: "lambda",
		region: "us-east-1",
		sha256: Sha256,
		credentials: { accessKeyId: key.id, secretAccessKey: key.secret },
	});
	const method = body === "" ? "GET" : "POST";
	const { headers } = await signer.sign({
		method,
		protocol: "http:",
		hostname: url.hostname,
		path: url.pathname,
		query: Object.fromEntries(url.searchParams),
		headers: { host: url.host },
		body,
	});
	const { host: _, ...rest } = headers;
	return call(url.pathname + url.search, { method, headers: rest, ...(sent === "" ? {} : { body: sent }) });
}

const FORBIDDEN = {
	status: 403,
	type: "AccessDeniedException",
	body: '{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}',
};

describe("a URL with AuthType NONE", () => {
	it("is open once its policy lets everybody do both, and closed again", async () => {
		expect(await call("/echo/")).toEqual(FORBIDDEN);
		await permit("echo", "url", { FunctionUrlAuthType: "NONE" });
		expect(await call("/echo/")).toEqual(FORBIDDEN);
		await permit("echo", "invoke", viaUrl);
		expect((await call("/echo/")).status).toBe(200);
		await client.send(new RemovePermissionCommand({ FunctionName: "echo", StatementId: "url" }));
		expect(await call("/echo/")).toEqual(FORBIDDEN);
		await permit("echo", "iam-only", { FunctionUrlAuthType: "AWS_IAM" });
		expect(await call("/echo/")).toEqual(FORBIDDEN);
		await permit("echo", "url", { FunctionUrlAuthType: "NONE" });
		expect((await call("/echo/")).status).toBe(200);
	});

	it("is closed by a statement that denies it", async () => {
		const statement = (Effect: string, Action: string) => ({ Effect, Principal: "*", Action, Resource: `${ARN}echo` });
		const put = (...Statement: object[]) =>
			client.send(
				new PutResourcePolicyCommand({
					ResourceArn: `${ARN}echo`,
					Policy: JSON.stringify({ Version: "2012-10-17", Statement }),
				}),
			);
		await put(statement("Allow", "lambda:*"), statement("Deny", "lambda:InvokeFunctionUrl"));
		expect(await call("/echo/")).toEqual(FORBIDDEN);
		await put(statement("Allow", "lambda:*"));
		expect((await call("/echo/")).status).toBe(200);
	});

	it("is what pilot deploys", async () => {
		const env = { AWS_ACCESS_KEY_ID: ours.id, AWS_SECRET_ACCESS_KEY: ours.secret };
		const wasm = join(data, "deployed.wasm");
		writeFileSync(wasm, await guest("echo"));
		const ended = await pilot(["deploy", wasm, "--name", "deployed"], { endpoint: host.apiUrl, env });
		expect([ended.code, ended.stderr]).toEqual([0, ""]);
		expect((await call("/deployed/")).status).toBe(200);
	}, 60_000);
});

describe("a URL with AuthType AWS_IAM", () => {
	beforeAll(async () => {
		await client.send(new UpdateFunctionUrlConfigCommand({ FunctionName: "echo", AuthType: "AWS_IAM" }));
	});

	it("is for its account's keys, and says whose", async () => {
		expect(await call("/echo/")).toEqual(FORBIDDEN);
		const { status, body } = await signedCall(ours, "/echo/a%20b/ü?x=1&y=a%20b", "hello");
		expect(status).toBe(200);
		const event = JSON.parse(body);
		expect([event.body, event.rawPath]).toEqual([expect.any(String), "/a%20b/%C3%BC"]);
		expect(event.requestContext.authorizer).toEqual({
			iam: {
				accessKey: ours.id,
				accountId: "000000000000",
				callerId: "000000000000",
				cognitoIdentity: null,
				principalOrgId: null,
				userArn: "arn:aws:iam::000000000000:root",
				userId: "000000000000",
			},
		});
	});

	it("refuses another secret, an unknown key, and a body that was changed", async () => {
		expect(await signedCall({ ...ours, secret: "no" }, "/echo/")).toMatchObject({
			status: 403,
			type: "InvalidSignatureException",
		});
		expect(await signedCall({ id: "AKIANOPE", secret: "x" }, "/echo/")).toMatchObject({
			status: 403,
			type: "UnrecognizedClientException",
		});
		expect(await signedCall(ours, "/echo/", "good", "evil")).toMatchObject({ type: "InvalidSignatureException" });
		expect((await signedCall(ours, "/echo/", "good")).status).toBe(200);
	});

	it("is for another account's keys once the policy says so", async () => {
		await client.send(
			new PutResourcePolicyCommand({
				ResourceArn: `${ARN}echo`,
				Policy: JSON.stringify({
					Version: "2012-10-17",
					Statement: { Effect: "Allow", Principal: { AWS: "999999999999" }, Action: "*", Resource: `${ARN}echo` },
				}),
			}),
		);
		expect(await signedCall(theirs, "/echo/")).toEqual(FORBIDDEN);
		await permit("echo", "url", { Principal: OTHER, FunctionUrlAuthType: "AWS_IAM" });
		await permit("echo", "invoke", { Principal: OTHER, ...viaUrl });
		const { status, body } = await signedCall(theirs, "/echo/");
		expect([status, JSON.parse(body).requestContext.authorizer.iam.accountId]).toEqual([200, OTHER]);
		expect(JSON.parse(body).requestContext.accountId).toBe("000000000000");
	});

	it.skipIf(!available("python3", ["-c", "import botocore"], "botocore does not call function URLs."))(
		"takes botocore's signatures, presigned too",
		async () => {
			const script = `
import sys, urllib.request
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
c = Credentials(sys.argv[2], sys.argv[3])
for kind in (SigV4Auth, SigV4QueryAuth):
    r = AWSRequest(method="GET", url=sys.argv[1] + "/echo/p%20q?a=b%20c&a=&%C3%BC=1")
    kind(c, "lambda", "eu-west-1").add_auth(r)
    p = r.prepare()
    print(urllib.request.urlopen(urllib.request.Request(p.url, headers=dict(p.headers))).status)
`;
			const { stdout, stderr } = await run("python3", ["-c", script, host.urlPortUrl, ours.id, ours.secret], {});
			expect([stderr, stdout]).toEqual(["", "200\n200\n"]);
		},
		60_000,
	);
});

describe("a URL of an alias", () => {
	it("has a policy of its own, and is nobody's once the alias is gone", async () => {
		const FunctionName = "echo";
		await client.send(new PublishVersionCommand({ FunctionName }));
		const live = { FunctionName, Qualifier: "live" };
		await client.send(new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1" }));
		const { FunctionUrl } = await client.send(new CreateFunctionUrlConfigCommand({ ...live, AuthType: "NONE" }));
		const id = new URL(FunctionUrl!).hostname.split(".")[0]!;
		expect(await call(`/${id}/`)).toEqual(FORBIDDEN);
		await permit("echo", "url", { ...live, FunctionUrlAuthType: "NONE" });
		await permit("echo", "invoke", { ...live, ...viaUrl });
		expect((await call(`/${id}/`)).status).toBe(200);
		await client.send(new DeleteAliasCommand({ FunctionName, Name: "live" }));
		expect(await call(`/${id}/`)).toEqual(FORBIDDEN);
	});
});
