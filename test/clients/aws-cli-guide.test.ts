/** AWS's command line as AWS's own pages use it ("Using Lambda with the AWS CLI", and the pages on aliases, URLs, layers, mappings). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guest } from "../support/guests.ts";
import { awsEnvironment, startTestHost, type TestHost } from "../support/host.ts";
import { available, run } from "../support/run.ts";
import { zipOf } from "../support/zip.ts";

const here = available("aws", ["--version"], "AWS's guide is not followed.");
const ROLE = "arn:aws:iam::000000000000:role/lambda-ex";
const ARN = "arn:aws:lambda:us-east-1:000000000000:function:my-function";
const QUEUE = "arn:aws:sqs:us-east-1:000000000000:my-queue";

describe.skipIf(!here)("aws lambda, as AWS's pages have it", () => {
	let host: TestHost;
	let folder: string;
	beforeAll(async () => {
		host = await startTestHost();
		folder = mkdtempSync(join(tmpdir(), "pilot-guide-"));
		writeFileSync(join(folder, "function.zip"), zipOf([{ name: "echo.wasm", data: await guest("echo") }]));
		writeFileSync(join(folder, "layer.zip"), zipOf([{ name: "data.txt", data: Buffer.from("layer") }]));
	});
	afterAll(async () => {
		await host?.close();
		rmSync(folder, { recursive: true, force: true });
	});

	/** Runs a command line that has to work, and gives its output. */
	// biome-ignore lint/suspicious/noExplicitAny: replies are looked at by their members.
	async function aws(line: string): Promise<any> {
		const args = line.split(" ");
		const env = awsEnvironment(host.apiUrl);
		const { code, stdout, stderr } = await run("aws", ["lambda", ...args, "--output", "json"], { env, cwd: folder });
		expect(stderr, line).toBe("");
		expect(code, line).toBe(0);
		return stdout === "" ? null : JSON.parse(stdout);
	}

	const F = "--function-name my-function";

	// Every command starts Python anew: a second each on a busy machine, or two.
	it("creates, invokes, and reads its log", { timeout: 300_000 }, async () => {
		const created = await aws(
			`create-function ${F} --zip-file fileb://function.zip --handler index.handler --runtime provided.al2023 --role ${ROLE}`,
		);
		expect(created).toMatchObject({ FunctionArn: ARN, CodeSha256: expect.any(String), Timeout: 3, MemorySize: 128 });
		await aws(`wait function-active-v2 ${F}`);
		const tail = await aws(`invoke ${F} out --log-type Tail --query LogResult`);
		expect(Buffer.from(tail, "base64").toString()).toMatch(
			/^START RequestId: .*REPORT RequestId: .*Billed Duration: /s,
		);
		writeFileSync(join(folder, "event.json"), '{"key":"value"}');
		expect(await aws(`invoke ${F} --payload fileb://event.json out`)).toEqual({
			StatusCode: 200,
			ExecutedVersion: "$LATEST",
		});
		expect(readFileSync(join(folder, "out"), "utf8")).toBe('{"key":"value"}');
		expect((await aws("list-functions --max-items 10")).Functions).toHaveLength(1);
		expect(await aws(`get-function ${F}`)).toMatchObject({ Code: { RepositoryType: "S3" } });
	});

	it("updates, publishes, and names versions", { timeout: 300_000 }, async () => {
		expect(await aws(`update-function-configuration ${F} --memory-size 256`)).toMatchObject({ MemorySize: 256 });
		await aws(`wait function-updated ${F}`);
		await aws(`update-function-code ${F} --zip-file fileb://function.zip`);
		expect(await aws(`publish-version ${F} --description first`)).toMatchObject({ Version: "1", Description: "first" });
		await aws(`update-function-configuration ${F} --memory-size 512`);
		expect(await aws(`publish-version ${F}`)).toMatchObject({ Version: "2", MemorySize: 512 });
		expect(await aws(`create-alias ${F} --name prod --function-version 1`)).toMatchObject({ AliasArn: `${ARN}:prod` });
		const routed = await aws(
			`update-alias ${F} --name prod --function-version 2 --routing-config AdditionalVersionWeights={1=0.05}`,
		);
		expect(routed).toMatchObject({ FunctionVersion: "2", RoutingConfig: { AdditionalVersionWeights: { 1: 0.05 } } });
		expect((await aws(`list-aliases ${F}`)).Aliases).toHaveLength(1);
		expect((await aws(`list-versions-by-function ${F}`)).Versions).toHaveLength(3);
		expect((await aws(`invoke ${F} --qualifier prod out`)).ExecutedVersion).toMatch(/^[12]$/);
	});

	it("opens a URL, gives permission, adds a layer and a mapping, and takes all away", {
		timeout: 300_000,
	}, async () => {
		const permission = `add-permission ${F} --statement-id s3 --principal s3.amazonaws.com --action lambda:InvokeFunction`;
		const statement = JSON.parse((await aws(`${permission} --source-arn arn:aws:s3:::bucket`)).Statement);
		expect(statement).toMatchObject({ Sid: "s3", Effect: "Allow", Action: "lambda:InvokeFunction" });
		expect(JSON.parse((await aws(`get-policy ${F}`)).Policy).Statement).toEqual([statement]);
		await aws(`remove-permission ${F} --statement-id s3`);

		expect(await aws(`create-function-url-config ${F} --auth-type NONE`)).toMatchObject({ AuthType: "NONE" });
		expect((await aws(`get-function-url-config ${F}`)).FunctionArn).toBe(ARN);
		await aws(`delete-function-url-config ${F}`);

		const layer = await aws("publish-layer-version --layer-name my-layer --zip-file fileb://layer.zip");
		expect(layer.LayerVersionArn).toBe("arn:aws:lambda:us-east-1:000000000000:layer:my-layer:1");
		const layered = await aws(`update-function-configuration ${F} --layers ${layer.LayerVersionArn}`);
		expect(layered.Layers).toMatchObject([{ Arn: layer.LayerVersionArn }]);
		expect((await aws("list-layers")).Layers).toHaveLength(1);

		const mapping = await aws(`create-event-source-mapping ${F} --batch-size 5 --event-source-arn ${QUEUE}`);
		expect(mapping).toMatchObject({ State: "Creating", BatchSize: 5 });
		const updated = await aws(`update-event-source-mapping --uuid ${mapping.UUID} --no-enabled`);
		expect(updated.State).toBe("Disabling");
		const listed = await aws(`list-event-source-mappings ${F} --event-source-arn ${QUEUE}`);
		expect(listed.EventSourceMappings).toMatchObject([{ UUID: mapping.UUID, State: "Disabled" }]);
		expect(await aws(`delete-event-source-mapping --uuid ${mapping.UUID}`)).toMatchObject({ State: "Deleting" });

		await aws(`tag-resource --resource ${ARN} --tags team=a`);
		expect(await aws(`list-tags --resource ${ARN}`)).toEqual({ Tags: { team: "a" } });
		await aws(`delete-alias ${F} --name prod`);
		await aws(`delete-function ${F}`);
		await aws("delete-layer-version --layer-name my-layer --version-number 1");
		expect((await aws("list-functions")).Functions).toEqual([]);
	});
});
