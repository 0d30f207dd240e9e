import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openTestApi, type TestApi } from "../../test/support/api.ts";
import { specOf } from "../invoker/spec.ts";

const ARN = "arn:aws:lambda:us-east-1:000000000000:function:one";
const pathOf = (arn: string) => `/2017-03-31/tags/${encodeURIComponent(arn)}`;

let api: TestApi;
beforeEach(async () => {
	api = await openTestApi();
	await api.create("one");
});
afterEach(async () => {
	expect(api.faults).toEqual([]);
	await api.close();
});

const tag = (Tags: object, arn = ARN) => api.send("POST", pathOf(arn), { Tags });
const untag = (query: string, arn = ARN) => api.send("DELETE", `${pathOf(arn)}?${query}`);
const tags = async () => ((await (await api.send("GET", pathOf(ARN))).json()) as { Tags: object }).Tags;

describe("tags", () => {
	it("are added, replaced and taken away", async () => {
		expect(await tags()).toEqual({});
		expect((await tag({ A: "a", B: "b" })).status).toBe(204);
		expect((await tag({ B: "new", C: "" })).status).toBe(204);
		expect(await tags()).toEqual({ A: "a", B: "new", C: "" });
		expect((await untag("tagKeys=A&tagKeys=nope")).status).toBe(204);
		expect(await tags()).toEqual({ B: "new", C: "" });
		expect((await untag("tagKeys=B&tagKeys=C")).status).toBe(204);
		expect(await tags()).toEqual({});
	});

	it("may be called anything, even what JavaScript's objects have", async () => {
		expect((await api.send("POST", pathOf(ARN), '{"Tags":{"__proto__":"a","constructor":"b"}}')).status).toBe(204);
		expect(Object.entries(await tags())).toEqual([
			["__proto__", "a"],
			["constructor", "b"],
		]);
	});

	it("are a new revision, and leave the function's instances alone", async () => {
		const before = (await api.store.functions.get("one"))!;
		await tag({ A: "a" });
		const after = (await api.store.functions.get("one"))!;
		expect(after.revisionId).not.toBe(before.revisionId);
		expect(specOf(after, [], api.config).id).toBe(specOf(before, [], api.config).id);
		expect(api.engine.prepared).toHaveLength(1);
		expect(api.invoker.dropped.at(-1)).toBe("one");
	});

	it("are 50 at most", async () => {
		const many = (from: number, to: number) =>
			Object.fromEntries(Array.from({ length: to - from }, (_, n) => [`key ${from + n}`, "v"]));
		expect((await tag(many(0, 50))).status).toBe(204);
		for (const more of [many(50, 51), many(0, 51)]) {
			const response = await tag(more);
			expect(response.status).toBe(400);
			expect(await response.json()).toEqual({ Type: "User", message: "Number of tags exceeds resource tag limit." });
		}
		expect((await tag(many(10, 20))).status).toBe(204);
	});

	it("set at the same time are all kept", async () => {
		const update = api.store.functions.update;
		vi.spyOn(api.store.functions, "update").mockImplementationOnce(async (...change) => {
			await tag({ B: "b" });
			return update(...change);
		});
		expect((await tag({ A: "a" })).status).toBe(204);
		expect(await tags()).toEqual({ A: "a", B: "b" });
	});

	it("give up against a function that changes all the time", async () => {
		const update = api.store.functions.update;
		vi.spyOn(api.store.functions, "update").mockImplementation(async (record, expected) => {
			const now = (await api.store.functions.get("one"))!;
			await update({ ...now, revisionId: crypto.randomUUID() }, now.revisionId);
			return update(record, expected);
		});
		const response = await tag({ A: "a" });
		expect(response.status).toBe(409);
		expect(response.headers.get("x-amzn-errortype")).toBe("ResourceConflictException");
	});

	it.each([
		[ARN.replace("one", "nope"), 404, `Function not found: ${ARN.replace("one", "nope")}`],
		[`${ARN}:$LATEST`, 400, "Tags on function aliases and versions are not supported. Please specify a function ARN."],
		[`${ARN}:alias`, 400, "Tags on function aliases and versions are not supported. Please specify a function ARN."],
		[
			"arn:aws:lambda:us-east-1:000000000000:event-source-mapping:11111111-1111-1111-1111-111111111111",
			404,
			"Event source mapping not found: arn:aws:lambda:us-east-1:000000000000:event-source-mapping:11111111-1111-1111-1111-111111111111",
		],
		[
			"arn:aws:lambda:us-east-1:000000000000:capacity-provider:c",
			404,
			"Capacity provider not found: arn:aws:lambda:us-east-1:000000000000:capacity-provider:c",
		],
	])("are not of %s", async (arn, status, message) => {
		for (const response of [
			await tag({ A: "a" }, arn),
			await untag("tagKeys=A", arn),
			await api.send("GET", pathOf(arn)),
		]) {
			expect(response.status).toBe(status);
			const body = (await response.json()) as { Message?: string; message?: string };
			expect(body.Message ?? body.message).toBe(message);
		}
	});

	it("need an ARN, keys to take away, and something to add", async () => {
		expect(await (await tag({ A: "a" }, "one")).json()).toEqual({
			message: expect.stringContaining(
				"Value 'one' at 'resource' failed to satisfy constraint: Member must satisfy regular",
			),
		});
		expect(await (await untag("")).json()).toEqual({
			message:
				"1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null",
		});
		expect(await (await tag({})).json()).toEqual({
			Type: "User",
			message: "An error occurred and the request cannot be processed.",
		});
	});
});
