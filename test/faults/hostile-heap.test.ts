/** Guests that keep exceptions fill V8's heap, which is the host's own: they end before it does. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ChildHost, workplace } from "./child-host.ts";
import { type Lambda, lambda } from "./lambda.ts";

let place: ReturnType<typeof workplace>;
let host: ChildHost;
let api: Lambda;

beforeAll(async () => {
	place = workplace();
	host = await place.boot({ env: { NODE_OPTIONS: "--max-old-space-size=90" } });
	api = lambda(host.apiUrl);
	await api.deploy("neighbour", "echo");
	await api.deploy("hog", "exceptions-kept", { Timeout: 5 });
});
afterAll(() => place.clear());

it("sixteen of them at once: some are told that the heap is full, the host and a neighbour go on", async () => {
	const hogs = Promise.all(Array.from({ length: 16 }, () => api.invoke("hog")));
	let answers = 0;
	let isOver = false;
	const over = hogs.then(() => {
		isOver = true;
	});
	while (!isOver) {
		expect(await api.invoke("neighbour", `[${answers}]`)).toMatchObject({ status: 200, text: `[${answers}]` });
		answers++;
	}
	await over;
	const messages = (await hogs).map((it) => it.json.errorMessage as string);
	expect(messages.filter((it) => it.includes("the host has no heap left"))).not.toHaveLength(0);
	expect([host.child.exitCode, host.output.stderr]).toEqual([null, ""]);
}, 60_000);
