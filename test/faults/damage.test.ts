/** Files of the data folder that are damaged: what can be made again is, and the rest is told. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { guest } from "../support/guests.ts";
import { workplace } from "./child-host.ts";
import { type Lambda, lambda } from "./lambda.ts";

let place: ReturnType<typeof workplace>;
beforeEach(() => {
	place = workplace();
});
afterEach(() => place.clear());

let echo: Uint8Array;
beforeEach(async () => {
	echo = await guest("echo");
});

/** The same function as other code: a custom section comes after it. */
function variant(index: number): Uint8Array {
	return Buffer.concat([echo, Uint8Array.of(0, 3, 1, 0x78, index)]);
}

/** The files of a deployed function. */
interface Files {
	code: Uint8Array;
	/** Folder of its artifact. */
	artifact: string;
	/** File of its snapshot. */
	snapshot: string;
}

function inData(...names: string[]): string {
	return join(place.data, ...names);
}

/** Deploys functions f0, f1 … that answer with their event, and tells where their files are. */
async function deployAll(api: Lambda, count: number): Promise<Files[]> {
	const files: Files[] = [];
	const known = new Set<string>();
	for (let index = 0; index < count; index++) {
		const code = variant(index);
		expect((await api.create(`f${index}`, code)).status).toBe(201);
		const digest = createHash("sha256").update(code).digest("hex");
		const snapshot = readdirSync(inData("snapshots")).find((name) => !known.has(name))!;
		known.add(snapshot);
		files.push({ code, artifact: inData("artifacts", digest), snapshot: inData("snapshots", snapshot) });
	}
	return files;
}

/** A host that had functions, killed; and their files. */
async function past(count: number): Promise<Files[]> {
	const host = await place.boot();
	const files = await deployAll(lambda(host.apiUrl), count);
	await host.kill();
	return files;
}

function flip(path: string, fromEnd: number): void {
	const bytes = readFileSync(path);
	const index = bytes.length - fromEnd;
	bytes[index] = bytes[index]! ^ 0x10;
	writeFileSync(path, bytes);
}

const description = ({ artifact }: Files): string => join(artifact, "artifact.json");
const module = ({ artifact }: Files): string => join(artifact, "module-0.wasm");

/** What may happen to files, and is made good. */
const DAMAGES: Record<string, (files: Files) => void> = {
	"no damage": () => {},
	"a description that is missing": (files) => rmSync(description(files)),
	"a description that is cut off": (files) => truncateSync(description(files), 100),
	"a description that is empty": (files) => truncateSync(description(files), 0),
	"a description that is other JSON": (files) => writeFileSync(description(files), "null"),
	"a description with a bit flipped": (files) => flip(description(files), 20),
	"a module that is missing": (files) => rmSync(module(files)),
	"a module that is cut off": (files) => truncateSync(module(files), 60),
	"a module that is empty": (files) => truncateSync(module(files), 0),
	"a module with a bit flipped": (files) => flip(module(files), 30),
	"checksums that are missing": ({ artifact }) => rmSync(join(artifact, "SHA256SUMS")),
	"checksums that are empty": ({ artifact }) => truncateSync(join(artifact, "SHA256SUMS"), 0),
	"a snapshot that is missing": ({ snapshot }) => rmSync(snapshot),
	"a snapshot that is empty": ({ snapshot }) => truncateSync(snapshot, 0),
	"a snapshot that is cut off": ({ snapshot }) => truncateSync(snapshot, 60),
	"a snapshot of garbage": ({ snapshot }) => writeFileSync(snapshot, Buffer.alloc(5000, 0xfe)),
	"a snapshot with a bit flipped": ({ snapshot }) => flip(snapshot, 10),
	"code and description that are gone": (files) => rmSync(files.artifact, { recursive: true }),
	"code and module that are damaged": (files) => {
		flip(join(files.artifact, "code.wasm"), 3);
		truncateSync(module(files), 10);
	},
};
/** Nothing on the disk can make these good. */
const LOST: Record<string, RegExp> = {
	"code and description that are gone": /is not in the data folder: deploy it again/,
	"code and module that are damaged": /in the data folder is damaged: deploy it again/,
};

describe("a damaged data folder", () => {
	it("is made good where it can be; a function whose code is lost says so, until it is deployed again", async () => {
		const names = Object.keys(DAMAGES);
		const files = await past(names.length);
		for (const [index, damage] of Object.values(DAMAGES).entries()) damage(files[index]!);

		const host = await place.boot();
		const api = lambda(host.apiUrl);
		for (const [index, name] of names.entries()) {
			const expected = name in LOST ? { status: 500, json: { Type: "Service" } } : { status: 200, text: "[1]" };
			expect([name, await api.invoke(`f${index}`, "[1]")]).toMatchObject([name, expected]);
			if (!(name in LOST)) continue;
			expect(host.output.stderr).toMatch(LOST[name]!);
			expect((await api.updateCode(`f${index}`, files[index]!.code)).status).toBe(200);
			expect(await api.invoke(`f${index}`, "[2]")).toMatchObject({ status: 200, text: "[2]" });
		}
		await host.kill();

		// For good: the next host finds nothing to do.
		const made = files.map((it) => statSync(description(it)).ino);
		const next = await place.boot();
		for (const index of names.keys())
			expect(await lambda(next.apiUrl).invoke(`f${index}`, "[3]")).toMatchObject({ status: 200, text: "[3]" });
		expect(files.map((it) => statSync(description(it)).ino)).toEqual(made);
		expect(next.output.stderr).toBe("");
	}, 60_000);

	it("gets the same code from many callers at once, and serves all of their functions", async () => {
		const host = await place.boot();
		const api = lambda(host.apiUrl);
		const index = [0, 1, 2, 3, 4, 5, 6, 7];
		const made = await Promise.all(index.map((it) => api.create(`f${it}`, variant(0))));
		expect(made.map((it) => it.status)).toEqual(index.map(() => 201));
		const answers = await Promise.all(index.map((it) => api.invoke(`f${it}`, `[${it}]`)));
		expect(answers.map((it) => it.text)).toEqual(index.map((it) => `[${it}]`));
		expect(readdirSync(inData("artifacts"))).toHaveLength(1);
	});
});

describe("a host that cannot start says why, in one line, and leaves with 1", () => {
	async function refused(): Promise<string> {
		const { code, stdout, stderr } = await place.spawn().ended;
		expect([code, stdout]).toEqual([1, ""]);
		expect(stderr.trimEnd().split("\n")).toHaveLength(1);
		return stderr;
	}

	it("on a database of garbage", async () => {
		mkdirSync(place.data);
		writeFileSync(inData("pilot.db"), Buffer.alloc(20_000, 0x5a));
		expect(await refused()).toMatch(/^error: The database in the data folder .*data is damaged/);
	});

	it("on a database that is cut off", async () => {
		const host = await place.boot();
		await deployAll(lambda(host.apiUrl), 1);
		host.child.kill("SIGTERM");
		expect((await host.ended).code).toBe(0);
		truncateSync(inData("pilot.db"), 4096);
		expect(await refused()).toMatch(/^error: The database in the data folder .*data is damaged/);
	});

	it("on a data folder that is a file", async () => {
		writeFileSync(place.data, "");
		expect(await refused()).toMatch(/^error: .*data/);
	});

	it("on a folder of artifacts that is a file", async () => {
		mkdirSync(place.data);
		writeFileSync(inData("artifacts"), "");
		expect(await refused()).toMatch(/^error: .*artifacts/);
	});
});
