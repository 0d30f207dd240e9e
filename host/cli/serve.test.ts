/** Hosts as processes: how they start, what stops a start, how they end. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { folderOf, pilot, type Running, startPilot } from "./testing/pilot.ts";

// Each case starts processes and builds components: seconds, more where other tests run beside it.
vi.setConfig({ testTimeout: 120_000 });

let temporary: ReturnType<typeof folderOf>;
const running: Running[] = [];
beforeEach(() => {
	temporary = folderOf();
});
afterEach(async () => {
	for (const { child, ended } of running.splice(0)) {
		child.kill("SIGKILL");
		await ended;
	}
	temporary.remove();
});

const at = (path: string) => join(temporary.folder, path);

function start(args: string[], cwd = temporary.folder): Running {
	const it = startPilot(args, { cwd });
	running.push(it);
	return it;
}

/** A host on free ports, and its endpoint. */
async function serve(data = "data"): Promise<Running & { endpoint: string }> {
	const it = start(["serve", "--json", "--port", "0", "--data", at(data)]);
	await it.until(/apiUrl.*\n/);
	return { ...it, endpoint: JSON.parse(it.output.stdout).apiUrl };
}

describe("serve", () => {
	it.each(["SIGTERM", "SIGINT"] as const)("ends with 0 on %s", async (signal) => {
		const { child, ended } = await serve();
		child.kill(signal);
		expect((await ended).code).toBe(0);
	});

	it("lets a running invocation finish on Ctrl-C, and takes a doubled signal as one", async () => {
		const { child, ended, endpoint } = await serve();
		const source = `export const handler = async () => {
	console.log("began");
	await new Promise((resolve) => setTimeout(resolve, 800));
	return "finished";
};`;
		writeFileSync(at("index.ts"), source);
		writeFileSync(at("pilot.json"), '{"name":"slow","timeout":10}');
		expect(await pilot(["deploy", temporary.folder], { endpoint })).toMatchObject({ code: 0, stderr: "" });
		const invocation = pilot(["invoke", "slow"], { endpoint });
		const log = startPilot(["logs", "slow", "-f"], { endpoint });
		running.push(log);
		await log.until(/began/);
		log.child.kill();
		child.kill("SIGINT");
		child.kill("SIGINT");
		expect(await invocation).toEqual({ code: 0, stdout: '"finished"', stderr: "" });
		expect((await ended).code).toBe(0);
	});

	async function busy(endpoint: string): Promise<number> {
		const answer = await fetch(`${endpoint}/_pilot/api/status`);
		return ((await answer.json()) as { engine: { busy: number } }).engine.busy;
	}

	it("ends at once on a second Ctrl-C", async () => {
		const { child, ended, endpoint, until } = await serve();
		writeFileSync(
			at("index.ts"),
			"export const handler = () => new Promise((resolve) => setTimeout(resolve, 600_000));",
		);
		writeFileSync(at("pilot.json"), '{"name":"stuck","timeout":900}');
		await pilot(["deploy", temporary.folder], { endpoint });
		const invocation = startPilot(["invoke", "stuck"], { endpoint });
		running.push(invocation);
		await vi.waitFor(async () => expect(await busy(endpoint)).toBe(1), { timeout: 60_000, interval: 100 });
		child.kill("SIGINT");
		await until(/Finishing what is running/);
		await new Promise((resolve) => setTimeout(resolve, 500));
		child.kill("SIGINT");
		expect((await ended).code).toBe(130);
	});

	it("says that the port is in use, and keeps the data folder free", async () => {
		const blocker = createServer().listen(0, "127.0.0.1");
		await new Promise((resolve) => blocker.once("listening", resolve));
		const { port } = blocker.address() as { port: number };
		const ended = await pilot(["serve", "--port", String(port), "--data", at("data")]);
		blocker.close();
		expect(ended).toMatchObject({ code: 1, stdout: "" });
		expect(ended.stderr).toMatch(new RegExp(`^error: [^\\n]*${port} is in use[^\\n]*\\n$`));
		await serve();
	});

	it("says that another host has the data folder open", async () => {
		await serve();
		const ended = await pilot(["serve", "--port", "0", "--data", at("data")]);
		expect(ended).toMatchObject({ code: 1, stdout: "" });
		expect(ended.stderr).toMatch(/^error: Another host has .*data open: [^\n]*\n$/);
	});

	it.each([
		[["--port", "70000"], /port \(PILOT_PORT\) is 70000|port \(PILOT_PORT\) is "70000"/],
		[["--port", "x"], /PILOT_PORT/],
		[["--host", "0.0.0.0"], /host \(PILOT_HOST\)/],
	])("refuses %j as a mistake of usage", async (args, message) => {
		const ended = await pilot(["serve", "--data", at("data"), ...args]);
		expect(ended).toMatchObject({ code: 2, stdout: "" });
		expect(ended.stderr).toMatch(message);
		expect(existsSync(at("data"))).toBe(false);
	});
});

describe("new, build, deploy, dev", () => {
	it("make a function from nothing that answers at its URL", async () => {
		const { endpoint } = await serve();
		const made = await pilot(["new", "greet", "--json"], { cwd: temporary.folder });
		expect(JSON.parse(made.stdout)).toMatchObject({
			name: "greet",
			files: expect.arrayContaining(["index.ts", "package.json"]),
		});
		expect(await pilot(["new", "greet"], { cwd: temporary.folder })).toMatchObject({ code: 1 });
		expect(await pilot(["new", "no spaces!"], { cwd: temporary.folder })).toMatchObject({ code: 2 });

		const built = await pilot(["build", "greet", "--json"], { cwd: temporary.folder });
		expect(JSON.parse(built.stdout)).toMatchObject({ name: "greet", path: at("greet/dist/greet.wasm"), fresh: true });
		const deployed = await pilot(["deploy", "greet", "--json"], { cwd: temporary.folder, endpoint });
		expect(JSON.parse(deployed.stdout)).toMatchObject({ name: "greet", action: "created" });
		const { urlByPath } = JSON.parse(deployed.stdout);
		expect(await (await fetch(`${urlByPath}?name=Ada`)).json()).toEqual({ message: "Hello, Ada!" });
	});

	it("dev deploys again on a save, shows a mistake, and goes on", async () => {
		const { endpoint } = await serve();
		await pilot(["new", "live"], { cwd: temporary.folder });
		const dev = startPilot(["dev", "live"], { cwd: temporary.folder, endpoint });
		running.push(dev);
		await dev.until(/live created[^\n]*\n[\s\S]*Watching/);
		const source = readFileSync(at("live/index.ts"), "utf8");

		writeFileSync(at("live/index.ts"), source.replace("Hello", "Hello ("));
		await dev.until(/live updated/);
		writeFileSync(at("live/index.ts"), source.replace("=> {", "=> {{"));
		await dev.until(/✗[\s\S]*index\.ts/);
		dev.output.stdout = "";
		writeFileSync(at("live/index.ts"), source.replace("Hello", "Good morning"));
		await dev.until(/live updated/);

		const { stdout } = await pilot(["invoke", "live"], { endpoint });
		expect(JSON.parse(stdout)).toEqual({ message: "Good morning, world!" });
		dev.child.kill("SIGINT");
		expect(await dev.ended).toMatchObject({ code: 0 });
	});
});

describe("start", () => {
	it("deploys the examples with commands that work when pasted, and nothing the second time", async () => {
		const first = start(["start", "--json", "--port", "0", "--data", at("data")]);
		await first.until(/functions.*\n/);
		const { functions } = JSON.parse(first.output.stdout);
		const names = functions.map(({ name }: { name: string }) => name);
		expect(names).toEqual(["api", "echo", "fibonacci", "hello", "on-upload", "tick"]);
		for (const { urlByPath, world, action } of functions) {
			expect([world, action]).toEqual(["pilot:function/text-handler@0.1.0", "created"]);
			expect((await fetch(urlByPath)).status).toBeLessThan(500);
		}
		first.child.kill("SIGTERM");
		expect((await first.ended).code).toBe(0);

		const second = start(["start", "--port", "0", "--data", at("data")]);
		await second.until(/Ctrl-C ends/);
		const lines = second.output.stdout.trim().split("\n");
		expect(lines).toHaveLength(7);
		expect(lines[3]).toMatch(
			/^hello +pilot:function\/text-handler@0\.1\.0 +[\d.]+ MB +http:\/\/hello\.localhost:\d+\/ +curl ".*\?name=Ada"$/,
		);
		const endpoint = /Host at (\S+),/.exec(second.output.stdout)![1]!;
		const list = JSON.parse((await pilot(["ls", "--json"], { endpoint })).stdout);
		expect(list).toHaveLength(6);
	});
});
