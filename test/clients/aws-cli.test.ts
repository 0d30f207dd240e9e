import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guest } from "../support/guests.ts";
import { awsEnvironment, startTestHost, type TestHost } from "../support/host.ts";
import { available, run } from "../support/run.ts";
import { zipOf } from "../support/zip.ts";

const here = available("aws", ["--version"], "AWS's command line is not tried as a client.");

describe.skipIf(!here)("aws lambda", () => {
	let host: TestHost;
	let folder: string;
	beforeAll(async () => {
		host = await startTestHost();
		folder = mkdtempSync(join(tmpdir(), "pilot-aws-"));
		writeFileSync(join(folder, "echo.zip"), zipOf([{ name: "echo.wasm", data: await guest("echo") }]));
		writeFileSync(join(folder, "event.json"), '{"from": "a file"}');
	});
	afterAll(async () => {
		await host?.close();
		rmSync(folder, { recursive: true, force: true });
	});

	const lambda = (...args: string[]) =>
		run("aws", ["lambda", ...args, "--output", "json"], { env: awsEnvironment(host.apiUrl), cwd: folder });

	/** Runs a command that has to work, and gives its output. */
	// biome-ignore lint/suspicious/noExplicitAny: replies are looked at by their members.
	async function works(...args: string[]): Promise<any> {
		const { code, stdout, stderr } = await lambda(...args);
		expect(stderr).toBe("");
		expect(code).toBe(0);
		return stdout === "" ? null : JSON.parse(stdout);
	}

	// Every command starts Python anew: a second each on a busy machine, or two.
	it("works by the endpoint URL alone", { timeout: 180_000 }, async () => {
		const named = ["--function-name", "cli"];
		const role = ["--role", "arn:aws:iam::000000000000:role/lambda"];
		const code = ["--zip-file", "fileb://echo.zip"];
		const created = await works("create-function", ...named, ...role, "--runtime", "provided.wasi", ...code);
		expect(created).toMatchObject({ FunctionName: "cli", State: "Pending", Version: "$LATEST" });
		await works("wait", "function-active-v2", ...named);

		const invoked = await works("invoke", ...named, "--payload", "fileb://event.json", "out.json");
		expect(invoked).toEqual({ StatusCode: 200, ExecutedVersion: "$LATEST" });
		expect(readFileSync(join(folder, "out.json"), "utf8")).toBe('{"from": "a file"}');

		const changed = await works(
			"update-function-configuration",
			...named,
			"--timeout",
			"7",
			"--environment",
			"Variables={KEY=v}",
		);
		expect(changed).toMatchObject({ Timeout: 7, Environment: { Variables: { KEY: "v" } } });
		await works("wait", "function-updated-v2", ...named);
		expect((await works("update-function-code", ...named, ...code)).CodeSha256).toBe(created.CodeSha256);

		const { Functions } = await works("list-functions");
		expect(Functions).toMatchObject([{ FunctionName: "cli", Timeout: 7 }]);

		const url = await works("create-function-url-config", ...named, "--auth-type", "NONE");
		expect(url.FunctionUrl).toMatch(/^http:\/\/[a-z2-7]{32}\.lambda-url\.localhost:\d+\/$/);

		const conflict = await lambda("create-function", ...named, ...role, "--runtime", "provided.wasi", ...code);
		expect(conflict.code).not.toBe(0);
		expect(conflict.stderr).toContain(
			"An error occurred (ResourceConflictException) when calling the CreateFunction operation: Function already exist: cli",
		);

		await works("delete-function", ...named);
		expect((await lambda("get-function", ...named)).stderr).toContain("(ResourceNotFoundException)");
	});
});
