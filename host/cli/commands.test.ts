import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type FakeHost, fakeHost } from "./testing/fake-host.ts";
import { folderOf, type PilotOptions, pilot } from "./testing/pilot.ts";

let host: FakeHost;
let temporary: ReturnType<typeof folderOf>;
beforeAll(() => {
	temporary = folderOf({
		"app.wasm": "code one",
		"bad.wasm": "refused",
		"event.json": '{"from":"file"}',
		"text.txt": "x",
	});
});
afterAll(() => temporary.remove());
beforeEach(async () => {
	host = await fakeHost();
});
afterEach(() => host.close());

const run = (args: string[], options: PilotOptions = {}) =>
	pilot(args, { endpoint: host.endpoint, cwd: temporary.folder, ...options });
const json = async (args: string[]) => JSON.parse((await run([...args, "--json"])).stdout);

describe("deploy", () => {
	it("creates a function with its settings and a URL, and says where it is", async () => {
		const settings = ["--memory", "256", "--timeout", "9", "--fuel", "1000", "--env", "A=1", "--env", "B=x=y"];
		const { code, stdout, stderr } = await run(["deploy", "app.wasm", "--name", "app", ...settings]);
		expect([code, stderr]).toEqual([0, ""]);
		expect(stdout).toBe("app created (pilot:function/handler@0.1.0, 8 B)\nhttp://app.localhost/\n");
		const body = JSON.parse(host.seen.find(({ method }) => method === "POST")!.body);
		expect(body).toMatchObject({
			FunctionName: "app",
			Runtime: "provided.wasi",
			Code: { ZipFile: Buffer.from("code one").toString("base64") },
			MemorySize: 256,
			Timeout: 9,
			FuelLimit: 1000,
			Environment: { Variables: { A: "1", B: "x=y" } },
		});
		expect(host.functions.get("app")!.url).toBe(true);
	});

	it("sets isolation and initialisation, and only where they differ", async () => {
		const deploy = (...options: string[]) => json(["deploy", "app.wasm", ...options]);
		await deploy("--isolation", "request", "--init", "each");
		expect(JSON.parse(host.seen.find(({ method }) => method === "POST")!.body)).toMatchObject({
			Isolation: "request",
			SnapStart: { ApplyOn: "None" },
		});
		expect(await deploy("--isolation", "request", "--init", "each")).toMatchObject({ action: "unchanged" });
		expect(await deploy("--init", "once")).toMatchObject({ action: "updated" });
		expect(JSON.parse(host.seen.findLast(({ method }) => method === "PUT")!.body)).toEqual({
			SnapStart: { ApplyOn: "PublishedVersions" },
		});
		expect(await deploy("--isolation", "reuse")).toMatchObject({ action: "updated" });
		expect(await deploy("--isolation", "reuse")).toMatchObject({ action: "unchanged" });
	});

	it("takes the file's name if none is given, and changes nothing the second time", async () => {
		expect(await json(["deploy", "app.wasm"])).toEqual({
			name: "app",
			action: "created",
			world: "pilot:function/handler@0.1.0",
			size: 8,
			url: "http://app.localhost/",
			urlByPath: "http://127.0.0.1:9001/app/",
		});
		host.seen.length = 0;
		expect(await json(["deploy", "app.wasm", "--fuel", "5"])).toMatchObject({ action: "updated" });
		expect(host.changes()).toEqual(["PUT /2015-03-31/functions/app/configuration"]);
		host.seen.length = 0;
		expect(await json(["deploy", "app.wasm", "--fuel", "5", "--memory", "128"])).toMatchObject({ action: "unchanged" });
		expect(host.changes()).toEqual([]);
	});

	it("updates the code alone if that is what changed", async () => {
		await run(["deploy", "app.wasm"]);
		host.seen.length = 0;
		writeFileSync(join(temporary.folder, "app2.wasm"), "code two");
		expect(await json(["deploy", "app2.wasm", "--name", "app"])).toMatchObject({ action: "updated" });
		expect(host.changes()).toEqual(["PUT /2015-03-31/functions/app/code"]);
	});

	it("keeps one trigger of a kind: the one that was given last", async () => {
		await run(["deploy", "app.wasm", "--schedule", "rate(1 minute)", "--bucket", "drop"]);
		expect(host.triggers.map(({ kind, settings }) => [kind, settings])).toEqual([
			["schedule", { expression: "rate(1 minute)" }],
			["bucket", { bucket: "drop", folder: join(temporary.folder, "drop") }],
		]);
		expect(await json(["deploy", "app.wasm", "--schedule", "rate(1 minute)"])).toMatchObject({ action: "unchanged" });
		expect(await json(["deploy", "app.wasm", "--schedule", "rate(2 minutes)"])).toMatchObject({ action: "updated" });
		expect(host.triggers.map(({ settings }) => settings)).toEqual([
			{ bucket: "drop", folder: join(temporary.folder, "drop") },
			{ expression: "rate(2 minutes)" },
		]);
	});

	it("says why the host refused, in one line", async () => {
		const { code, stdout, stderr } = await run(["deploy", "bad.wasm"]);
		expect([code, stdout]).toEqual([1, ""]);
		expect(stderr).toBe("error: InvalidParameterValueException: Found nothing; expected something\n");
	});

	it.each([
		[["deploy", "nowhere.wasm"], 1, /There is no .*nowhere\.wasm/],
		[["deploy", "text.txt"], 2, /text\.txt is neither a \.wasm, a \.zip nor a folder/],
		[["deploy", "empty"], 2, /has no package\.json and no pilot\.json/],
		[["deploy"], 2, /missing required argument/],
		[["deploy", "app.wasm", "--memory", "lots"], 2, /whole number/],
		[["deploy", "app.wasm", "--timeout", "0"], 2, /whole number/],
		[["deploy", "app.wasm", "--env", "A"], 2, /KEY=VALUE/],
	])("%j ends with %i", async (args, code, message) => {
		mkdirSync(join(temporary.folder, "empty"), { recursive: true });
		const ended = await run(args);
		expect(ended).toMatchObject({ code, stdout: "" });
		expect(ended.stderr).toMatch(message);
	});
});

describe("invoke", () => {
	beforeEach(() => run(["deploy", "app.wasm"]));

	const sent = () => host.seen.at(-1)!;

	it("writes the result's bytes to standard output, and nothing else", async () => {
		host.answer.body = '{"b": "é"}';
		expect(await run(["invoke", "app", "--data", '{"a":1}'])).toEqual({ code: 0, stdout: '{"b": "é"}', stderr: "" });
		expect(sent().body).toBe('{"a":1}');
		expect(sent().headers["x-amz-log-type"]).toBeUndefined();
	});

	it("takes the event from a file or standard input, as it is, and {} by itself", async () => {
		await run(["invoke", "app", "-d", "@event.json"]);
		expect(sent().body).toBe('{"from":"file"}');
		await run(["invoke", "app", "--data", "-"], { input: ' {"from":"stdin"}\n' });
		expect(sent().body).toBe(' {"from":"stdin"}\n');
		await run(["invoke", "app"]);
		expect(sent().body).toBe("{}");
	});

	it("writes the log to standard error if asked", async () => {
		host.answer.headers = { "x-amz-log-result": Buffer.from("START\nEND\n").toString("base64") };
		expect(await run(["invoke", "app", "--log"])).toEqual({ code: 0, stdout: '{"ok":true}', stderr: "START\nEND\n" });
		expect(sent().headers["x-amz-log-type"]).toBe("Tail");
	});

	it("ends with 1 when the function failed, with the error object as its result", async () => {
		const error = '{"errorType":"Error","errorMessage":"no"}';
		host.answer = {
			status: 200,
			headers: { "x-amz-function-error": "Unhandled", "x-amzn-requestid": "r-1" },
			body: error,
		};
		const { code, stdout, stderr } = await run(["invoke", "app"]);
		expect([code, stdout]).toEqual([1, error]);
		expect(stderr).toBe("error: the function failed (request r-1)\n");
	});

	it("gives the request's id for an asynchronous invocation", async () => {
		host.answer = { status: 202, headers: { "x-amzn-requestid": "r-2" }, body: "" };
		expect(await run(["invoke", "app", "--async"])).toEqual({ code: 0, stdout: "r-2\n", stderr: "" });
		expect(sent().headers["x-amz-invocation-type"]).toBe("Event");
	});

	it("gives one JSON object with --json, whatever the result is", async () => {
		host.answer.headers = { "x-amzn-requestid": "r-3" };
		expect(await json(["invoke", "app"])).toEqual({ requestId: "r-3", payload: { ok: true } });
		host.answer.body = "not json";
		const payloadBase64 = Buffer.from("not json").toString("base64");
		expect(await json(["invoke", "app"])).toEqual({ requestId: "r-3", payloadBase64 });
	});

	it("says what is wrong: no such function, no such file", async () => {
		const unknown = await run(["invoke", "nobody"]);
		expect([unknown.code, unknown.stderr]).toEqual([
			1,
			"error: ResourceNotFoundException: Function not found: nobody\n",
		]);
		const file = await run(["invoke", "app", "--data", "@nothing.json"]);
		expect(file.code).toBe(1);
		expect(file.stderr).toMatch(/^error: The event cannot be read: ENOENT[^\n]*\n$/);
	});
});

describe("ls, inspect, logs, rm, trigger", () => {
	it("say that there is nothing yet", async () => {
		expect(await run(["ls"])).toEqual({
			code: 0,
			stdout: "",
			stderr: "There is no function yet: `pilot new NAME` makes one.\n",
		});
		expect(await json(["ls"])).toEqual([]);
		expect(await json(["trigger", "ls"])).toEqual([]);
	});

	it("list functions in columns or as JSON", async () => {
		await run(["deploy", "app.wasm"]);
		const [head, row] = (await run(["ls"])).stdout.split("\n");
		expect(head).toMatch(/^NAME +WORLD +SIZE +MEMORY +TIMEOUT +INVOCATIONS +ERRORS +URL$/);
		expect(row!.split(/ {2,}/)).toEqual(["app", "w", "8 B", "128 MB", "3 s", "3", "1", "http://app.localhost/"]);
		expect(await json(["ls"])).toMatchObject([{ name: "app", size: 8, url: { id: "id" } }]);
	});

	it("show one function", async () => {
		await run(["deploy", "app.wasm", "--schedule", "rate(1 minute)"]);
		const { stdout } = await run(["inspect", "app"]);
		expect(stdout).toContain("    world: pilot:function/handler@0.1.0\n");
		expect(stdout).toContain("      expression: rate(1 minute)\n");
		expect(await json(["inspect", "app"])).toMatchObject({
			function: { name: "app" },
			triggers: [{ kind: "schedule" }],
		});
		expect(await run(["inspect", "nobody"])).toMatchObject({ code: 1, stderr: "error: There is no function nobody\n" });
	});

	it("show a log, and ask for as much as is wanted", async () => {
		await run(["deploy", "app.wasm"]);
		expect(await run(["logs", "app"])).toEqual({ code: 0, stdout: "START\nhello\nEND\n", stderr: "" });
		await run(["logs", "app", "-f", "--lines", "5"]);
		expect(host.seen.at(-1)!.path).toBe("/_pilot/api/functions/app/logs?follow=1&lines=5");
		expect(await run(["logs", "nobody"])).toMatchObject({ code: 1, stderr: "error: There is no function nobody\n" });
	});

	it("delete functions", async () => {
		await run(["deploy", "app.wasm"]);
		await run(["deploy", "app.wasm", "--name", "other"]);
		expect(await run(["rm", "app", "other"])).toEqual({ code: 0, stdout: "Deleted app, other\n", stderr: "" });
		expect(host.functions.size).toBe(0);
		expect(await run(["rm", "app"])).toMatchObject({ code: 1, stdout: "" });
	});

	it("list, show, retry and remove dead letters", async () => {
		await run(["deploy", "app.wasm"]);
		expect(await run(["dead-letters", "ls", "app"])).toMatchObject({ code: 0, stdout: "" });
		const letter = (id: string) => ({ id, createdAt: "today", target: "arn:q", condition: "RetriesExhausted" });
		host.deadLetters.push(letter("a"), letter("b"));
		expect((await run(["dead-letters", "ls", "app"])).stdout).toMatch(
			/ID +WHEN +CONDITION +FOR\na +today +RetriesExhausted +arn:q/,
		);
		expect(await json(["dead-letters", "ls", "app"])).toEqual([letter("a"), letter("b")]);
		expect((await run(["dead-letters", "show", "app", "a"])).stdout).toBe('{"a":1}\n');
		expect((await run(["dead-letters", "retry", "app", "a"])).stdout).toBe("Queued again as again-a\n");
		expect(await json(["dead-letters", "rm", "app", "b"])).toEqual({ removed: ["b"] });
		expect(await run(["dead-letters", "rm", "app", "b"])).toMatchObject({ code: 1 });
	});

	it("add, list and remove triggers", async () => {
		await run(["deploy", "app.wasm"]);
		expect(await run(["trigger", "add", "app", "--schedule", "0 9 * * *", "--timezone", "Europe/Berlin"])).toEqual({
			code: 0,
			stdout: "id-1\n",
			stderr: "",
		});
		expect(host.triggers[0]!.settings).toEqual({ expression: "0 9 * * *", timezone: "Europe/Berlin" });
		expect(await json(["trigger", "add", "app", "--bucket", "in"])).toMatchObject({ id: "id-2", kind: "bucket" });
		expect((await run(["trigger", "ls", "app"])).stdout).toContain("expression=0 9 * * * timezone=Europe/Berlin");
		expect(await json(["trigger", "rm", "id-1", "id-2"])).toEqual({ removed: ["id-1", "id-2"] });
		expect(await run(["trigger", "rm", "id-1"])).toMatchObject({
			code: 1,
			stderr: 'error: There is no trigger "id-1"\n',
		});
	});

	it.each([
		[["trigger", "add", "app"], /either --schedule or --bucket/],
		[["trigger", "add", "app", "--schedule", "x", "--bucket", "y"], /either --schedule or --bucket/],
		[["trigger", "add", "app", "--bucket", "y", "--timezone", "UTC"], /belongs to --schedule/],
		[["logs", "app", "--lines", "-1"], /whole number/],
	])("%j is a mistake of usage", async (args, message) => {
		const ended = await run(args);
		expect(ended).toMatchObject({ code: 2, stdout: "" });
		expect(ended.stderr).toMatch(message);
	});
});

describe("every command", () => {
	it("that finds no host says how to start one, in one line", async () => {
		const { code, stdout, stderr } = await run(["ls"], { endpoint: "http://127.0.0.1:1" });
		expect([code, stdout]).toEqual([1, ""]);
		expect(stderr).toBe(
			"error: No host answers at http://127.0.0.1:1: start one with `npm start` or `npx pilot serve`\n",
		);
	});

	it("takes the endpoint anywhere on the line, before the environment's", async () => {
		expect((await run(["ls", "--json", "--endpoint", host.endpoint], { endpoint: "http://127.0.0.1:1" })).stdout).toBe(
			"[]\n",
		);
		expect((await run(["--endpoint", host.endpoint, "--json", "ls"], { endpoint: "http://127.0.0.1:1" })).stdout).toBe(
			"[]\n",
		);
		expect(await run(["ls", "--endpoint", "ftp://x"])).toMatchObject({
			code: 1,
			stderr: expect.stringContaining("not an http URL"),
		});
	});

	it("shows a stack only with PILOT_DEBUG", async () => {
		const options = { endpoint: "http://127.0.0.1:1" };
		expect((await run(["ls"], options)).stderr).not.toContain("    at ");
		expect((await run(["ls"], { ...options, env: { PILOT_DEBUG: "1" } })).stderr).toContain("    at ");
	});

	it.each([[["nonsense"]], [["ls", "--nonsense"]], [["rm"]], [["invoke"]], [["new", "x", "--lang", "cobol"]]])(
		"%j is a mistake of usage: code 2, nothing on standard output",
		async (args) => {
			expect(await run(args)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("error: ") });
		},
	);

	it.each([
		"start",
		"serve",
		"new",
		"dev",
		"build",
		"deploy",
		"invoke",
		"ls",
		"inspect",
		"logs",
		"rm",
		"trigger",
		"dead-letters",
	])("%s has help with an example, and the options that all have", async (name) => {
		const { code, stdout } = await run([name, "--help"]);
		expect(code).toBe(0);
		expect(stdout).toMatch(new RegExp(`Examples:\n {2}\\$ pilot ${name}`));
		expect(stdout).toContain("--endpoint <url>");
	});

	it("is in the help of pilot itself, which is no failure", async () => {
		const { code, stdout } = await run(["--help"]);
		expect(code).toBe(0);
		expect(
			stdout.match(/^ {2}(start|serve|new|dev|build|deploy|invoke|ls|inspect|logs|rm|trigger|dead-letters)\b/gm),
		).toHaveLength(13);
	});
});
