import { afterEach, beforeEach, expect, it } from "vitest";
import { openTestApi, type TestApi } from "../../test/support/api.ts";

const PATH = "/2024-08-31/functions/f/recursion-config";
let api: TestApi;
beforeEach(async () => {
	api = await openTestApi();
	await api.create("f");
});
afterEach(() => api.close());

const put = (RecursiveLoop: unknown, path = PATH) => api.send("PUT", path, { RecursiveLoop });

it("a loop is ended unless it is allowed, and other settings stay", async () => {
	const get = async () => (await api.send("GET", PATH)).json();
	await api.send("PUT", "/2017-10-31/functions/f/concurrency", { ReservedConcurrentExecutions: 3 });
	expect(await get()).toEqual({ RecursiveLoop: "Terminate" });
	expect(await (await put("Allow")).json()).toEqual({ RecursiveLoop: "Allow" });
	expect(await get()).toEqual({ RecursiveLoop: "Allow" });
	expect(await api.store.settings.get("f", "")).toMatchObject({ reservedConcurrency: 3 });
	await put("Terminate");
	expect(await get()).toEqual({ RecursiveLoop: "Terminate" });
});

it("concurrent changes of different settings are all kept", async () => {
	const concurrency = (count: number) =>
		api.send("PUT", "/2017-10-31/functions/f/concurrency", { ReservedConcurrentExecutions: count });
	const answers = await Promise.all([put("Allow"), concurrency(1), put("Allow"), concurrency(2)]);
	expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
	expect(await api.store.settings.get("f", "")).toMatchObject({ recursiveLoop: "Allow", reservedConcurrency: 2 });
});

it("is a function's, which must be there, and one of two values", async () => {
	expect((await put("Allow", PATH.replace("/f/", "/nope/"))).status).toBe(404);
	expect((await put("Allow", PATH.replace("/f/", "/f:1/"))).status).toBe(400);
	expect((await put("Maybe")).status).toBe(400);
	expect((await put(undefined)).status).toBe(400);
});
