import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { folderOf } from "../testing/pilot.ts";
import { readCached, sha256, writeCached } from "./cache.ts";

let temporary: ReturnType<typeof folderOf>;
let record: string;
beforeEach(() => {
	temporary = folderOf({ "index.ts": "source", "lib/part.ts": "part" });
	record = join(temporary.folder, "dist/build.json");
});
afterEach(() => temporary.remove());

const at = (path: string) => join(temporary.folder, path);
const code = Buffer.from("component");
const write = (readAt = Date.now() + 1000) =>
	writeCached(record, { tools: "tools 1", files: [at("index.ts"), at("lib/part.ts")], readAt }, "f.wasm", code);

describe("what was built", () => {
	it("is there again, with its digest", () => {
		const output = write();
		expect(output).toEqual({ path: at("dist/f.wasm"), size: 9, sha256: sha256(code, "base64") });
		expect(readFileSync(output.path)).toEqual(code);
		expect(readCached(record, "tools 1")).toEqual(output);
	});

	it("leaves nothing half-written behind", () => {
		write();
		expect(readdirSync(at("dist")).sort()).toEqual(["build.json", "f.wasm"]);
	});

	const changes: Record<string, () => void> = {
		"a source changed": () => writeFileSync(at("lib/part.ts"), "other"),
		"a source went": () => rmSync(at("index.ts")),
		"the output went": () => rmSync(at("dist/f.wasm")),
		"the output was cut short": () => writeFileSync(at("dist/f.wasm"), "compo"),
		"the output was changed": () => writeFileSync(at("dist/f.wasm"), "componenT"),
		"the record went": () => rmSync(record),
		"the record is no JSON": () => writeFileSync(record, "{"),
		"the record is other JSON": () => writeFileSync(record, "[]"),
	};

	it.each(Object.keys(changes))("does not count once %s", (name) => {
		write();
		changes[name]!();
		expect(readCached(record, "tools 1")).toBeNull();
	});

	it("does not count for other tools", () => {
		write();
		expect(readCached(record, "tools 2")).toBeNull();
	});

	it("does not count where a source was saved while it was built", () => {
		write(Date.now() - 60_000);
		expect(readCached(record, "tools 1")).toBeNull();
	});

	it("counts wherever the whole folder is moved to", () => {
		write();
		expect(readFileSync(record, "utf8")).not.toContain(temporary.folder);
	});
});
