import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { codeOf, openTestApi, type TestApi, wasm } from "../../test/support/api.ts";

const F = "/2015-03-31/functions";
const ARN = "arn:aws:lambda:us-east-1:000000000000:function:";
type Body = Record<string, unknown> & { Versions: Body[]; Functions: Body[]; NextMarker?: string };

let api: TestApi;
beforeEach(async () => {
	api = await openTestApi();
	await api.create("one");
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

const publish = (body: object = {}, name = "one") => json("POST", `${F}/${name}/versions`, body);
const change = (Description: string) => json("PUT", `${F}/one/configuration`, { Description });
const versions = async (query = "") =>
	(await json("GET", `${F}/one/versions${query}`))[1].Versions.map((it) => it.Version);

describe("PublishVersion", () => {
	it("keeps what $LATEST is, under the next number, for good", async () => {
		await json("PUT", `${F}/one/configuration`, { Timeout: 7, Environment: { Variables: { AB: "1" } } });
		const [status, first] = await publish({ Description: "first" });
		expect(status).toBe(201);
		expect(first).toMatchObject({
			Version: "1",
			FunctionArn: `${ARN}one:1`,
			Description: "first",
			Timeout: 7,
			State: "Active",
			LastUpdateStatus: "Successful",
		});
		await json("PUT", `${F}/one/configuration`, { Timeout: 8, Environment: { Variables: { AB: "2" } } });
		await json("PUT", `${F}/one/code`, codeOf(wasm("two")));
		const [, again] = await json("GET", `${F}/one/configuration?Qualifier=1`);
		expect(again).toEqual(first);
		expect((await publish())[1]).toMatchObject({ Version: "2", Timeout: 8, Description: "" });
	});

	it("initialises the version as itself", async () => {
		await publish();
		expect(api.engine.prepared.map((it) => it.env.AWS_LAMBDA_FUNCTION_VERSION)).toEqual(["$LATEST", "1"]);
		expect(new Set(api.engine.prepared.map((it) => it.id)).size).toBe(2);
	});

	it("is a new revision of $LATEST, whose instances stay", async () => {
		const before = (await api.store.functions.get("one"))!;
		await publish();
		const after = (await api.store.functions.get("one"))!;
		expect(after.revisionId).not.toBe(before.revisionId);
		expect(after.updateId ?? after.revisionId).toBe(before.updateId ?? before.revisionId);
		expect(api.engine.retired).toEqual([]);
	});

	it("gives the last version again where nothing changed, not even if tags did", async () => {
		const [, first] = await publish();
		const tags = `/2017-03-31/tags/${encodeURIComponent(`${ARN}one`)}`;
		await json("POST", tags, { Tags: { a: "b" } });
		expect((await publish({ Description: "other" }))[1]).toEqual(first);
		await change("something");
		expect((await publish())[1].Version).toBe("2");
	});

	it("uses no number twice, also after a deletion", async () => {
		await publish();
		expect((await json("DELETE", `${F}/one?Qualifier=1`))[0]).toBe(204);
		expect((await publish())[1].Version).toBe("2");
		expect(await versions()).toEqual(["$LATEST", "2"]);
	});

	it("minds the revision and the code that the caller saw", async () => {
		const { RevisionId, CodeSha256 } = (await json("GET", `${F}/one/configuration`))[1];
		expect((await publish({ RevisionId: "old" }))[0]).toBe(412);
		expect((await publish({ CodeSha256: "other" }))[0]).toBe(400);
		expect(await versions()).toEqual(["$LATEST"]);
		expect((await publish({ RevisionId, CodeSha256 }))[0]).toBe(201);
	});

	it("lets one of two that come together be told of the other", async () => {
		let second: Promise<[number, Body]> | undefined;
		api.engine.whilePreparing = async () => {
			api.engine.whilePreparing = async () => {};
			second = publish();
			await second;
		};
		const [status, body] = await publish();
		expect([status, (await second!)[0]].toSorted()).toEqual([201, 409]);
		expect(body.message).toMatch(/An update is in progress/);
		expect(await versions()).toEqual(["$LATEST", "1"]);
		expect(api.engine.retired).toHaveLength(1);
	});

	it("needs a function", async () => {
		expect(await publish({}, "nope")).toEqual([404, { Type: "User", Message: `Function not found: ${ARN}nope` }]);
	});
});

describe("Publish beside another change", () => {
	it("makes the first version with the function", async () => {
		const created = (await (await api.create("two", { Publish: true })).json()) as Body;
		expect(created).toMatchObject({ Version: "1", FunctionArn: `${ARN}two`, State: "Pending" });
		expect((await json("GET", `${F}/two/configuration?Qualifier=1`))[1]).toMatchObject({ FunctionArn: `${ARN}two:1` });
		expect((await publish({}, "two"))[1].Version).toBe("1");
	});

	it("makes a version of new code", async () => {
		const [, body] = await json("PUT", `${F}/one/code`, { ...codeOf(wasm("two")), Publish: true });
		expect(body).toMatchObject({ Version: "1", FunctionArn: `${ARN}one:1`, State: "Pending" });
		expect(body).not.toHaveProperty("LastUpdateStatus");
		const [, same] = await json("PUT", `${F}/one/code`, { ...codeOf(wasm("two")), Publish: true });
		expect(same.Version).toBe("1");
		expect(await versions()).toEqual(["$LATEST", "1"]);
	});
});

describe("a version", () => {
	it("cannot be changed", async () => {
		await publish();
		for (const [path, body] of [
			["code", codeOf(wasm("two"))],
			["configuration", { Timeout: 9 }],
		] as const)
			expect((await json("PUT", `${F}/${encodeURIComponent("one:1")}/${path}`, body))[0]).toBe(400);
	});

	it("that an alias has cannot be deleted", async () => {
		for (const text of ["a", "b"]) {
			await change(text);
			await publish();
		}
		const RoutingConfig = { AdditionalVersionWeights: { 2: 0.1 } };
		await json("POST", `${F}/one/aliases`, { Name: "live", FunctionVersion: "1", RoutingConfig });
		for (const version of ["1", "2"])
			expect(await json("DELETE", `${F}/one?Qualifier=${version}`)).toEqual([
				409,
				{ Type: "User", message: "Unable to delete version because the following aliases reference it: [live]" },
			]);
		expect((await json("DELETE", `${F}/one?Qualifier=live`))[0]).toBe(400);
		expect((await json("DELETE", `${F}/one?Qualifier=$LATEST`))[0]).toBe(400);
		await json("DELETE", `${F}/one/aliases/live`);
		expect((await json("DELETE", `${F}/one?Qualifier=1`))[0]).toBe(204);
		expect((await json("GET", `${F}/one?Qualifier=1`))[0]).toBe(404);
	});

	it("goes with its function, and counts as code until then", async () => {
		const before = await api.store.functions.count();
		await publish();
		expect((await api.store.functions.count()).codeBytes).toBe(before.codeBytes * 2);
		await json("DELETE", `${F}/one`);
		expect(await api.store.functions.count()).toEqual({ functions: 0, codeBytes: 0 });
		await api.create("one");
		expect(await versions()).toEqual(["$LATEST"]);
	});
});

describe("lists", () => {
	beforeEach(async () => {
		for (let i = 1; i <= 11; i++) {
			await change(`v${i}`);
			await publish();
		}
	});

	it.each([1, 2, 5, 11, 12, 50])("of versions come in pages of %d, $LATEST first, by number", async (size) => {
		const seen: unknown[] = [];
		for (let marker = ""; ; ) {
			const [, body] = await json("GET", `${F}/one/versions?MaxItems=${size}${marker}`);
			expect(body.Versions.length).toBeLessThanOrEqual(size);
			seen.push(...body.Versions.map((it) => it.Version));
			if (body.NextMarker === undefined) break;
			marker = `&Marker=${body.NextMarker}`;
		}
		expect(seen).toEqual(["$LATEST", ..."1 2 3 4 5 6 7 8 9 10 11".split(" ")]);
	});

	it.each([1, 2, 3, 50])("of all functions' versions come in pages of %d", async (size) => {
		await api.create("another", { Publish: true });
		await api.create("third");
		const seen: unknown[] = [];
		for (let marker = ""; ; ) {
			const [, body] = await json("GET", `${F}?FunctionVersion=ALL&MaxItems=${size}${marker}`);
			expect(body.Functions.length).toBeLessThanOrEqual(size);
			seen.push(...body.Functions.map((it) => String(it.FunctionArn).slice(ARN.length)));
			if (body.NextMarker === undefined) break;
			marker = `&Marker=${body.NextMarker}`;
		}
		const numbers = Array.from({ length: 11 }, (_, index) => `one:${index + 1}`);
		expect(seen).toEqual(["another:$LATEST", "another:1", "one:$LATEST", ...numbers, "third:$LATEST"]);
	});

	it("refuse a marker that is none", async () => {
		for (const marker of ["%00", "x", "e30="])
			expect((await json("GET", `${F}/one/versions?Marker=${marker}`))[0]).toBe(400);
	});
});
