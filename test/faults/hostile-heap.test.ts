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
	await api.deploy("hog", "exceptions-kept", { Timeout: 200 });
});
afterAll(() => place.clear());

// A second or two; minutes on a machine that does much else.
it("forty of them at once: some are told that the heap is full, the host and a neighbour go on", async () => {
	const messages: string[] = [];
	for (let count = 0; count < 40; count++)
		api.invoke("hog").then(
			({ text }) => messages.push(text),
			() => {},
		);
	for (let count = 0; !messages.some((it) => it.includes("the host has no heap left")); count++)
		expect(await api.invoke("neighbour", `[${count}]`)).toMatchObject({ status: 200, text: `[${count}]` });
	expect(await api.invoke("neighbour", "[]")).toMatchObject({ status: 200, text: "[]" });
	expect([host.child.exitCode, host.output.stderr]).toEqual([null, ""]);
}, 240_000);
