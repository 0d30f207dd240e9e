/** Access keys, with the clients that people have: AWS's SDK, boto3, AWS's and this host's command line. */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	CreateFunctionCommand,
	GetFunctionCommand,
	InvokeCommand,
	LambdaClient,
	ListFunctionsCommand,
	UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sha256 } from "../../host/auth/sigv4/signature.ts";
import { pilot } from "../../host/cli/testing/pilot.ts";
import { ROLE } from "../support/api.ts";
import { guest } from "../support/guests.ts";
import { awsEnvironment, startTestHost, type TestHost } from "../support/host.ts";
import { available, run } from "../support/run.ts";

interface Key {
	id: string;
	secret: string;
	account: string;
}

let data: string;
let host: TestHost;
let first: Key;
let second: Key;
const clients: LambdaClient[] = [];

beforeAll(async () => {
	data = mkdtempSync(join(tmpdir(), "pilot-keys-"));
	host = await startTestHost({ data });
	await host.client.send(
		new CreateFunctionCommand({
			FunctionName: "before",
			Role: ROLE,
			Runtime: "provided.al2023",
			Handler: "h",
			Code: { ZipFile: await guest("echo") },
		}),
	);
	first = await create();
	second = await create("--account", "111122223333", "--description", "theirs");
}, 120_000);
afterAll(async () => {
	for (const client of clients) client.destroy();
	await host?.close();
	rmSync(data, { recursive: true, force: true });
});

const keys = (args: string[], env: Record<string, string> = {}) =>
	pilot(["keys", ...args, "--data", data, "--json"], { endpoint: host.apiUrl, env });

async function create(...args: string[]): Promise<Key> {
	const { code, stdout, stderr } = await keys(["create", ...args]);
	expect([code, stderr]).toEqual([0, ""]);
	return JSON.parse(stdout);
}

function clientOf({ id, secret }: Pick<Key, "id" | "secret">, more: object = {}): LambdaClient {
	const client = new LambdaClient({
		endpoint: host.apiUrl,
		region: "us-east-1",
		credentials: { accessKeyId: id, secretAccessKey: secret },
		maxAttempts: 1,
		...more,
	});
	clients.push(client);
	return client;
}

const names = async (client: LambdaClient) =>
	(await client.send(new ListFunctionsCommand())).Functions!.map(({ FunctionName }) => FunctionName);
const refusal = (promise: Promise<unknown>) =>
	promise.then(
		() => ["accepted"],
		(error: Error & { $metadata?: { httpStatusCode?: number } }) => [
			error.name,
			error.$metadata?.httpStatusCode,
			error.message,
		],
	);
const MISMATCH =
	"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
const UNKNOWN = "The security token included in the request is invalid.";

describe("pilot keys", () => {
	it("makes keys in AWS's shape, and shows a secret once", async () => {
		expect(first).toMatchObject({
			id: expect.stringMatching(/^AKIA[A-Z2-7]{16}$/),
			secret: expect.stringMatching(/^[A-Za-z0-9+/]{40}$/),
			account: "000000000000",
		});
		const listed = await keys(["ls"]);
		expect(JSON.parse(listed.stdout)).toEqual(
			expect.arrayContaining([
				expect.objectContaining({ id: first.id, account: "000000000000", description: "" }),
				expect.objectContaining({ id: second.id, account: "111122223333", description: "theirs" }),
			]),
		);
		expect(listed.stdout).not.toContain(first.secret);
	});

	it("keeps secrets sealed, with a key that only this user reads", () => {
		for (const name of ["secrets.key", "admin.token"]) expect(statSync(join(data, name)).mode & 0o777).toBe(0o600);
		const kept = ["pilot.db", "pilot.db-wal"].map((name) => readFileSync(join(data, name), "latin1")).join("");
		expect(kept).toContain(first.id);
		expect(kept).not.toContain(first.secret);
	});

	it("refuses an account that is none, and an id that is not there", async () => {
		expect((await keys(["create", "--account", "12"])).stderr).toContain("12 digits");
		expect((await keys(["rm", "AKIANOPE"])).code).toBe(1);
	});
});

describe("a host with keys", () => {
	it("takes what is signed with one, and the region from the signature", async () => {
		expect(await names(clientOf(first))).toContain("before");
		const { Payload } = await clientOf(first).send(
			new InvokeCommand({ FunctionName: "before", Payload: Buffer.from("[1]") }),
		);
		expect(Buffer.from(Payload!).toString()).toBe("[1]");
		const there = clientOf(first, { region: "eu-central-1" });
		const { Configuration } = await there.send(new GetFunctionCommand({ FunctionName: "before" }));
		expect(Configuration!.FunctionArn).toBe("arn:aws:lambda:eu-central-1:000000000000:function:before");
	});

	it("refuses a wrong secret, an unknown key, and a clock that is off", async () => {
		const list = (client: LambdaClient) => refusal(client.send(new ListFunctionsCommand()));
		expect(await list(clientOf({ ...first, secret: "x".repeat(40) }))).toEqual([
			"InvalidSignatureException",
			403,
			MISMATCH,
		]);
		expect(await list(clientOf({ ...first, id: `AKIA${"A".repeat(16)}` }))).toEqual([
			"UnrecognizedClientException",
			403,
			UNKNOWN,
		]);
		// `systemClockOffset` would be corrected by the SDK, and the call made again.
		const [name, status, message] = await list(clientOf(first, { systemClockOffset: -20 * 60_000 }));
		expect([name, status]).toEqual(["InvalidSignatureException", 403]);
		expect(message).toMatch(
			/^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 15 min\.\)$/,
		);
		const [, , early] = await list(clientOf(first, { systemClockOffset: 20 * 60_000 }));
		expect(early).toMatch(/^Signature not yet current: \d{8}T\d{6}Z is still later than /);
	});

	it("refuses what is not signed, or not with this algorithm", async () => {
		const get = async (headers: Record<string, string>) => {
			const response = await fetch(`${host.apiUrl}/2015-03-31/functions/`, { headers });
			const body = (await response.json()) as { message: string };
			return [response.status, response.headers.get("x-amzn-errortype"), body.message];
		};
		expect(await get({})).toEqual([403, "MissingAuthenticationTokenException", "Missing Authentication Token"]);
		expect((await get({ authorization: "Bearer x" }))[1]).toBe("IncompleteSignatureException");
		expect((await get({ authorization: "AWS4-ECDSA-P256-SHA256 Credential=a/b/c" }))[2]).toMatch(
			/^Unsupported AWS 'algorithm'/,
		);
		expect((await get({ "x-pilot-token": "guess" }))[1]).toBe("UnrecognizedClientException");
		const unknown = await fetch(`${host.apiUrl}/nothing`);
		expect(unknown.status).toBe(403);
	});

	it("refuses a payload that is not what was signed, and one that nobody signed", async () => {
		const sent = (body: string, hashOf: string) =>
			signedFetch("POST", "/2015-03-31/functions/before/invocations", body, hashOf);
		expect(await (await sent("[2]", "")).text()).toBe("[2]");
		expect((await sent("[2]", "UNSIGNED-PAYLOAD")).status).toBe(403);
		expect((await sent("[2]", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")).status).toBe(403);
	});

	it("takes presigned URLs as long as they say", async () => {
		const presigned = async (signingDate: Date) => {
			const url = new URL(`${host.apiUrl}/2015-03-31/functions/before?Qualifier=$LATEST`);
			const { path, query } = await signer().presign(
				{
					method: "GET",
					protocol: "http:",
					hostname: url.hostname,
					path: url.pathname,
					query: { Qualifier: "$LATEST" },
					headers: { host: url.host },
				},
				{ expiresIn: 60, signingDate },
			);
			return fetch(`${host.apiUrl}${path}?${new URLSearchParams(query as Record<string, string>)}`);
		};
		expect((await presigned(new Date())).status).toBe(200);
		expect((await presigned(new Date(Date.now() - 30_000))).status).toBe(200);
		const late = await presigned(new Date(Date.now() - 90_000));
		expect([late.status, ((await late.json()) as { message: string }).message]).toEqual([
			403,
			expect.stringMatching(/^Signature expired: /),
		]);
	});

	const signer = () =>
		new SignatureV4({
			service: "lambda",
			region: "us-east-1",
			sha256: Sha256,
			credentials: { accessKeyId: first.id, secretAccessKey: first.secret },
		});

	async function signedFetch(method: string, path: string, body: string, contentHash: string): Promise<Response> {
		const url = new URL(path, host.apiUrl);
		const headers = { host: url.host, ...(contentHash ? { "x-amz-content-sha256": contentHash } : {}) };
		const signed = await signer().sign({
			method,
			protocol: "http:",
			hostname: url.hostname,
			path,
			query: {},
			headers,
			body,
		});
		const { host: _, ...rest } = signed.headers;
		return fetch(url, { method, headers: rest, body });
	}
});

describe("accounts", () => {
	it("do not see or change each other's functions", async () => {
		const theirs = clientOf(second);
		expect(await names(theirs)).not.toContain("before");
		for (const command of [
			new GetFunctionCommand({ FunctionName: "before" }),
			new InvokeCommand({ FunctionName: "before" }),
			new UpdateFunctionConfigurationCommand({ FunctionName: "before", Timeout: 9 }),
		])
			expect(await refusal(theirs.send(command as GetFunctionCommand))).toEqual([
				"ResourceNotFoundException",
				404,
				"Function not found: arn:aws:lambda:us-east-1:111122223333:function:before",
			]);
		const made = await theirs.send(
			new CreateFunctionCommand({
				FunctionName: "theirs",
				Role: ROLE,
				Runtime: "provided.al2023",
				Handler: "h",
				Code: { ZipFile: await guest("echo") },
			}),
		);
		expect(made.FunctionArn).toBe("arn:aws:lambda:us-east-1:111122223333:function:theirs");
		expect(await names(theirs)).toEqual(["theirs"]);
		expect(await names(clientOf(first))).not.toContain("theirs");
		const named = new GetFunctionCommand({ FunctionName: made.FunctionArn });
		expect((await refusal(clientOf(first).send(named)))[0]).toBe("AccessDeniedException");
	});
});

describe("other clients", () => {
	const environment = (key: Key) => ({
		...awsEnvironment(host.apiUrl),
		AWS_ACCESS_KEY_ID: key.id,
		AWS_SECRET_ACCESS_KEY: key.secret,
	});

	it.skipIf(!available("aws", ["--version"], "AWS's command line is not tried with keys."))(
		"AWS's command line signs, and is refused with another secret",
		async () => {
			const good = await run("aws", ["lambda", "list-functions"], { env: environment(first) });
			expect([good.code, good.stderr]).toEqual([0, ""]);
			expect(good.stdout).toContain('"before"');
			const bad = await run("aws", ["lambda", "list-functions"], { env: environment({ ...first, secret: "no" }) });
			expect(bad.stderr).toContain("InvalidSignatureException");
		},
		60_000,
	);

	it.skipIf(!available("python3", ["-c", "import boto3"], "boto3 is not tried with keys."))(
		"boto3 signs names that need escapes, and queries",
		async () => {
			const script = [
				"import boto3, json",
				"c = boto3.client('lambda')",
				"arn = c.get_function(FunctionName='before', Qualifier='$LATEST')['Configuration']['FunctionArn']",
				"print(arn, c.invoke(FunctionName=arn, Payload=b'{}', ClientContext='e30=')['StatusCode'])",
			].join("\n");
			const { stdout, stderr } = await run("python3", ["-c", script], { env: environment(first) });
			expect([stderr, stdout.trim()]).toEqual([
				"",
				"arn:aws:lambda:us-east-1:000000000000:function:before:$LATEST 200",
			]);
		},
		60_000,
	);

	it("pilot signs with what AWS's clients have, or shows the token of its data folder", async () => {
		const ls = (env: Record<string, string>) => pilot(["ls", "--json"], { endpoint: host.apiUrl, cwd: tmpdir(), env });
		const none = { AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" };
		const listed = ({ stdout }: { stdout: string }) => JSON.parse(stdout).map(({ name }: { name: string }) => name);
		const signed = (key: Key) => ({ ...none, AWS_ACCESS_KEY_ID: key.id, AWS_SECRET_ACCESS_KEY: key.secret });
		expect(listed(await ls(signed(first)))).toContain("before");
		expect(listed(await ls(signed(second)))).not.toContain("before");
		expect(listed(await ls({ ...none, PILOT_DATA: data }))).toContain("before");
		const refused = await ls({ ...none, PILOT_DATA: tmpdir() });
		expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("The host asks for an access key")]);
	}, 60_000);
});

describe("the page's API", () => {
	it("is for who signs, or has the token; keys are for their account", async () => {
		const status = (headers: Record<string, string>) => fetch(`${host.apiUrl}/_pilot/api/status`, { headers });
		expect((await status({})).status).toBe(403);
		expect((await status({ "x-pilot-token": readFileSync(join(data, "admin.token"), "utf8").trim() })).status).toBe(
			200,
		);
		expect((await fetch(`${host.apiUrl}/_pilot/`)).status).toBe(200);
		const asSecond = { AWS_ACCESS_KEY_ID: second.id, AWS_SECRET_ACCESS_KEY: second.secret, PILOT_DATA: tmpdir() };
		const own = await pilot(["keys", "ls", "--json"], { endpoint: host.apiUrl, cwd: tmpdir(), env: asSecond });
		expect(JSON.parse(own.stdout).map(({ id }: Key) => id)).toEqual([second.id]);
		const other = await pilot(["keys", "create", "--account", "999999999999"], {
			endpoint: host.apiUrl,
			cwd: tmpdir(),
			env: asSecond,
		});
		expect(other.stderr).toContain("AccessDeniedException");
	}, 60_000);
});

describe("the end of keys", () => {
	it("refuses what is signed with one that was removed; with the last the host is open again", async () => {
		expect((await keys(["rm", second.id])).code).toBe(0);
		expect((await refusal(names(clientOf(second))))[0]).toBe("UnrecognizedClientException");
		expect((await keys(["rm", first.id])).code).toBe(0);
		expect(await names(clientOf({ id: "any", secret: "thing" }))).toContain("before");
	}, 60_000);
});

describe("a host that others reach", () => {
	const elsewhere = (data: string) => startTestHost({ data, host: "0.0.0.0" });

	it("starts only with a key, which it does not let go", async () => {
		const folder = mkdtempSync(join(tmpdir(), "pilot-open-"));
		try {
			await expect(elsewhere(folder)).rejects.toThrow(/host \(PILOT_HOST\) is "0\.0\.0\.0".*pilot keys create/);
			// Nothing answers at this endpoint: the key is made in the data folder.
			const offline = (args: string[]) =>
				pilot(["keys", ...args, "--data", folder, "--json"], { endpoint: "http://127.0.0.1:1" });
			const key = JSON.parse((await offline(["create"])).stdout) as Key;
			const reached = await elsewhere(folder);
			try {
				const url = reached.apiUrl.replace("0.0.0.0", "127.0.0.1");
				expect((await fetch(`${url}/2015-03-31/functions/`)).status).toBe(403);
				expect(await names(clientOf(key, { endpoint: url }))).toEqual([]);
				const removed = await pilot(["keys", "rm", key.id, "--data", folder], { endpoint: url });
				expect([removed.code, removed.stderr]).toEqual([1, expect.stringContaining("last key")]);
			} finally {
				await reached.close();
			}
			expect((await offline(["rm", key.id])).code).toBe(0);
			await expect(elsewhere(folder)).rejects.toThrow("PILOT_HOST");
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	}, 120_000);
});
