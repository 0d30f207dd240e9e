/** The functions of components/, built as `pilot start` builds them, and called. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acceptanceData } from "../../test/support/acceptance.ts";
import { answer, type TestEngine, testEngine } from "../../test/support/engine.ts";
import { build } from "./build/index.ts";
import { readProject } from "./build/project.ts";
import { folderOf } from "./testing/pilot.ts";

const COMPONENTS = fileURLToPath(new URL("../../components/", import.meta.url));
const names = globSync("*/package.json", { cwd: COMPONENTS }).map((it) => it.split("/")[0]!);
const codes = new Map<string, Uint8Array>();

let engine: TestEngine;
beforeAll(async () => {
	engine = await testEngine();
	for (const name of names) codes.set(name, readFileSync((await build(readProject(join(COMPONENTS, name)))).path));
});
afterAll(() => engine?.close());

async function run(name: string, event: unknown, settings: object = {}) {
	return engine.invoke(await engine.spec(codes.get(name)!, settings), JSON.stringify(event));
}
const call = async (name: string, event: unknown, settings?: object) =>
	JSON.parse(answer(await run(name, event, settings)));

describe("hello", () => {
	it("greets the world, or whom the query names", async () => {
		expect(await call("hello", {})).toEqual({ message: "Hello, world!" });
		expect(await call("hello", { queryStringParameters: { name: "Zoë" } })).toEqual({ message: "Hello, Zoë!" });
	});
});

describe("echo", () => {
	it("gives any JSON back", async () => {
		for (const value of [null, 0, "text", [1, [2]], { a: { b: "\u2028" } }])
			expect(await call("echo", value)).toEqual(value);
	});

	const events = acceptanceData("events");
	it.skipIf(events === null)("gives every recorded event back, equal as JSON", async () => {
		const files = globSync("**/*.json", { cwd: events! });
		expect(files.length).toBeGreaterThan(100);
		for (const file of files) {
			const text = readFileSync(join(events!, file), "utf8");
			if (!isJson(text)) continue;
			const outcome = await engine.invoke(await engine.spec(codes.get("echo")!), text);
			expect(JSON.parse(answer(outcome)), file).toEqual(JSON.parse(text));
		}
	});
});

function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

describe("api", () => {
	const request = (method: string, rawPath: string, more: object = {}) =>
		call("api", { rawPath, requestContext: { http: { method } }, ...more });

	it("keeps notes: makes, lists, shows, deletes", async () => {
		const made = await request("POST", "/notes", { body: "Buy candles" });
		expect(made).toMatchObject({ statusCode: 201, headers: { "content-type": "application/json" } });
		const { id } = JSON.parse(made.body);
		expect(made.headers.location).toBe(`/notes/${id}`);
		expect(JSON.parse((await request("GET", "/notes")).body)).toContain(id);
		expect(JSON.parse((await request("GET", `/notes/${id}`)).body)).toEqual({ id, text: "Buy candles" });
		expect(await request("DELETE", `/notes/${id}`)).toMatchObject({ statusCode: 204 });
		expect(await request("GET", `/notes/${id}`)).toMatchObject({ statusCode: 404 });
	});

	it("takes a body in base64, and refuses an empty one", async () => {
		const body = Buffer.from("Grüße").toString("base64");
		expect(JSON.parse((await request("POST", "/notes", { body, isBase64Encoded: true })).body).text).toBe("Grüße");
		expect(await request("POST", "/notes")).toMatchObject({ statusCode: 422 });
	});

	it("counts visits by cookie", async () => {
		expect(await request("GET", "/visits")).toMatchObject({ cookies: ["visits=1; HttpOnly; SameSite=Lax"] });
		expect(await request("GET", "/visits", { cookies: ["a=b", "visits=4"] })).toMatchObject({ body: '{"visits":5}' });
	});

	it("gives bytes as base64", async () => {
		const { isBase64Encoded, body, headers } = await request("GET", "/random");
		expect([isBase64Encoded, headers["content-type"]]).toEqual([true, "application/octet-stream"]);
		expect(Buffer.from(body, "base64")).toHaveLength(32);
	});

	it("knows what is not there, and what may be done where", async () => {
		expect(await request("GET", "/nowhere")).toMatchObject({ statusCode: 404 });
		expect(await request("PUT", "/notes")).toMatchObject({ statusCode: 405, headers: { allow: "GET, POST" } });
	});
});

describe("fibonacci", () => {
	it("works for its answer, and takes the number either way", async () => {
		expect(await call("fibonacci", { n: 15 })).toEqual({ n: 15, fibonacci: 610 });
		expect(await call("fibonacci", { queryStringParameters: { n: "10" } })).toEqual({ n: 10, fibonacci: 55 });
		expect((await run("fibonacci", { n: 12 })).usage.fuel).toBeLessThan((await run("fibonacci", { n: 18 })).usage.fuel);
	});

	it("is ended by its limit of fuel", async () => {
		expect(await run("fibonacci", { n: 25 }, { fuel: 50_000_000 })).toMatchObject({
			ok: false,
			failure: { kind: "fuel" },
		});
	});

	it("refuses what is no number for it", async () => {
		expect(await run("fibonacci", { n: -1 })).toMatchObject({ ok: false, failure: { errorType: "RangeError" } });
	});
});

describe("on-upload", () => {
	it("reads each file of its event through the mount", async () => {
		const { folder, remove } = folderOf({ "a b.txt": "one two\nthree\n" });
		const mounts = [{ host: folder, guest: "/mnt/uploads", readOnly: true }];
		const record = { s3: { bucket: { name: "uploads" }, object: { key: "a+b.txt", size: 14 } } };
		const outcome = await run("on-upload", { Records: [record] }, { mounts });
		remove();
		expect(JSON.parse(answer(outcome))).toEqual({ files: [{ key: "a b.txt", lines: 2, words: 3 }] });
		expect(outcome.log).toContain("\tINFO\ta b.txt: 14 bytes, 2 lines, 3 words\n");
	});
});

describe("tick", () => {
	it("counts in its instance", async () => {
		const { ticks } = await call("tick", { time: "2026-11-22T10:00:00Z" });
		expect(await call("tick", {})).toEqual({ ticks: ticks + 1 });
	});
});

describe("each example", () => {
	it.each(names)("%s has a README and settings that can be read", (name) => {
		expect(readFileSync(join(COMPONENTS, name, "README.md"), "utf8")).toMatch(new RegExp(`^# ${name}\n`));
		expect(readProject(join(COMPONENTS, name)).name).toBe(name);
	});
});
