/** kill -9 in the middle of every call that changes something: what was acknowledged is there, and nothing is half-done. */
import { createHash } from "node:crypto";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guest } from "../support/guests.ts";
import { zipOf } from "../support/zip.ts";
import { type ChildHost, randomFrom, sleep, workplace } from "./child-host.ts";
import { call, lambda } from "./lambda.ts";
import { SHARED, SIGNING, SINK, STEPS, same, show, Walker } from "./walk.ts";

const random = randomFrom(20_261_122);
const walkers = [0, 1, 2, 3].map((index) => new Walker(`walker-${index}`, random));
const codes = new Map<string, "echo" | "ok">();

let place: ReturnType<typeof workplace>;
let host: ChildHost;
beforeAll(async () => {
	place = workplace();
	for (const name of ["echo", "ok"] as const)
		codes.set(
			createHash("sha256")
				.update(await guest(name))
				.digest("base64"),
			name,
		);
	host = await place.boot();
	await lambda(host.apiUrl).deploy(SINK, "ok");
	await lambda(host.apiUrl).invoke(SINK);
	await lambda(host.apiUrl).publishLayer(SHARED, layerZip("shared"));
	const AllowedPublishers = {
		SigningProfileVersionArns: ["arn:aws:signer:us-east-1:000000000000:/signing-profiles/p"],
	};
	const made = await lambda(host.apiUrl).createSigning({ AllowedPublishers });
	SIGNING.arn = made.json.CodeSigningConfig.CodeSigningConfigArn;
});
afterAll(() => place.clear());

const layerZip = (content: string) => zipOf(["a", "b", "c"].map((name) => ({ name, data: Buffer.from(content) })));

/**
 * Lets all walk until so many steps were acknowledged, the favourite among them, and kills the host a moment later, inside of the next
 * ones. Gives the steps that were acknowledged.
 */
async function walkUntilKilled(favourite: string, steps: number, delayMs: number): Promise<string[]> {
	const enough = Promise.withResolvers<void>();
	const before = walkers.map((it) => it.done.length);
	const done = () => walkers.flatMap((it, index) => it.done.slice(before[index]));
	const acknowledged = () => {
		// What a step needs may take others some time to make.
		if (done().length >= steps && done().includes(favourite)) enough.resolve();
	};
	const api = lambda(host.apiUrl);
	const walking = Promise.all(walkers.map((it) => it.run(api, favourite, acknowledged)));
	await Promise.race([enough.promise.then(() => sleep(delayMs)), walking]);
	await host.kill();
	await walking;
	return done();
}

/** Each function is as it was acknowledged, or as the step under way would make it; then that is its state. */
async function expectKept(): Promise<void> {
	const api = lambda(host.apiUrl);
	for (const walker of walkers) {
		const shown = await show(api, walker.name, codes);
		const { state, pending } = walker;
		const kept = same(shown, state) || (pending !== null && same(shown, pending.state));
		if (!kept) expect({ shown, pending: pending?.step }).toEqual({ shown: state, pending: pending?.state });
		walker.state = shown;
		walker.pending = null;
	}
	const listed = (await api.list()).json.Functions.map((it: { FunctionName: string }) => it.FunctionName);
	expect(listed).toEqual([SINK, ...walkers.filter((it) => it.state !== null).map((it) => it.name)]);
}

/** Each function answers, and at its URL if it has an open one. */
async function expectServed(): Promise<void> {
	const api = lambda(host.apiUrl);
	for (const { name, state } of walkers) {
		const answer = await api.invoke(name, "[7]");
		if (state === null) expect(answer.status).toBe(404);
		else expect(answer).toMatchObject({ status: 200, text: state.code === "ok" ? '"ok"' : "[7]" });
		const open = await call(host.urlPortUrl, "GET", `/${name}/`);
		expect([name, open.status]).toEqual([name, state?.url === "NONE" ? 200 : state?.url === "AWS_IAM" ? 403 : 404]);
	}
}

describe("kill -9", () => {
	it.each(Object.keys(STEPS))(
		"during %s loses nothing that was acknowledged, and leaves nothing half-done",
		async (step) => {
			const done = await walkUntilKilled(step, 16 + Math.floor(random() * 12), random() * 12);
			host = await place.boot();
			await expectKept();
			await expectServed();
			expect(done.length).toBeGreaterThanOrEqual(16);
			expect(done).toContain(step);
		},
	);

	it("while layers are published leaves those that were acknowledged, whole, and none half-done", async () => {
		const acknowledged = new Map<number, Uint8Array>();
		for (let round = 0; round < 3; round++) {
			const publishing = [0, 1, 2, 3].map(async (writer) => {
				for (let n = 0; ; n++) {
					const zip = layerZip(`${round} ${writer} ${n}`);
					const answer = await lambda(host.apiUrl)
						.publishLayer("killed", zip)
						.catch(() => null);
					if (answer === null) return;
					acknowledged.set(answer.json.Version, zip);
				}
			});
			while (acknowledged.size < 8 * (round + 1)) await sleep(5);
			await host.kill();
			await Promise.all(publishing);
			host = await place.boot();
		}
		const api = lambda(host.apiUrl);
		for (const [version, zip] of acknowledged) {
			const { Content } = (await api.getLayer("killed", version)).json;
			expect(Buffer.from(await (await fetch(Content.Location)).arrayBuffer())).toEqual(zip);
			const folder = join(place.data, "layers", Buffer.from(Content.CodeSha256, "base64").toString("hex"));
			expect(readdirSync(folder).sort()).toEqual(["a", "b", "c"]);
		}
		expect(Math.min(...acknowledged.keys())).toBe(1);
	});

	it("leaves no file half-written once the next host has started", () => {
		const left = ["artifacts", "snapshots", "uploads", "layers"].flatMap((name) =>
			readdirSync(join(place.data, name), { recursive: true, encoding: "utf8" }),
		);
		expect(left.filter((name) => name.endsWith(".tmp"))).toEqual([]);
	});

	it("between the deletion of a function and that of its log leaves no log to the next function of its name", async () => {
		await host.kill();
		writeFileSync(join(place.data, "logs", "ghost.log"), "2026-11-22T10:00:00.000Z\tof another\n");
		host = await place.boot();
		const api = lambda(host.apiUrl);
		await api.deploy("ghost", "ok");
		expect(await api.logs("ghost")).toMatchObject({ status: 200, text: "" });
		// The log of a function that is there stays.
		expect((await api.logs(SINK)).text).toContain("REPORT");
		await api.delete("ghost");
	});

	it("while the host starts, again and again, does it no harm", async () => {
		await host.kill();
		for (let round = 0; round < 5; round++) {
			const starting = place.spawn();
			await sleep(200 + random() * 400);
			await starting.kill();
		}
		host = await place.boot();
		await expectKept();
		await expectServed();
	});
});
