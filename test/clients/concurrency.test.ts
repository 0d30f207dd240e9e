/** Reserved concurrency and streamed answers on whole hosts, with one worker and with two, as AWS's SDK sees them. */

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import {
	CreateFunctionCommand,
	DeleteFunctionConcurrencyCommand,
	DeleteProvisionedConcurrencyConfigCommand,
	GetAccountSettingsCommand,
	GetFunctionCommand,
	GetProvisionedConcurrencyConfigCommand,
	InvokeCommand,
	InvokeWithResponseStreamCommand,
	PublishVersionCommand,
	PutFunctionConcurrencyCommand,
	PutProvisionedConcurrencyConfigCommand,
	type Runtime as RuntimeName,
	TooManyRequestsException,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { guest } from "../support/guests.ts";
import { startTestHost, type TestHost } from "../support/host.ts";

// Hosts with workers start processes.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const Role = "arn:aws:iam::000000000000:role/lambda";
const Runtime = "provided.wasi" as RuntimeName;

describe.each([1, 2])("with %i workers", (workers) => {
	let host: TestHost;
	beforeAll(async () => {
		host = await startTestHost({ workers });
		for (const [FunctionName, name, Timeout] of [
			["echo", "echo", 3],
			["loop", "loop", 600],
			["fails", "fail", 3],
		] as const) {
			const Code = { ZipFile: await guest(name) };
			await host.client.send(new CreateFunctionCommand({ FunctionName, Role, Runtime, Code, Timeout }));
		}
	});
	afterAll(() => host?.close());

	const reserve = (FunctionName: string, ReservedConcurrentExecutions: number) =>
		host.client.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }));
	const invoke = (FunctionName: string, abortSignal?: AbortSignal) =>
		host.client.send(new InvokeCommand({ FunctionName, Payload: "1" }), { abortSignal });

	/** Starts many that do not end by themselves; gives how many were refused once so many were, and the way to end the others. */
	async function fill(count: number, refused: number): Promise<() => Promise<void>> {
		const leave = new AbortController();
		const errors: unknown[] = [];
		const all = Array.from({ length: count }, () => invoke("loop", leave.signal).catch((error) => errors.push(error)));
		const end = async () => {
			leave.abort();
			await Promise.all(all);
		};
		await vi.waitFor(() => expect(errors.length).toBeGreaterThanOrEqual(refused), { timeout: 60_000 });
		await sleep(300);
		if (errors.length !== refused) {
			await end();
			throw new Error(`${errors.length} of ${count} were refused`);
		}
		for (const error of errors) {
			expect(error).toBeInstanceOf(TooManyRequestsException);
			expect(error).toMatchObject({
				message: "Rate Exceeded.",
				Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
				retryAfterSeconds: "1",
			});
		}
		return end;
	}

	it("a function runs as often at once as was reserved for it, and no more, whichever figure came last", async () => {
		await reserve("loop", 3);
		const end = await fill(6, 3);
		await reserve("loop", 1);
		await expect(invoke("loop")).rejects.toBeInstanceOf(TooManyRequestsException);
		await end();
		// What left gives its permits back a moment after its caller went.
		await vi.waitFor(async () => (await fill(4, 3))(), { timeout: 60_000 });
		// All others have theirs.
		expect((await invoke("echo")).StatusCode).toBe(200);
		await host.client.send(new DeleteFunctionConcurrencyCommand({ FunctionName: "loop" }));
		await vi.waitFor(async () => (await fill(4, 0))(), { timeout: 60_000 });
	});

	it("0 stops a function from the moment that it is acknowledged, and its end is the end of that", async () => {
		for (let round = 0; round < 5; round++) {
			await reserve("echo", 0);
			await expect(invoke("echo")).rejects.toMatchObject({
				Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
			});
			await host.client.send(new DeleteFunctionConcurrencyCommand({ FunctionName: "echo" }));
			expect((await invoke("echo")).StatusCode).toBe(200);
		}
		await reserve("echo", 5);
		const { Concurrency } = await host.client.send(new GetFunctionCommand({ FunctionName: "echo" }));
		expect(Concurrency).toEqual({ ReservedConcurrentExecutions: 5 });
		const { AccountLimit } = await host.client.send(new GetAccountSettingsCommand({}));
		expect(AccountLimit!.UnreservedConcurrentExecutions).toBe(995);
	});

	it("instances of a version are there before it is said, and the version is served by them", async () => {
		const instances = async () => {
			const status = await fetch(`${host.apiUrl}/_pilot/api/status`);
			return ((await status.json()) as { engine: { instances: number } }).engine.instances;
		};
		const { Version } = await host.client.send(new PublishVersionCommand({ FunctionName: "fails" }));
		const before = await instances();
		const named = { FunctionName: "fails", Qualifier: Version };
		const put = new PutProvisionedConcurrencyConfigCommand({ ...named, ProvisionedConcurrentExecutions: 4 });
		expect((await host.client.send(put)).Status).toBe("IN_PROGRESS");
		await vi.waitFor(
			async () =>
				expect(await host.client.send(new GetProvisionedConcurrencyConfigCommand(named))).toMatchObject({
					Status: "READY",
					AvailableProvisionedConcurrentExecutions: 4,
				}),
			{ timeout: 60_000 },
		);
		expect(await instances()).toBeGreaterThanOrEqual(before + 3);
		const { LogResult } = await host.client.send(new InvokeCommand({ ...named, LogType: "Tail" }));
		expect(Buffer.from(LogResult!, "base64").toString()).not.toContain("Init Duration");
		await host.client.send(new DeleteProvisionedConcurrencyConfigCommand(named));
		await expect(host.client.send(new GetProvisionedConcurrencyConfigCommand(named))).rejects.toMatchObject({
			name: "ProvisionedConcurrencyConfigNotFoundException",
		});
	});

	async function stream(FunctionName: string, Payload: string) {
		const input = { FunctionName, Payload: Buffer.from(Payload), LogType: "Tail" } as const;
		const { EventStream, ExecutedVersion } = await host.client.send(new InvokeWithResponseStreamCommand(input));
		expect(ExecutedVersion).toBe("$LATEST");
		const chunks: Uint8Array[] = [];
		for await (const event of EventStream!) {
			if (event.PayloadChunk) chunks.push(event.PayloadChunk.Payload!);
			if (event.InvokeComplete) return { payload: Buffer.concat(chunks).toString(), end: event.InvokeComplete };
		}
		throw new Error("the stream has no end");
	}

	it("an http guest's answer is streamed: status and fields, eight zeros, and the body", async () => {
		const ZipFile = readFileSync(new URL("../guests/rust-http/rust-http.wasm", import.meta.url));
		await host.client.send(new CreateFunctionCommand({ FunctionName: "site", Role, Runtime, Code: { ZipFile } }));
		const { payload, end } = await stream("site", '{"rawPath":"/","requestContext":{"http":{"method":"GET"}}}');
		const [head, body] = payload.split("\0\0\0\0\0\0\0\0");
		expect(JSON.parse(head!)).toMatchObject({ statusCode: 200, headers: {} });
		expect(body).toMatch(/\S/);
		expect(end.ErrorCode).toBeUndefined();
		expect(Buffer.from(end.LogResult!, "base64").toString()).toContain("REPORT RequestId");
	});

	it("a streamed answer comes whole, and a failure at its end", async () => {
		const text = JSON.stringify("ä".repeat(1_000_000));
		const { payload, end } = await stream("echo", text);
		expect(payload === text).toBe(true);
		expect(Buffer.from(end.LogResult!, "base64").toString()).toContain("REPORT RequestId");
		expect((await stream("fails", "1")).end).toMatchObject({ ErrorCode: expect.any(String) });
	});
});
