import { describe, expect, it } from "vitest";
import type { TriggerRecord } from "../store/types.ts";
import { RESERVED_VARIABLES } from "./env.ts";
import { testConfig, testFunction } from "./fakes.ts";
import { mountsOf } from "./mounts.ts";
import { specOf } from "./spec.ts";

const config = testConfig({ region: "eu-west-1", concurrency: 7 });

describe("the spec of a function", () => {
	it("says what the engine needs, in the engine's units", () => {
		const record = testFunction("f", { memoryMb: 256, fuel: 5000 });
		const mounts = [{ host: "/data/a", guest: "/mnt/a", readOnly: true }];
		expect(specOf(record, mounts, config)).toMatchObject({
			digest: record.artifact.digest,
			kind: "handler",
			memoryBytes: 268_435_456,
			fuel: 5000,
			mounts,
			maxInstances: 7,
		});
	});

	it("has the same id for the same function, so that its snapshot is found after a restart", () => {
		const first = specOf(testFunction("f"), [], config);
		const second = specOf(testFunction("f"), [], config);
		expect(second.id).toBe(first.id);
		expect(first.id).toMatch(/^[0-9a-f]{64}$/);
	});

	it.each([
		["name", testFunction("g"), []],
		["revision", testFunction("f", { revisionId: "22222222-2222-4222-8222-222222222222" }), []],
		["memory", testFunction("f", { memoryMb: 129 }), []],
		["fuel", testFunction("f", { fuel: 1 }), []],
		["environment", testFunction("f", { environment: { A: "1" } }), []],
		["mounts", testFunction("f"), [{ host: "/a", guest: "/mnt/a", readOnly: true }]],
	])("has another id with another %s", (_, record, mounts) => {
		expect(specOf(record, mounts, config).id).not.toBe(specOf(testFunction("f"), [], config).id);
	});
});

describe("the environment of a function", () => {
	it("has the function's own variables and Lambda's", () => {
		const record = testFunction("f", { environment: { GREETING: "hello" }, handler: "index.handler", memoryMb: 512 });
		expect(specOf(record, [], config).env).toEqual({
			GREETING: "hello",
			_HANDLER: "index.handler",
			AWS_DEFAULT_REGION: "eu-west-1",
			AWS_EXECUTION_ENV: "AWS_Lambda_provided.wasi",
			AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "512",
			AWS_LAMBDA_FUNCTION_NAME: "f",
			AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
			AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
			AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/f",
			AWS_REGION: "eu-west-1",
			LAMBDA_RUNTIME_DIR: "/var/runtime",
			LAMBDA_TASK_ROOT: "/var/task",
			LANG: "en_US.UTF-8",
			TZ: ":UTC",
		});
	});

	it("has no handler where the function has none", () => {
		expect(specOf(testFunction("f"), [], config).env).not.toHaveProperty("_HANDLER");
	});

	it("lets a function set its own time zone and language", () => {
		const { env } = specOf(testFunction("f", { environment: { TZ: "Europe/Paris", LANG: "fr" } }), [], config);
		expect(env).toMatchObject({ TZ: "Europe/Paris", LANG: "fr" });
	});

	it("does not let a function set what belongs to the host", () => {
		const hostile = Object.fromEntries([...RESERVED_VARIABLES].map((name) => [name, "mine"]));
		const { env } = specOf(testFunction("f", { environment: hostile, handler: "h" }), [], config);
		expect(env.AWS_LAMBDA_FUNCTION_NAME).toBe("f");
		expect(env._HANDLER).toBe("h");
		expect(env.AWS_REGION).toBe("eu-west-1");
	});

	it("reserves each name that it gives, but the two that may be overridden", () => {
		const { env } = specOf(testFunction("f", { handler: "h" }), [], config);
		const given = Object.keys(env).filter((name) => name !== "TZ" && name !== "LANG");
		expect(given.filter((name) => !RESERVED_VARIABLES.has(name))).toEqual([]);
	});
});

describe("the mounts of a function", () => {
	function bucket(name: string, folder: string, changes: Partial<TriggerRecord> = {}): TriggerRecord {
		const settings = { bucket: name, folder };
		return { id: name, kind: "bucket", functionName: "f", enabled: true, settings, createdAt: "", ...changes };
	}

	it("are its buckets, read-only, in order", () => {
		expect(mountsOf([bucket("photos", "/srv/p"), bucket("docs", "/srv/d")])).toEqual([
			{ host: "/srv/d", guest: "/mnt/docs", readOnly: true },
			{ host: "/srv/p", guest: "/mnt/photos", readOnly: true },
		]);
	});

	it("name a bucket with several triggers once", () => {
		expect(mountsOf([bucket("docs", "/srv/d", { id: "1" }), bucket("docs", "/srv/d", { id: "2" })])).toHaveLength(1);
	});

	it("leave out disabled buckets and other kinds", () => {
		const schedule = bucket("docs", "/srv/d", { kind: "schedule" });
		expect(mountsOf([schedule, bucket("docs", "/srv/d", { enabled: false })])).toEqual([]);
	});
});
