/** Deployment tools that know of this host nothing but its URL: they make, change, call and take away a function. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GetFunctionConfigurationCommand, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SERVED } from "../../host/api/model/served.ts";
import { guest } from "../support/guests.ts";
import { awsEnvironment, startTestHost, type TestHost } from "../support/host.ts";
import { run } from "../support/run.ts";
import { zipOf } from "../support/zip.ts";

const { PILOT_DEPLOY_TOOLS: tools } = process.env;
if (!tools) console.warn("Ansible and Chalice are not there (npm test installs them): they are not tried as clients.");
const PLAYBOOK = fileURLToPath(new URL("deploy/ansible.yml", import.meta.url));
const ROLE = "arn:aws:iam::000000000000:role/lambda";
const ARN = "arn:aws:lambda:us-east-1:000000000000:function:";

describe.skipIf(!tools)("deployment tools", () => {
	let host: TestHost;
	let folder: string;
	beforeAll(async () => {
		host = await startTestHost();
		folder = mkdtempSync(join(tmpdir(), "pilot-deploy-"));
	});
	afterAll(async () => {
		await host?.close();
		rmSync(folder, { recursive: true, force: true });
	});

	async function works(args: readonly string[], options: { cwd?: string; input?: string } = {}): Promise<string> {
		const env = {
			...awsEnvironment(host.apiUrl),
			PYTHONPATH: tools,
			HOME: folder,
			ANSIBLE_HOME: join(folder, "ansible"),
			ANSIBLE_COLLECTIONS_PATH: tools,
			LC_ALL: "C.UTF-8",
		};
		const { code, stdout, stderr } = await run("python3", args, { cwd: folder, env, ...options });
		expect(code, stdout + stderr).toBe(0);
		return stdout;
	}

	const functions = async () => (await host.client.send(new ListFunctionsCommand({}))).Functions;

	it("Ansible's amazon.aws", { timeout: 300_000 }, async () => {
		const zip = join(folder, "code.zip");
		const report = join(folder, "report.json");
		writeFileSync(zip, zipOf([{ name: "echo.wasm", data: await guest("echo") }]));
		const python = (await run("python3", ["-c", "import sys; print(sys.executable)"])).stdout.trim();
		const variables = { url: host.apiUrl, zip, report, role: ROLE, ansible_python_interpreter: python };
		const given = ["-e", JSON.stringify(variables)];
		await works(["-m", "ansible", "playbook", "-i", "localhost,", "-c", "local", ...given, PLAYBOOK]);
		const found = JSON.parse(readFileSync(report, "utf8"));
		expect(found).toMatchObject({
			// Made, the same again, updated, mapped, unmapped, deleted.
			changed: [true, false, true, true, true, true],
			timeout: 9,
			alias: `${ARN}ansible:live`,
			invoked: { status: 200, output: { from: "ansible" }, logs: expect.stringContaining("REPORT RequestId: ") },
			info: [
				{
					function_name: "ansible",
					timeout: 9,
					environment: { variables: { KEY: "value" } },
					aliases: [{ name: "live" }],
					mappings: [{ batch_size: 5, state: "Enabled" }],
				},
			],
		});
		expect(await functions()).toEqual([]);
	});

	// It gives a function's reserved concurrency back with every deployment.
	const whole = (SERVED as readonly string[]).includes("DeleteFunctionConcurrency");
	it.skipIf(!whole)("Chalice", { timeout: 300_000 }, async () => {
		const project = join(folder, "project");
		const configure = (lambda_timeout: number) => {
			const dev = {
				manage_iam_role: false,
				iam_role_arn: ROLE,
				lambda_timeout,
				environment_variables: { KEY: "value" },
			};
			const config = { version: "2.0", app_name: "pilot", stages: { dev } };
			writeFileSync(join(project, ".chalice/config.json"), JSON.stringify(config));
		};
		for (const part of [".chalice", "vendor"]) mkdirSync(join(project, part), { recursive: true });
		copyFileSync(fileURLToPath(new URL("deploy/app.py", import.meta.url)), join(project, "app.py"));
		writeFileSync(join(project, "requirements.txt"), "");
		// What is beside the source goes into the zip: of it, the component is what runs.
		writeFileSync(join(project, "vendor/echo.wasm"), await guest("echo"));
		const chalice = (args: string[], input = "") =>
			works(["-c", "import sys; from chalice.cli import main; sys.exit(main())", ...args], { cwd: project, input });

		configure(7);
		expect(await chalice(["deploy"])).toContain(`${ARN}pilot-dev-echo`);
		configure(9);
		await chalice(["deploy"]);
		const made = await host.client.send(new GetFunctionConfigurationCommand({ FunctionName: "pilot-dev-echo" }));
		expect(made).toMatchObject({ Timeout: 9, Handler: "app.echo", Environment: { Variables: { KEY: "value" } } });
		expect((await chalice(["invoke", "-n", "echo"], '{"x":1}')).trim()).toBe('{"x":1}');
		await chalice(["delete"]);
		expect(await functions()).toEqual([]);
	});
});
