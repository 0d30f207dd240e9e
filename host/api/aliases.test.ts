import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openTestApi, type TestApi } from "../../test/support/api.ts";

const F = "/2015-03-31/functions";
const ARN = "arn:aws:lambda:us-east-1:000000000000:function:";
type Body = Record<string, unknown> & { Aliases: Body[]; NextMarker?: string };

let api: TestApi;
beforeEach(async () => {
	api = await openTestApi();
	await api.create("one", { Publish: true });
	await api.send("PUT", `${F}/one/configuration`, { Timeout: 9 });
	await api.send("POST", `${F}/one/versions`, {});
});
afterEach(async () => {
	expect(api.faults).toEqual([]);
	await api.close();
});

async function json(method: string, path: string, body?: object): Promise<[status: number, body: Body]> {
	const response = await api.send(method, path, body);
	const text = await response.text();
	return [response.status, text === "" ? null : JSON.parse(text)];
}

const path = (name = "", of = "one") => `${F}/${encodeURIComponent(of)}/aliases${name && `/${name}`}`;
const make = (Name: string, FunctionVersion: string, members: object = {}) =>
	json("POST", path(), { Name, FunctionVersion, ...members });
const weights = (AdditionalVersionWeights: object) => ({ RoutingConfig: { AdditionalVersionWeights } });

describe("an alias", () => {
	it("is made, read, changed and deleted", async () => {
		const [status, made] = await make("live", "1", { Description: "d", ...weights({ 2: 0.25 }) });
		expect(status).toBe(201);
		expect(made).toEqual({
			AliasArn: `${ARN}one:live`,
			Name: "live",
			FunctionVersion: "1",
			Description: "d",
			RoutingConfig: { AdditionalVersionWeights: { 2: 0.25 } },
			RevisionId: expect.any(String),
		});
		expect(await json("GET", path("live"))).toEqual([200, made]);
		expect(await json("GET", path("live", `${ARN}one`))).toEqual([200, made]);
		const [, changed] = await json("PUT", path("live"), { FunctionVersion: "2", ...weights({}) });
		expect(changed).toMatchObject({ FunctionVersion: "2", Description: "d" });
		expect(changed).not.toHaveProperty("RoutingConfig");
		expect(changed.RevisionId).not.toBe(made.RevisionId);
		expect((await json("DELETE", path("live")))[0]).toBe(204);
		expect((await json("DELETE", path("live")))[0]).toBe(204);
		expect((await json("GET", path("live")))[0]).toBe(404);
	});

	it("is told to the invoker with every change", async () => {
		api.invoker.dropped.length = 0;
		await make("live", "1");
		await json("PUT", path("live"), { FunctionVersion: "2" });
		await json("DELETE", path("live"));
		expect(api.invoker.dropped).toEqual(["one", "one", "one"]);
	});

	it("names its version wherever a function is named", async () => {
		await make("live", "1");
		for (const where of [`${F}/one?Qualifier=live`, `${F}/${encodeURIComponent("one:live")}`]) {
			const [, body] = await json("GET", where);
			expect(body.Configuration).toMatchObject({ FunctionArn: `${ARN}one:live`, Version: "1", Timeout: 3 });
		}
		expect((await json("GET", `${F}/one/configuration?Qualifier=dead`))[0]).toBe(404);
	});

	it("may be $LATEST's, but not beside another version", async () => {
		expect((await make("edge", "$LATEST"))[0]).toBe(201);
		expect((await make("both", "$LATEST", weights({ 1: 0.5 })))[0]).toBe(400);
		expect((await json("PUT", path("edge"), weights({ 1: 0.5 })))[0]).toBe(400);
	});

	it.each([
		["a number for a name", { Name: "7" }, 400],
		["no name", { Name: undefined }, 400],
		["no version", { FunctionVersion: undefined }, 400],
		["a version that is not there", { FunctionVersion: "3" }, 404],
		["a weight for a version that is not there", weights({ 3: 0.5 }), 404],
		["a weight above 1", weights({ 2: 1.01 }), 400],
		["a weight below 0", weights({ 2: -0.01 }), 400],
		["two weights", weights({ 1: 0.1, 2: 0.1 }), 400],
		["its own version's weight", weights({ 1: 0.1 }), 400],
		["a weight for an alias", weights({ live: 0.1 }), 400],
		["a long description", { Description: "d".repeat(257) }, 400],
	])("is refused with %s", async (_, members, status) => {
		const [answer] = await json("POST", path(), { Name: "live", FunctionVersion: "1", ...members });
		expect(answer).toBe(status);
		expect((await json("GET", path()))[1].Aliases).toEqual([]);
	});

	it("is there once", async () => {
		await make("live", "1");
		expect(await make("live", "2")).toEqual([409, { Type: "User", message: `Alias already exists: ${ARN}one:live` }]);
		// The names of aliases have a case.
		expect((await make("Live", "2"))[0]).toBe(201);
	});

	it("is changed by one of two at a time", async () => {
		const [, { RevisionId }] = await make("live", "1");
		expect((await json("PUT", path("live"), { Description: "a", RevisionId: "old" }))[0]).toBe(412);
		expect((await json("PUT", path("live"), { Description: "a", RevisionId }))[0]).toBe(200);
		expect((await json("PUT", path("live"), { Description: "b", RevisionId }))[0]).toBe(412);
		const get = api.store.aliases.get;
		vi.spyOn(api.store.aliases, "get").mockImplementationOnce(async (...key) => {
			const before = await get(...key);
			await api.store.aliases.update({ ...before!, revisionId: "other" });
			return before;
		});
		expect((await json("PUT", path("live"), { Description: "c" }))[0]).toBe(412);
	});

	it("goes with its function, and takes along what hangs on it", async () => {
		await make("live", "1");
		await json("POST", `/2021-10-31/functions/one/url?Qualifier=live`, { AuthType: "NONE" });
		await json("DELETE", path("live"));
		// As on AWS, where it answers 403 from then on.
		expect(await api.store.urls.byFunction("one", "live")).not.toBeNull();
		await make("live", "1");
		await json("DELETE", `${F}/one`);
		expect(await api.store.aliases.get("one", "live")).toBeNull();
	});

	it("needs a function", async () => {
		expect((await json("GET", path("live", "nope")))[0]).toBe(404);
		expect((await json("GET", path("", "nope")))[0]).toBe(404);
		expect((await json("POST", path("", "nope"), { Name: "live", FunctionVersion: "$LATEST" }))[0]).toBe(404);
	});
});

describe("ListAliases", () => {
	it.each([1, 2, 3, 100])("comes in pages of %d, all or those of a version", async (size) => {
		for (const [name, version] of ["b1", "a2", "c1", "d2"].map((it) => [it, it.at(-1)!] as const))
			await make(name, version);
		await make("e2", "2", weights({ 1: 0.5 }));
		const list = async (filter: string) => {
			const seen: unknown[] = [];
			for (let marker = ""; ; ) {
				const [, body] = await json("GET", `${path()}?MaxItems=${size}${filter}${marker}`);
				expect(body.Aliases.length).toBeLessThanOrEqual(size);
				seen.push(...body.Aliases.map((it) => it.Name));
				if (body.NextMarker === undefined) return seen;
				marker = `&Marker=${body.NextMarker}`;
			}
		};
		expect(await list("")).toEqual(["a2", "b1", "c1", "d2", "e2"]);
		expect(await list("&FunctionVersion=1")).toEqual(["b1", "c1", "e2"]);
		expect(await list("&FunctionVersion=7")).toEqual([]);
	});
});
