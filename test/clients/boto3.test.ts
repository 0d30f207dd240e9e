import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acceptanceData } from "../support/acceptance.ts";
import { guest } from "../support/guests.ts";
import { awsEnvironment, startTestHost, type TestHost } from "../support/host.ts";
import { available, run } from "../support/run.ts";

const here = available("python3", ["-c", "import boto3"], "boto3 is not tried as a client.");
const SESSION = fileURLToPath(new URL("boto3_session.py", import.meta.url));
const ARN = "arn:aws:lambda:us-east-1:000000000000:function:";

describe.skipIf(!here)("boto3", () => {
	let host: TestHost;
	let folder: string;
	beforeAll(async () => {
		host = await startTestHost();
		folder = mkdtempSync(join(tmpdir(), "pilot-boto3-"));
		writeFileSync(join(folder, "echo.wasm"), await guest("echo"));
	});
	afterAll(async () => {
		await host?.close();
		rmSync(folder, { recursive: true, force: true });
	});

	it("works by the endpoint URL alone", { timeout: 120_000 }, async () => {
		const events = acceptanceData("events") ?? "";
		const { code, stdout, stderr } = await run("python3", [SESSION, join(folder, "echo.wasm"), events], {
			env: awsEnvironment(host.apiUrl),
		});
		expect(stderr).toBe("");
		expect(code).toBe(0);
		expect(JSON.parse(stdout)).toEqual({
			created: ["Pending", 201, `${ARN}py`],
			invoked: [200, "$LATEST", '{"n": 1.0}'],
			logged: true,
			empty: "{}",
			event: 202,
			dry: 204,
			streamed: ["$LATEST", '{"n": 1.0}', true],
			throttled: ["TooManyRequestsException", 429, "Rate Exceeded."],
			recursion: "Allow",
			read: [9, { Variables: { KEY: "v" } }, { team: "a" }],
			listed: ["py"],
			url: [true, { AllowOrigins: ["*"] }],
			age: true,
			tags: {},
			account: 1,
			errors: [
				["ResourceNotFoundException", 404, `Function not found: ${ARN}nope`],
				["ResourceConflictException", 409, "Function already exist: py"],
				["InvalidRequestContentException", 400, "Could not parse request body into json: Unexpected end-of-input"],
				[
					"RequestTooLargeException",
					413,
					"Request must be smaller than 6291456 bytes for the InvokeFunction operation",
				],
				[
					"ValidationException",
					400,
					"1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900",
				],
				["NotImplementedException", 501, "The operation ListCapacityProviders is not served by this host yet."],
			],
			events: events ? 207 : 0,
			changed: [],
			deleted: 204,
		});
	});
});
