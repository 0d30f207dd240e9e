/** Code signing as boto3 and AWS's command line use it, with a component that `pilot sign` has signed. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { call, lambda } from "../faults/lambda.ts";
import { guest } from "../support/guests.ts";
import { awsEnvironment, startTestHost, type TestHost } from "../support/host.ts";
import { available, run } from "../support/run.ts";

const SESSION = fileURLToPath(new URL("code_signing_session.py", import.meta.url));
const PILOT = fileURLToPath(new URL("../../host/cli/main.ts", import.meta.url));
const boto3 = available("python3", ["-c", "import boto3"], "boto3 is not tried with code signing.");
const aws = available("aws", ["--version"], "AWS's command line is not tried with code signing.");

let host: TestHost;
let folder: string;
let publisher: string;
beforeAll(async () => {
	host = await startTestHost();
	folder = mkdtempSync(join(tmpdir(), "pilot-signing-"));
	writeFileSync(join(folder, "echo.wasm"), await guest("echo"));
	const args = [PILOT, "sign", "echo.wasm", "--key", "key.pem", "--new-key", "--json"];
	const { stdout } = await run(process.execPath, args, { cwd: folder });
	publisher = JSON.parse(stdout).publisher;
}, 60_000);
afterAll(async () => {
	await host?.close();
	rmSync(folder, { recursive: true, force: true });
});

it.skipIf(!boto3)("boto3 deploys what is signed, and is told of what is not", { timeout: 240_000 }, async () => {
	const args = [SESSION, join(folder, "echo.wasm"), join(folder, "echo.sigstore.json"), publisher];
	const { code, stdout, stderr } = await run("python3", args, { env: awsEnvironment(host.apiUrl) });
	expect(stderr).toBe("");
	expect(code).toBe(0);
	expect(JSON.parse(stdout)).toEqual({
		unsigned: "CodeVerificationFailedException",
		altered: "InvalidCodeSignatureException",
		signer: true,
		invoked: { n: 1 },
		functions: ["fn"],
		"in use": "ResourceConflictException",
		warned: false,
		without: false,
		with: true,
		configs: [],
	});
	expect((await lambda(host.apiUrl).logs("fn")).text).toContain("WARNING The code signature failed a check of csc-");
	expect((await call(host.apiUrl, "GET", "/2015-03-31/functions/fn")).json.Configuration.FunctionName).toBe("fn");
});

it.skipIf(!aws)("aws lambda sets a config up, and pilot deploy deploys to it", { timeout: 240_000 }, async () => {
	const env = awsEnvironment(host.apiUrl);
	// biome-ignore lint/suspicious/noExplicitAny: replies are looked at by their members.
	async function works(...args: string[]): Promise<any> {
		const { code, stdout, stderr } = await run("aws", ["lambda", ...args, "--output", "json"], { env, cwd: folder });
		expect([code, stderr]).toEqual([0, ""]);
		return stdout === "" ? null : JSON.parse(stdout);
	}
	const policy = ["--code-signing-policies", "UntrustedArtifactOnDeployment=Enforce"];
	const publishers = ["--allowed-publishers", `SigningProfileVersionArns=${publisher}`];
	const { CodeSigningConfig } = await works("create-code-signing-config", ...publishers, ...policy);
	const arn = CodeSigningConfig.CodeSigningConfigArn;
	const deploy = () =>
		run(process.execPath, [PILOT, "deploy", "echo.wasm", "--name", "cli"], {
			cwd: folder,
			env: { ...process.env, PILOT_ENDPOINT: host.apiUrl },
		});
	expect((await deploy()).code).toBe(0);
	await works("put-function-code-signing-config", "--function-name", "cli", "--code-signing-config-arn", arn);
	expect(await works("get-function-code-signing-config", "--function-name", "cli")).toMatchObject({
		FunctionName: "cli",
	});
	writeFileSync(join(folder, "echo.wasm"), await guest("ok"));
	const refused = await deploy();
	expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("integrity check")]);
	await works("delete-function-code-signing-config", "--function-name", "cli");
	await works("delete-code-signing-config", "--code-signing-config-arn", arn);
});
