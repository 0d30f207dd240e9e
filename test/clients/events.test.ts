/** Sample events of AWS's services through real clients: bytes come back as bytes, JSON as the same JSON. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CreateFunctionCommand, InvokeCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build } from "../../host/cli/build/index.ts";
import { readProject } from "../../host/cli/build/project.ts";
import { acceptanceData } from "../support/acceptance.ts";
import { guest } from "../support/guests.ts";
import { awsEnvironment, startTestHost, type TestHost } from "../support/host.ts";
import { available, run } from "../support/run.ts";

const SCRIPT = fileURLToPath(new URL("events.py", import.meta.url));
const folder = acceptanceData("events");
if (folder === null) console.warn("skipped: sample events through real clients (no ../shared/acceptance)");
const python = folder !== null && (await available("python3", ["-c", "import boto3"], "sample events through boto3"));

const names = folder === null ? [] : globSync("*/*.json", { cwd: folder }).sort();
const events = new Map(names.map((name) => [name, readFileSync(join(folder!, name))]));

/** Functions that echo, and whether byte for byte; TypeScript sees JSON, so it gives back the same JSON. */
const ECHOES = { "bytes-handler": true, "bytes-cli": true, typescript: false } as const;

let host: TestHost;

async function typescriptEcho(): Promise<Uint8Array> {
	const project = readProject(fileURLToPath(new URL("../../components/echo", import.meta.url)));
	return readFileSync((await build(project)).path);
}

beforeAll(async () => {
	host = await startTestHost();
	const code = { "bytes-handler": guest("echo"), "bytes-cli": guest("cat"), typescript: typescriptEcho() };
	for (const [FunctionName, ZipFile] of Object.entries(code)) {
		const settings = {
			FunctionName,
			Runtime: "provided.wasi" as never,
			Handler: "h",
			Role: "arn:aws:iam::000000000000:role/r",
		};
		await host.client.send(new CreateFunctionCommand({ ...settings, Code: { ZipFile: await ZipFile } }));
	}
});
afterAll(() => host.close());

function check(name: string, exact: boolean, answer: Buffer): void {
	const event = events.get(name)!;
	if (exact) expect(answer.equals(event), name).toBe(true);
	else expect(JSON.parse(answer.toString()), name).toEqual(JSON.parse(event.toString()));
}

describe.skipIf(folder === null)("207 sample events", () => {
	it("are all here", () => {
		expect(events.size).toBe(207);
	});

	it.each(Object.entries(ECHOES))("come back from %s, by AWS's JavaScript SDK", async (FunctionName, exact) => {
		for (const [name, Payload] of events) {
			const reply = await host.client.send(new InvokeCommand({ FunctionName, Payload }));
			expect(reply.FunctionError, name).toBeUndefined();
			check(name, exact, Buffer.from(reply.Payload!));
		}
	});

	it.skipIf(!python)("come back from all three, by boto3", { timeout: 180_000 }, async () => {
		const { stdout, stderr } = await run("python3", [SCRIPT, folder!, ...Object.keys(ECHOES)], {
			env: awsEnvironment(host.apiUrl),
		});
		expect(stderr).toBe("");
		const answers = JSON.parse(stdout) as Record<string, Record<string, [string | null, string]>>;
		for (const [FunctionName, exact] of Object.entries(ECHOES)) {
			expect(Object.keys(answers[FunctionName]!)).toHaveLength(207);
			for (const [name, [failure, text]] of Object.entries(answers[FunctionName]!)) {
				expect(failure, name).toBeNull();
				check(name, exact, Buffer.from(text, "latin1"));
			}
		}
	});
});
