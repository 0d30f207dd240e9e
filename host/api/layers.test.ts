import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { codeOf, openTestApi, ROLE, type TestApi, wasm } from "../../test/support/api.ts";
import { zipOf } from "../../test/support/zip.ts";

const L = "/2018-10-31/layers";
const F = "/2015-03-31/functions";
const ARN = "arn:aws:lambda:us-east-1:000000000000:layer:";

let api: TestApi;
beforeEach(async () => {
	api = await openTestApi();
});
afterEach(async () => {
	vi.useRealTimers();
	expect(api.faults).toEqual([]);
	await api.close();
});

// biome-ignore lint/suspicious/noExplicitAny: replies are looked at by their members.
type Body = any;

async function json(method: string, path: string, body?: object): Promise<[status: number, body: Body]> {
	const response = await api.send(method, path, body);
	const text = await response.text();
	return [response.status, text === "" ? null : JSON.parse(text)];
}
const zip = (content = "hello") => zipOf([{ name: "a.txt", data: Buffer.from(content) }]);
const publish = async (name = "l", members: object = {}, content?: string): Promise<Body> => {
	const [status, body] = await json("POST", `${L}/${name}/versions`, { Content: codeOf(zip(content)), ...members });
	expect([status, body]).toEqual([201, body]);
	return body;
};
const message = ({ message, Message }: Body) => message ?? Message;

describe("PublishLayerVersion", () => {
	it("answers what the service answers", async () => {
		const [status, body] = await json("POST", `${L}/l/versions`, {
			Content: codeOf(zip()),
			Description: "d",
			LicenseInfo: "MIT",
			CompatibleRuntimes: ["provided.wasi", "nodejs14.x"],
			CompatibleArchitectures: ["x86_64"],
		});
		expect(status).toBe(201);
		expect(body).toEqual({
			Content: {
				CodeSha256: createHash("sha256").update(zip()).digest("base64"),
				CodeSize: zip().length,
				Location: expect.stringMatching(/^http:\/\/localhost\/content\/[0-9a-f]{64}\?expires=\d+&token=[0-9a-f]{64}$/),
			},
			LayerArn: `${ARN}l`,
			LayerVersionArn: `${ARN}l:1`,
			Version: 1,
			Description: "d",
			LicenseInfo: "MIT",
			CompatibleRuntimes: ["provided.wasi", "nodejs14.x"],
			CompatibleArchitectures: ["x86_64"],
			CreatedDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/),
		});
		expect(await json("GET", `${L}/l/versions/1`)).toMatchObject([
			200,
			{ ...body, Content: { CodeSize: zip().length } },
		]);
	});

	it("shows no list that was not given, and one that was given empty", async () => {
		expect(await publish("a")).not.toHaveProperty("CompatibleRuntimes");
		const empty = { CompatibleRuntimes: [], CompatibleArchitectures: [] };
		expect(await publish("b", empty)).toMatchObject(empty);
	});

	it("counts on, whoever publishes at the same time, and never uses a number again", async () => {
		const made = await Promise.all(Array.from({ length: 12 }, (_, n) => publish("l", {}, `content ${n}`)));
		expect(made.map((it) => it.Version).sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, n) => n + 1));
		for (let version = 1; version <= 12; version++) await api.send("DELETE", `${L}/l/versions/${version}`);
		expect((await publish()).Version).toBe(13);
	});

	it("takes the layer's ARN for its name", async () => {
		expect((await publish(encodeURIComponent(`${ARN}l`))).LayerVersionArn).toBe(`${ARN}l:1`);
	});

	it("takes a .wasm for what it is: data", async () => {
		const content = codeOf(zipOf([{ name: "lib.wasm", data: wasm() }]));
		expect((await json("POST", `${L}/l/versions`, { Content: content }))[0]).toBe(201);
	});

	it.each<[string, string, object, number, string | RegExp]>([
		["no content", "l", { Content: {} }, 400, "Missing Content"],
		["no content at all", "l", {}, 400, /Value null at 'content'/],
		[
			"S3",
			"l",
			{ Content: { S3Bucket: "bucket", S3Key: "k" } },
			400,
			/^Error occurred while GetObject\. .*send the zip as ZipFile/,
		],
		["what is no zip", "l", { Content: codeOf(Buffer.from("no")) }, 400, /^Could not unzip/],
		["a long name", "l".repeat(141), { Content: codeOf(zip()) }, 400, /at 'layerName' failed/],
		[
			"another account's ARN",
			encodeURIComponent(`${ARN.replace("0:", "1:")}l`),
			{ Content: codeOf(zip()) },
			403,
			/not authorized/,
		],
		[
			"another region's ARN",
			encodeURIComponent(`${ARN.replace("us-", "eu-")}l`),
			{ Content: codeOf(zip()) },
			404,
			/not reachable/,
		],
		[
			"unknown architectures",
			"l",
			{ Content: codeOf(zip()), CompatibleArchitectures: ["x"] },
			400,
			/at 'compatibleArch/,
		],
		["16 runtimes", "l", { Content: codeOf(zip()), CompatibleRuntimes: Array(16).fill("go1.x") }, 400, /length less/],
	])("refuses %s", async (_, name, body, status, text) => {
		const [got, reply] = await json("POST", `${L}/${name}/versions`, body);
		expect(got).toBe(status);
		expect(message(reply)).toMatch(text);
		expect(await json("GET", L)).toEqual([200, { Layers: [] }]);
	});

	it("says what is wrong with runtimes and architectures at once, as the service does", async () => {
		const [, body] = await json("POST", `${L}/l/versions`, {
			Content: codeOf(zip()),
			CompatibleRuntimes: ["nope", "nodejs20.x"],
			CompatibleArchitectures: ["x86_64", "nope"],
		});
		expect(message(body)).toMatch(
			/^2 validation errors detected: Value '\[nope, nodejs20.x\]' at 'compatibleRuntimes' .* \[nodejs20.x, python3.14, .*\]; Value '\[x86_64, nope\]' at 'compatibleArchitectures' .*, Member must not be null\]$/,
		);
	});

	it("counts towards the account's code", async () => {
		await publish();
		const [, body] = await json("GET", "/2016-08-19/account-settings");
		expect(body.AccountUsage).toEqual({ TotalCodeSize: zip().length, FunctionCount: 0 });
	});
});

describe("GetLayerVersion", () => {
	it.each([
		["1", 404, "The resource you requested does not exist."],
		["0", 400, "Layer Version Cannot be less than 1"],
		["-1", 400, "Layer Version Cannot be less than 1"],
		["x", 400, /Value 'x'|can not be converted/],
	])("of version %s that is not there is %i", async (version, status, text) => {
		const [got, body] = await json("GET", `${L}/l/versions/${version}`);
		expect(got).toBe(status);
		expect(message(body)).toMatch(text);
	});

	it("finds a version by its ARN", async () => {
		await publish();
		const find = (arn: string) => json("GET", `${L}?find=LayerVersion&Arn=${encodeURIComponent(arn)}`);
		expect(await find(`${ARN}l:1`)).toMatchObject([200, { Version: 1 }]);
		expect(await find(`${ARN}l:2`)).toMatchObject([404, { Message: "The resource you requested does not exist." }]);
		expect((await find("arn:aws:lambda:::awslayer:x"))[0]).toBe(404);
		expect((await find(`${ARN.replace("0:", "1:")}l:1`))[0]).toBe(403);
		const [status, body] = await find(`${ARN}l`);
		expect([status, message(body)]).toEqual([400, expect.stringMatching(/at 'arn' failed .* pattern: \(arn:\(aws/)]);
	});
});

describe("lists", () => {
	it("have versions from the newest on, in pages", async () => {
		for (let n = 0; n < 12; n++) await publish("l", {}, `${n}`);
		const [, first] = await json("GET", `${L}/l/versions?MaxItems=10`);
		expect(first.LayerVersions.map((it: Body) => it.Version)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
		expect(first.LayerVersions[0]).not.toHaveProperty("Content");
		expect(first.LayerVersions[0]).not.toHaveProperty("Description");
		const [, second] = await json("GET", `${L}/l/versions?Marker=${first.NextMarker}`);
		expect(second.LayerVersions.map((it: Body) => it.Version)).toEqual([2, 1]);
		expect(second).not.toHaveProperty("NextMarker");
	});

	it("are empty for a layer that there is not", async () => {
		expect(await json("GET", `${L}/nope/versions`)).toEqual([200, { LayerVersions: [] }]);
	});

	it("have the newest version of each layer that passes, in pages that are full", async () => {
		for (const name of ["a", "b", "c", "d"]) {
			await publish(name, { CompatibleRuntimes: ["provided.wasi"], CompatibleArchitectures: ["arm64"] });
			if (name !== "b") await publish(name, { CompatibleRuntimes: ["go1.x"] });
		}
		const names = async (query: string) => {
			const [, { Layers, NextMarker }] = await json("GET", `${L}?${query}`);
			return [Layers.map((it: Body) => `${it.LayerName}:${it.LatestMatchingVersion.Version}`).join(), NextMarker];
		};
		expect(await names("")).toEqual(["a:2,b:1,c:2,d:2", undefined]);
		expect(await names("CompatibleRuntime=provided.wasi")).toEqual(["a:1,b:1,c:1,d:1", undefined]);
		expect(await names("CompatibleArchitecture=arm64&CompatibleRuntime=go1.x")).toEqual(["", undefined]);
		const [first, marker] = await names("CompatibleRuntime=go1.x&MaxItems=2");
		expect(first).toBe("a:2,c:2");
		expect(await names(`CompatibleRuntime=go1.x&MaxItems=2&Marker=${marker}`)).toEqual(["d:2", undefined]);
	});

	it.each([
		["CompatibleRuntime=nope", /at 'compatibleRuntime' .* \[ruby3.5, ruby2.6, .*, python2.7\]$/],
		["CompatibleArchitecture=nope", /enum value set: \[x86_64, arm64\]$/],
		["MaxItems=51", /less than or equal to 50/],
		["Marker=!!", "The marker is none that this operation gave."],
	])("refuse %s", async (query, text) => {
		for (const path of [L, `${L}/l/versions`]) {
			const [status, body] = await json("GET", `${path}?${query}`);
			expect(status).toBe(400);
			expect(message(body)).toMatch(text);
		}
	});
});

describe("DeleteLayerVersion", () => {
	it("deletes a version once and for all, and says so of what was never there", async () => {
		await publish();
		for (const path of ["l/versions/1", "l/versions/1", "l/versions/2", "nope/versions/1"])
			expect(await json("DELETE", `${L}/${path}`)).toEqual([204, null]);
		expect((await json("GET", `${L}/l/versions/1`))[0]).toBe(404);
		expect(await json("GET", L)).toEqual([200, { Layers: [] }]);
		expect(await json("DELETE", `${L}/l/versions/-1`)).toMatchObject([
			400,
			{ message: "Layer Version Cannot be less than 1" },
		]);
	});
});

describe("a link to a zip", () => {
	it("gives it back, byte for byte", async () => {
		const { Content } = await publish();
		const response = await api.app.request(Content.Location);
		expect(response.status).toBe(200);
		expect(Buffer.from(await response.arrayBuffer())).toEqual(zip());
		expect(response.headers.get("content-length")).toBe(String(zip().length));
		expect((await api.app.request(Content.Location, { method: "HEAD" })).status).toBe(200);
	});

	it("is a function's, too", async () => {
		await api.create("one", { Code: codeOf(zipOf([{ name: "f.wasm", data: wasm() }])) });
		const [, { Code }] = await json("GET", `${F}/one`);
		const response = await api.app.request(Code.Location);
		expect(Buffer.from(await response.arrayBuffer())).toEqual(zipOf([{ name: "f.wasm", data: wasm() }]));
	});

	it("ends after ten minutes", async () => {
		const { Content } = await publish();
		vi.useFakeTimers({ now: Date.now() + 601_000, toFake: ["Date"] });
		const response = await api.app.request(Content.Location);
		expect([response.status, message(await response.json())]).toEqual([403, "Request has expired"]);
	});

	it.each([
		["another file", (url: URL) => (url.pathname = `/content/${"0".repeat(64)}`)],
		["a later end", (url: URL) => url.searchParams.set("expires", "99999999999")],
		["another token", (url: URL) => url.searchParams.set("token", "00".repeat(32))],
		["no token", (url: URL) => url.searchParams.delete("token")],
		["a token that is none", (url: URL) => url.searchParams.set("token", "%%")],
		["a path", (url: URL) => (url.pathname = "/content/..%2f..%2fpilot.db")],
	])("is refused with %s", async (_, change) => {
		const url = new URL((await publish()).Content.Location);
		change(url);
		expect((await api.app.request(String(url))).status).toBe(403);
	});

	it("is missing where what was uploaded was not kept", async () => {
		await api.create("one");
		const { codeSha256, ...record } = (await api.store.functions.get("one"))!;
		await api.store.functions.update(
			{ ...record, codeSha256: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" },
			record.revisionId,
		);
		expect(codeSha256).not.toBe("");
		expect((await json("GET", `${F}/one`))[1].Code).toEqual({ RepositoryType: "S3" });
	});
});

describe("a function's layers", () => {
	const arn = (name: string, version = 1) => `${ARN}${name}:${version}`;
	const configure = (Layers: string[]) => json("PUT", `${F}/one/configuration`, { Layers });

	it("are shown, pinned, and mounted at /opt for its initialisation", async () => {
		const made = [await publish("a", {}, "1"), await publish("b", {}, "2")];
		const Layers = made.map((it) => ({ Arn: it.LayerVersionArn, CodeSize: it.Content.CodeSize }));
		await api.create("one", { Layers: [arn("a"), arn("b")] });
		expect((await json("GET", `${F}/one/configuration`))[1].Layers).toEqual(Layers);
		const [mount, ...others] = api.engine.prepared.at(-1)!.mounts;
		expect([mount, others]).toEqual([{ host: expect.any(String), guest: "/opt", readOnly: true }, []]);
		expect(readFileSync(join(mount!.host, "a.txt"), "utf8")).toBe("2");
		await api.send("DELETE", `${L}/a/versions/1`);
		expect(await json("PUT", `${F}/one/configuration`, { Timeout: 9 })).toMatchObject([200, { Layers }]);
		expect(api.engine.prepared.at(-1)!.mounts).toEqual([mount]);
	});

	it("are changed in order, and taken away", async () => {
		await publish("a", {}, "1");
		await publish("b", {}, "2");
		await api.create("one");
		expect((await json("GET", `${F}/one/configuration`))[1]).not.toHaveProperty("Layers");
		await configure([arn("b"), arn("a")]);
		const host = api.engine.prepared.at(-1)!.mounts[0]!.host;
		expect(readdirSync(host)).toEqual(["a.txt"]);
		expect(readFileSync(join(host, "a.txt"), "utf8")).toBe("1");
		expect((await configure([]))[1]).not.toHaveProperty("Layers");
		expect(api.engine.prepared.at(-1)!.mounts).toEqual([]);
	});

	const twice = (a: string, b: string) =>
		`Two different versions of the same layer are not allowed to be referenced in the same function. ${a} and ${b} are versions of the same layer.`;
	it.each<[string, string[], number, string]>([
		["two versions of one", [arn("l"), arn("l", 2)], 400, twice(arn("l"), arn("l", 2))],
		["three versions of one", [arn("l"), arn("l", 2), arn("l", 3)], 400, twice(arn("l"), arn("l", 2))],
		["one twice", [arn("l"), arn("l")], 400, twice(arn("l"), arn("l"))],
		["one that there is not", [arn("nope")], 400, `Layer version ${arn("nope")} does not exist.`],
		["a version that there is not", [arn("l", 9)], 400, `Layer version ${arn("l", 9)} does not exist.`],
		["six", [1, 2, 3, 4, 5, 6].map((n) => arn(`l${n}`)), 400, "Cannot reference more than 5 layers."],
		[
			"one of AWS's own",
			["arn:aws:lambda:::awslayer:x"],
			400,
			"Layer version arn:aws:lambda:::awslayer:x does not exist.",
		],
		[
			"one of another region",
			[arn("l").replace("us-east-1", "eu-west-1")],
			400,
			"Layers are not in the same region as the function. Layers are expected to be in region us-east-1.",
		],
	])("are refused: %s", async (_, arns, status, text) => {
		for (let n = 0; n < 3; n++) await publish("l", {}, `${n}`);
		await api.create("one");
		const [got, body] = await configure(arns);
		expect([got, message(body)]).toEqual([status, text]);
		const definition = {
			FunctionName: "two",
			Role: ROLE,
			Runtime: "provided.wasi",
			Code: codeOf(wasm()),
			Layers: arns,
		};
		expect((await json("POST", F, definition))[0]).toBe(status);
		expect(await api.store.functions.get("two")).toBeNull();
	});

	it("are refused if they and the code have more than 250 MB unzipped", async () => {
		await publish("a");
		const record = (await api.store.layerVersions.get("a", "1"))!;
		await api.store.layerVersions.update({ ...record, unzippedSize: 250 * 2 ** 20 - 10 });
		await api.create("one");
		const [status, body] = await configure([arn("a")]);
		expect([status, message(body)]).toEqual([
			400,
			"Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. The actual size is 262144001 bytes.",
		]);
	});
});
