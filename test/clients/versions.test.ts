/** Versions and aliases through AWS's SDK, against a whole host: what runs behind which name. */
import {
	CreateAliasCommand,
	CreateFunctionCommand,
	DeleteFunctionCommand,
	InvokeCommand,
	PublishVersionCommand,
	paginateListAliases,
	paginateListVersionsByFunction,
	ResourceConflictException,
	ResourceNotFoundException,
	type Runtime as RuntimeName,
	UpdateAliasCommand,
	UpdateFunctionCodeCommand,
	UpdateFunctionConfigurationCommand,
	waitUntilPublishedVersionActive,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guest } from "../support/guests.ts";
import { startTestHost, type TestHost } from "../support/host.ts";

const Role = "arn:aws:iam::000000000000:role/lambda";
const Runtime = "python3.13" as RuntimeName;
const FunctionName = "versions";

let host: TestHost;
beforeAll(async () => {
	host = await startTestHost();
	// Version 1 answers with its event, version 2 with `"ok"`.
	const Code = { ZipFile: await guest("echo") };
	await host.client.send(new CreateFunctionCommand({ FunctionName, Role, Runtime, Code, Publish: true }));
	const code = { FunctionName, ZipFile: await guest("ok"), Publish: true };
	expect(await host.client.send(new UpdateFunctionCodeCommand(code))).toMatchObject({ Version: "2" });
});
afterAll(async () => {
	await host.close();
});

const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes!).toString();
const invoke = async (Qualifier?: string, name = FunctionName) => {
	const answer = await host.client.send(new InvokeCommand({ FunctionName: name, Qualifier, Payload: '"event"' }));
	return [answer.ExecutedVersion, text(answer.Payload)];
};

describe("versions", () => {
	it("run what was published, by qualifier and by ARN", async () => {
		const [, latest] = await invoke();
		expect(await invoke("1")).toEqual(["1", '"event"']);
		expect(await invoke("2")).toEqual(["2", latest]);
		expect(latest).not.toBe('"event"');
		expect(await invoke(undefined, `arn:aws:lambda:us-east-1:000000000000:function:${FunctionName}:1`)).toEqual([
			"1",
			'"event"',
		]);
		await expect(invoke("7")).rejects.toThrow(ResourceNotFoundException);
		await expect(invoke("nobody")).rejects.toThrow(ResourceNotFoundException);
	});

	it("are published, waited for, listed and deleted", async () => {
		const { client } = host;
		await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Description: "third" }));
		const { Version } = await client.send(new PublishVersionCommand({ FunctionName }));
		await waitUntilPublishedVersionActive({ client, maxWaitTime: 20 }, { FunctionName, Qualifier: Version });
		const seen: (string | undefined)[] = [];
		for await (const page of paginateListVersionsByFunction({ client, pageSize: 2 }, { FunctionName }))
			seen.push(...page.Versions!.map((it) => it.Version));
		expect(seen).toEqual(["$LATEST", "1", "2", "3"]);
		await client.send(new DeleteFunctionCommand({ FunctionName, Qualifier: Version }));
		await expect(invoke(Version)).rejects.toThrow(ResourceNotFoundException);
		expect(await invoke("1")).toEqual(["1", '"event"']);
	});
});

describe("aliases", () => {
	it("run their version, and another one from the moment that it is acknowledged", async () => {
		const { client } = host;
		await client.send(new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1" }));
		for (let i = 0; i < 10; i++) {
			const version = String((i % 2) + 1);
			await client.send(new UpdateAliasCommand({ FunctionName, Name: "live", FunctionVersion: version }));
			// On several connections, so that every worker is asked.
			const answers = await Promise.all(Array.from({ length: 8 }, () => invoke("live")));
			expect(new Set(answers.map(([executed]) => executed))).toEqual(new Set([version]));
		}
		await expect(
			client.send(new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1" })),
		).rejects.toThrow(ResourceConflictException);
	});

	it("share invocations by their weights", async () => {
		const { client } = host;
		const RoutingConfig = { AdditionalVersionWeights: { 2: 0.5 } };
		await client.send(new CreateAliasCommand({ FunctionName, Name: "half", FunctionVersion: "1", RoutingConfig }));
		let second = 0;
		for (let i = 0; i < 10; i++) {
			const answers = await Promise.all(Array.from({ length: 40 }, () => invoke("half")));
			second += answers.filter(([executed]) => executed === "2").length;
		}
		// 400 throws of a coin: ten standard deviations.
		expect(Math.abs(second - 200)).toBeLessThan(100);
		const names: (string | undefined)[] = [];
		for await (const page of paginateListAliases({ client, pageSize: 1 }, { FunctionName }))
			names.push(...page.Aliases!.map((it) => it.Name));
		expect(names).toEqual(["half", "live"]);
	});
});
