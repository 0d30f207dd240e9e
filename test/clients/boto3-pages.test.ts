import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guest } from "../support/guests.ts";
import { awsEnvironment, startTestHost, type TestHost } from "../support/host.ts";
import { available, run } from "../support/run.ts";

const here = available("python3", ["-c", "import boto3"], "boto3's waiters and paginators are not tried.");
const SCRIPT = fileURLToPath(new URL("boto3_pages.py", import.meta.url));

describe.skipIf(!here)("boto3's waiters and paginators", () => {
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

	it("end when a change is done, and give all that there is", { timeout: 180_000 }, async () => {
		const { code, stdout, stderr } = await run("python3", [SCRIPT, join(folder, "echo.wasm")], {
			env: awsEnvironment(host.apiUrl),
		});
		expect(stderr).toBe("");
		expect(code).toBe(0);
		const { waited, never, pages } = JSON.parse(stdout);
		expect(waited).toEqual([
			"function_active",
			"function_active_v2",
			"function_exists",
			"function_updated",
			"function_updated_v2",
			"published_version_active",
		]);
		expect(never).toContain("Max attempts exceeded");
		expect(pages).toMatchObject({
			list_functions: [3, true, 1],
			list_versions_by_function: [4, true, 1],
			list_aliases: [3, true, 1],
			list_layers: [4, true, 1],
			list_layer_versions: [3, true, 1],
			list_event_source_mappings: [3, true, 1],
			list_function_url_configs: [1, true, 1],
			list_function_event_invoke_configs: [0, true, 0],
			list_code_signing_configs: [0, true, 0],
		});
	});
});
