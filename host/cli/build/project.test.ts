import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { folderOf } from "../testing/pilot.ts";
import { isProject, readProject } from "./project.ts";

const open: (() => void)[] = [];
afterEach(() => {
	for (const close of open.splice(0)) close();
});

function project(files: Record<string, unknown>): string {
	const texts = Object.entries(files).map(([name, it]) => [name, typeof it === "string" ? it : JSON.stringify(it)]);
	const { folder, remove } = folderOf(Object.fromEntries(texts));
	open.push(remove);
	return folder;
}

describe("a project", () => {
	it("has its name and entry from package.json, and its settings from the member pilot", () => {
		const pilot = { memory: 256, timeout: 5, fuel: 10, env: { A: "1" }, schedule: "rate(1 hour)", curl: "{url}" };
		const folder = project({ "package.json": { name: "@team/greet", main: "main.ts", pilot }, "main.ts": "" });
		expect(readProject(folder)).toEqual({
			folder,
			manifest: join(folder, "package.json"),
			name: "greet",
			entry: join(folder, "main.ts"),
			settings: pilot,
		});
	});

	it("may have pilot.json alone, which comes first", () => {
		const folder = project({
			"pilot.json": { name: "mine", memory: 64 },
			"package.json": { name: "other" },
			"index.ts": "",
		});
		expect(readProject(folder)).toMatchObject({ name: "mine", settings: { memory: 64 } });
	});

	it.each(["index.ts", "src/index.ts", "index.js", "index.mjs"])("finds its entry at %s", (entry) => {
		const folder = project({ "pilot.json": {}, [entry]: "" });
		expect(readProject(folder).entry).toBe(join(folder, entry));
	});

	it("is a folder with either file", () => {
		expect(isProject(project({ "pilot.json": {} }))).toBe(true);
		expect(isProject(project({ "index.ts": "" }))).toBe(false);
		expect(() => readProject(project({}))).toThrow("it has no package.json and no pilot.json");
	});

	it.each([
		[{ memory: "lots" }, 'pilot.json: "memory" is "lots", not a whole number of MB'],
		[{ timeout: 1.5 }, '"timeout" is 1.5'],
		[{ fuel: 0 }, '"fuel" is 0'],
		[{ env: { A: 1 } }, '"env" is {"A":1}, not an object of texts'],
		[{ env: [] }, '"env" is []'],
		[{ schedule: "" }, '"schedule" is ""'],
		[{ memroy: 1 }, 'unknown setting "memroy"; there are name, entry, memory'],
		["[]", "pilot.json is not a JSON object"],
		["{", "pilot.json cannot be read"],
		[{ entry: "gone.ts" }, "has no gone.ts"],
	])("with %j is refused: %s", (content, message) => {
		const folder = project({ "pilot.json": content, "index.ts": "" });
		expect(() => readProject(folder)).toThrow(message);
	});
});
