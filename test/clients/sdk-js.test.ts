import { readdirSync, readFileSync } from "node:fs";
import {
	CreateFunctionCommand,
	CreateFunctionUrlConfigCommand,
	DeleteFunctionCommand,
	DeleteFunctionEventInvokeConfigCommand,
	DeleteFunctionUrlConfigCommand,
	GetAccountSettingsCommand,
	GetFunctionCommand,
	GetFunctionConfigurationCommand,
	GetFunctionEventInvokeConfigCommand,
	GetFunctionUrlConfigCommand,
	InvokeCommand,
	LambdaServiceException,
	ListCapacityProvidersCommand,
	ListFunctionUrlConfigsCommand,
	ListTagsCommand,
	PutFunctionEventInvokeConfigCommand,
	paginateListFunctions,
	ResourceConflictException,
	ResourceNotFoundException,
	type Runtime as RuntimeName,
	TagResourceCommand,
	UntagResourceCommand,
	UpdateFunctionCodeCommand,
	UpdateFunctionConfigurationCommand,
	UpdateFunctionEventInvokeConfigCommand,
	UpdateFunctionUrlConfigCommand,
	waitUntilFunctionActiveV2,
	waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acceptanceData } from "../support/acceptance.ts";
import { guest } from "../support/guests.ts";
import { startTestHost, type TestHost } from "../support/host.ts";
import { zipOf } from "../support/zip.ts";

const Role = "arn:aws:iam::000000000000:role/lambda";
// AWS's list of runtimes does not have it.
const Runtime = "provided.wasi" as RuntimeName;

let host: TestHost;
beforeAll(async () => {
	host = await startTestHost();
});
afterAll(async () => {
	await host.close();
});

async function create(FunctionName: string, name: string, settings: { Timeout?: number } = {}) {
	const Code = { ZipFile: await guest(name) };
	return host.client.send(new CreateFunctionCommand({ FunctionName, Role, Runtime, Code, ...settings }));
}

const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes!).toString();

describe("@aws-sdk/client-lambda", () => {
	it("creates, waits for, invokes, changes and deletes a function", async () => {
		const created = await create("life", "echo");
		expect(created).toMatchObject({ FunctionName: "life", State: "Pending", $metadata: { httpStatusCode: 201 } });
		await waitUntilFunctionActiveV2({ client: host.client, maxWaitTime: 5 }, { FunctionName: "life" });

		const answer = await host.client.send(
			new InvokeCommand({ FunctionName: "life", Payload: '{"a": 1}', LogType: "Tail" }),
		);
		expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: "$LATEST" });
		expect(answer.FunctionError).toBeUndefined();
		expect(text(answer.Payload)).toBe('{"a": 1}');
		expect(Buffer.from(answer.LogResult!, "base64").toString()).toMatch(
			new RegExp(`START RequestId: ${answer.$metadata.requestId} [\\s\\S]*REPORT RequestId`),
		);

		const zip = zipOf([{ name: "main.wasm", data: await guest("ok") }]);
		await host.client.send(new UpdateFunctionCodeCommand({ FunctionName: "life", ZipFile: zip }));
		await waitUntilFunctionUpdatedV2({ client: host.client, maxWaitTime: 5 }, { FunctionName: "life" });
		expect(text((await host.client.send(new InvokeCommand({ FunctionName: "life" }))).Payload)).not.toBe("{}");

		const changed = await host.client.send(
			new UpdateFunctionConfigurationCommand({
				FunctionName: "life",
				Timeout: 9,
				Environment: { Variables: { KEY: "v" } },
			}),
		);
		expect(changed.LastUpdateStatus).toBe("InProgress");
		const { Configuration } = await host.client.send(new GetFunctionCommand({ FunctionName: "life" }));
		expect(Configuration).toMatchObject({
			State: "Active",
			LastUpdateStatus: "Successful",
			Timeout: 9,
			CodeSize: zip.length,
			Environment: { Variables: { KEY: "v" } },
		});
		expect(await host.client.send(new GetFunctionConfigurationCommand({ FunctionName: "life" }))).toMatchObject(
			Configuration!,
		);

		await host.client.send(new DeleteFunctionCommand({ FunctionName: "life" }));
		const gone = host.client.send(new GetFunctionCommand({ FunctionName: "life" }));
		await expect(gone).rejects.toBeInstanceOf(ResourceNotFoundException);
	});

	it("sees failures as Lambda's", async () => {
		await create("fails", "fail");
		await create("loops", "loop", { Timeout: 1 });
		const failed = await host.client.send(new InvokeCommand({ FunctionName: "fails" }));
		expect([failed.StatusCode, failed.FunctionError]).toEqual([200, "Unhandled"]);
		expect(JSON.parse(text(failed.Payload))).toMatchObject({
			errorMessage: expect.any(String),
			errorType: expect.any(String),
		});
		const late = await host.client.send(new InvokeCommand({ FunctionName: "loops" }));
		expect(late.FunctionError).toBe("Unhandled");
		expect(JSON.parse(text(late.Payload)).errorMessage).toMatch(/Task timed out after 1\.00 seconds$/);
	});

	it("invokes for later and in a dry run", async () => {
		await create("later", "echo");
		const queued = await host.client.send(
			new InvokeCommand({ FunctionName: "later", InvocationType: "Event", Payload: "{}" }),
		);
		expect(queued.StatusCode).toBe(202);
		const dry = await host.client.send(new InvokeCommand({ FunctionName: "later", InvocationType: "DryRun" }));
		expect(dry.StatusCode).toBe(204);
	});

	it("pages through functions", async () => {
		for (const name of ["page-1", "page-2", "page-3"]) await create(name, "ok");
		const names: (string | undefined)[] = [];
		for await (const page of paginateListFunctions({ client: host.client, pageSize: 2 }, {}))
			names.push(...page.Functions!.map(({ FunctionName }) => FunctionName));
		expect(names).toEqual(expect.arrayContaining(["page-1", "page-2", "page-3"]));
		expect(new Set(names).size).toBe(names.length);
	});

	it("manages function URLs, which answer", async () => {
		await create("web", "echo");
		const FunctionName = "web";
		const made = await host.client.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE" }));
		const { hostname } = new URL(made.FunctionUrl!);
		const response = await fetch(`${host.urlPortUrl}/${hostname.split(".")[0]}/path?q=1`);
		expect(response.status).toBe(200);
		expect(await response.json()).toMatchObject({ version: "2.0", rawPath: "/path", rawQueryString: "q=1" });
		await host.client.send(new UpdateFunctionUrlConfigCommand({ FunctionName, Cors: { AllowOrigins: ["*"] } }));
		const read = await host.client.send(new GetFunctionUrlConfigCommand({ FunctionName }));
		expect(read).toMatchObject({ FunctionUrl: made.FunctionUrl, Cors: { AllowOrigins: ["*"] } });
		const list = await host.client.send(new ListFunctionUrlConfigsCommand({ FunctionName }));
		expect(list.FunctionUrlConfigs).toHaveLength(1);
		await host.client.send(new DeleteFunctionUrlConfigCommand({ FunctionName }));
		expect((await fetch(`${host.urlPortUrl}/${hostname.split(".")[0]}/`)).status).toBe(404);
	});

	it("manages event invoke configs, with dates", async () => {
		await create("events", "ok");
		await create("target", "ok");
		const FunctionName = "events";
		const Destination = "arn:aws:lambda:us-east-1:000000000000:function:target";
		const put = await host.client.send(
			new PutFunctionEventInvokeConfigCommand({ FunctionName, DestinationConfig: { OnSuccess: { Destination } } }),
		);
		expect(put.LastModified).toBeInstanceOf(Date);
		await host.client.send(new UpdateFunctionEventInvokeConfigCommand({ FunctionName, MaximumRetryAttempts: 0 }));
		const read = await host.client.send(new GetFunctionEventInvokeConfigCommand({ FunctionName }));
		expect(read).toMatchObject({
			MaximumRetryAttempts: 0,
			DestinationConfig: { OnSuccess: { Destination }, OnFailure: {} },
		});
		await host.client.send(new DeleteFunctionEventInvokeConfigCommand({ FunctionName }));
	});

	it("tags functions by their ARN", async () => {
		const { FunctionArn: Resource } = await create("tagged", "ok");
		await host.client.send(new TagResourceCommand({ Resource, Tags: { "a b": "ä", c: "d" } }));
		await host.client.send(new UntagResourceCommand({ Resource, TagKeys: ["c"] }));
		expect((await host.client.send(new ListTagsCommand({ Resource }))).Tags).toEqual({ "a b": "ä" });
	});

	it("reads the account", async () => {
		const { AccountUsage } = await host.client.send(new GetAccountSettingsCommand({}));
		expect(AccountUsage!.FunctionCount).toBeGreaterThan(0);
	});

	it("gets typed errors", async () => {
		await create("twice", "ok");
		const again = create("twice", "ok");
		await expect(again).rejects.toBeInstanceOf(ResourceConflictException);
		await expect(again).rejects.toMatchObject({
			message: "Function already exist: twice",
			$metadata: { httpStatusCode: 409 },
		});
		const version = host.client.send(new ListCapacityProvidersCommand({}));
		await expect(version).rejects.toMatchObject({
			name: "NotImplementedException",
			$metadata: { httpStatusCode: 501 },
		});
		await expect(version).rejects.toBeInstanceOf(LambdaServiceException);
		const large = host.client.send(
			new InvokeCommand({ FunctionName: "twice", Payload: Buffer.alloc(6 * 2 ** 20 + 1, 0x20) }),
		);
		await expect(large).rejects.toMatchObject({ name: "RequestTooLargeException", $metadata: { httpStatusCode: 413 } });
		const loose = host.client.send(
			new CreateFunctionCommand({ FunctionName: "x", Role, Runtime, Code: { ZipFile: Buffer.from("text") } }),
		);
		await expect(loose).rejects.toMatchObject({ name: "InvalidParameterValueException" });
	});

	const events = acceptanceData("events");
	it.skipIf(!events).each(["echo", "cat"])("gets every valid event back from %s, byte for byte", async (name) => {
		await create(`events-${name}`, name);
		let count = 0;
		for (const folder of readdirSync(events!))
			for (const file of readdirSync(`${events}/${folder}`).filter((it) => it.endsWith(".json"))) {
				const bytes = readFileSync(`${events}/${folder}/${file}`);
				const answer = await host.client.send(new InvokeCommand({ FunctionName: `events-${name}`, Payload: bytes }));
				expect(answer.FunctionError, file).toBeUndefined();
				expect(bytes.equals(answer.Payload!), file).toBe(true);
				count++;
			}
		expect(count).toBe(207);
	});
});
