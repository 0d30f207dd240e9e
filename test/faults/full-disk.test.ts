/** A disk without room: what needs some fails with a clear error, all else goes on, and so does the rest once there is room. */
import { rmSync, statfsSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { canMount, mountSmallDisk, type SmallDisk } from "../../host/store/testing/small-disk.ts";
import { guest } from "../support/guests.ts";
import { zipOf } from "../support/zip.ts";
import { type ChildHost, workplace } from "./child-host.ts";
import { call, lambda } from "./lambda.ts";

const MIB = 2 ** 20;
const LAYER = zipOf([{ name: "a", data: Buffer.alloc(100_000, "layer") }]);

let disk: SmallDisk;
let place: ReturnType<typeof workplace>;

/** Takes all the room there is; a page is left over, which no database page fits in beside its log's. */
function fill(): void {
	const { bavail, bsize } = statfsSync(disk.folder);
	writeFileSync(join(disk.folder, "ballast"), new Uint8Array(bavail * bsize));
}

function makeRoom(): void {
	rmSync(join(disk.folder, "ballast"));
}

describe.skipIf(!canMount())("a full disk", () => {
	beforeEach(() => {
		disk = mountSmallDisk(12 * MIB);
		place = workplace();
	});
	afterEach(async () => {
		await place.clear();
		disk.unmount();
	});

	const boot = (): Promise<ChildHost> => place.boot({}, join(disk.folder, "data"));

	it("refuses changes with 503, serves what was deployed, and takes changes again once there is room", async () => {
		let host = await boot();
		let api = lambda(host.apiUrl);
		await api.deploy("f", "echo", { Tags: { a: "1" } });
		await api.deploy("chatty", "cat");
		await api.createUrl("f");
		const { id } = (await api.addTrigger(SCHEDULE)).json;
		const echo = await guest("echo");
		fill();

		const changes = () => ({
			CreateFunction: () => api.create("new", Buffer.concat([echo, Uint8Array.of(0, 3, 1, 0x78, 0)])),
			UpdateFunctionCode: async () => api.updateCode("f", await guest("ok")),
			UpdateFunctionConfiguration: () => api.updateConfiguration("f", { Description: "d".repeat(200) }),
			PutFunctionEventInvokeConfig: () => api.putEventInvoke("f", { MaximumRetryAttempts: 1 }),
			PublishLayerVersion: () => api.publishLayer("l", LAYER),
			TagResource: () => api.tag("f", { b: "2".repeat(200) }),
			CreateFunctionUrlConfig: () => api.createUrl("chatty"),
			"Invoke later": () => api.invokeLater("f", { a: "x".repeat(100_000) }),
			"trigger add": () => api.addTrigger(SCHEDULE),
		});
		for (const [name, change] of Object.entries(changes())) {
			const answer = await change();
			expect([name, answer.status, answer.text]).toEqual([name, 503, expect.stringMatching(/disk is full/)]);
		}

		expect(await api.invoke("f", "[1]")).toMatchObject({ status: 200, text: "[1]" });
		expect(await api.invoke("chatty", '"out"')).toMatchObject({ status: 200, text: '"out"' });
		expect((await call(host.urlPortUrl, "GET", "/f/")).status).toBe(200);
		expect((await api.get("f")).json.Tags).toEqual({ a: "1" });
		expect((await api.triggers("f")).json.triggers).toMatchObject([{ id }]);
		expect((await api.logs("f")).status).toBe(200);

		makeRoom();
		for (const [name, change] of Object.entries(changes())) {
			const { status } = await change();
			expect([name, status < 300]).toEqual([name, true]);
		}
		await host.kill();
		host = await boot();
		api = lambda(host.apiUrl);
		expect((await api.get("f")).json).toMatchObject({
			Configuration: { Description: "d".repeat(200) },
			Tags: { a: "1", b: "2".repeat(200) },
		});
		expect(await api.invoke("new", "[1]")).toMatchObject({ status: 200, text: "[1]" });
		expect((await api.triggers("f")).json.triggers).toHaveLength(2);
	}, 60_000);

	it("loses no event that was accepted, whether or not it fit when it was done", async () => {
		const host = await boot();
		const api = lambda(host.apiUrl);
		await api.deploy("f", "ok");
		let accepted = 0;
		// Room for some, then for none.
		fill();
		truncateSync(join(disk.folder, "ballast"), 9 * MIB);
		for (let count = 0; count < 60; count++) {
			const { status } = await api.invokeLater("f", { n: count, filler: "x".repeat(100_000) });
			expect([202, 503]).toContain(status);
			if (status === 202) accepted++;
		}
		expect(accepted).toBeGreaterThan(0);
		makeRoom();
		await vi.waitFor(
			async () => {
				const { stats } = (await api.send("GET", "/_pilot/api/functions/f")).json;
				expect(stats.invocations).toBeGreaterThanOrEqual(accepted);
			},
			{ timeout: 30_000, interval: 100 },
		);
		expect(host.child.exitCode).toBe(null);
	}, 60_000);

	it("at a restart: the host serves, or says what is wrong; once there is room all is there", async () => {
		const before = await boot();
		await lambda(before.apiUrl).deploy("f", "echo");
		await before.kill();
		fill();
		const starting = place.spawn({}, join(disk.folder, "data"));
		const ready = vi.waitFor(() => expect(starting.output.stdout).toContain("apiUrl"), { timeout: 60_000 });
		const outcome = await Promise.race([ready.then(() => "serves" as const), starting.ended]);
		if (outcome === "serves") {
			const { apiUrl } = JSON.parse(starting.output.stdout);
			expect(await lambda(apiUrl).invoke("f", "[1]")).toMatchObject({ status: 200, text: "[1]" });
			await starting.kill();
		} else {
			expect(outcome.code).toBe(1);
			expect(outcome.stderr).toMatch(/^error: .*(No room left|no space left).*\n$/i);
		}
		makeRoom();
		const after = await boot();
		expect(await lambda(after.apiUrl).invoke("f", "[1]")).toMatchObject({ status: 200, text: "[1]" });
	}, 60_000);
});

const SCHEDULE = { kind: "schedule", functionName: "f", settings: { expression: "rate(5 days)" } };
