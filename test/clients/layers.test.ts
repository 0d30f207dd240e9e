/** Layers and links to code, as boto3 and AWS's command line use them, with a function that reads its layers' files. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileGuest } from "../support/guests.ts";
import { awsEnvironment, startTestHost, type TestHost } from "../support/host.ts";
import { available, run } from "../support/run.ts";
import { zipOf } from "../support/zip.ts";

const SESSION = fileURLToPath(new URL("layers_session.py", import.meta.url));
const boto3 = available("python3", ["-c", "import boto3"], "boto3 is not tried with layers.");
const aws = available("aws", ["--version"], "AWS's command line is not tried with layers.");

let host: TestHost;
let folder: string;
beforeAll(async () => {
	host = await startTestHost();
	folder = mkdtempSync(join(tmpdir(), "pilot-layer-clients-"));
	writeFileSync(join(folder, "cat.wasm"), await fileGuest("cat"));
	writeFileSync(join(folder, "layer.zip"), zipOf([{ name: "a.json", data: Buffer.from('"cli"') }]));
});
afterAll(async () => {
	await host?.close();
	rmSync(folder, { recursive: true, force: true });
});

it.skipIf(!boto3)("boto3 publishes, pages, fetches and uses layers", { timeout: 240_000 }, async () => {
	const { code, stdout, stderr } = await run("python3", [SESSION, join(folder, "cat.wasm")], {
		env: awsEnvironment(host.apiUrl),
	});
	expect(stderr).toBe("");
	expect(code).toBe(0);
	expect(JSON.parse(stdout)).toEqual({
		same: true,
		"by arn": 1,
		content: '"base"',
		sha256: true,
		versions: [[4, 3, 2], [1]],
		layers: [
			["base", 4],
			["more", 1],
		],
		function: true,
		both: "more",
		turned: "base",
		deleted: "base",
		code: true,
		policy: [true, true],
	});
});

describe.skipIf(!aws)("aws lambda", () => {
	// biome-ignore lint/suspicious/noExplicitAny: replies are looked at by their members.
	async function works(...args: string[]): Promise<any> {
		const env = awsEnvironment(host.apiUrl);
		const { code, stdout, stderr } = await run("aws", ["lambda", ...args, "--output", "json"], { env, cwd: folder });
		expect(stderr).toBe("");
		expect(code).toBe(0);
		return stdout === "" ? null : JSON.parse(stdout);
	}

	it("publishes, lists and deletes layers", { timeout: 240_000 }, async () => {
		const named = ["--layer-name", "cli"];
		const made = await works("publish-layer-version", ...named, "--zip-file", "fileb://layer.zip");
		expect(made).toMatchObject({ Version: 1, LayerArn: "arn:aws:lambda:us-east-1:000000000000:layer:cli" });
		const { LayerVersions } = await works("list-layer-versions", ...named);
		expect(LayerVersions).toMatchObject([{ LayerVersionArn: made.LayerVersionArn }]);
		expect(await works("get-layer-version-by-arn", "--arn", made.LayerVersionArn)).toMatchObject({ Version: 1 });
		await works("delete-layer-version", ...named, "--version-number", "1");
		expect(await works("list-layer-versions", ...named)).toEqual({ LayerVersions: [] });
	});
});
