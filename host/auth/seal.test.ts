import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileSeal, makeSecretFile, SealError } from "./seal.ts";

let folder: string;
let path: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "pilot-seal-"));
	path = join(folder, "secrets.key");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a seal", () => {
	it("opens what it sealed, also in another process", () => {
		const sealed = fileSeal(path).seal("A", "geheim ü");
		expect(fileSeal(path).open("A", sealed)).toBe("geheim ü");
		expect(Buffer.from(sealed, "base64").toString("latin1")).not.toContain("geheim");
		expect(statSync(path).mode & 0o777).toBe(0o600);
		expect(readdirSync(folder)).toEqual(["secrets.key"]);
	});

	it("is another one each time, and bound to its name", () => {
		const seal = fileSeal(path);
		const sealed = seal.seal("A", "secret");
		expect(seal.seal("A", "secret")).not.toBe(sealed);
		expect(() => seal.open("B", sealed)).toThrow(SealError);
	});

	it("does not open what was changed, at any byte, or with another key", () => {
		const seal = fileSeal(path);
		const bytes = Buffer.from(seal.seal("A", "secret"), "base64");
		for (let index = 0; index < bytes.length; index++) {
			const changed = Buffer.from(bytes);
			changed[index]! ^= 1;
			expect(() => seal.open("A", changed.toString("base64"))).toThrow(SealError);
		}
		expect(() => seal.open("A", "")).toThrow(SealError);
		expect(() => seal.open("A", bytes.subarray(0, 20).toString("base64"))).toThrow(SealError);
		writeFileSync(path, Buffer.alloc(32, 1).toString("base64"));
		expect(() => fileSeal(path).open("A", bytes.toString("base64"))).toThrow(SealError);
	});

	it("says what is wrong with its key", () => {
		expect(() => fileSeal(path).open("A", "x")).toThrow(/cannot be read/);
		writeFileSync(path, "short");
		expect(() => fileSeal(path).seal("A", "x")).toThrow(/holds 32 bytes/);
	});
});

describe("a secret file", () => {
	it("is left as it is, once it is there", () => {
		makeSecretFile(path, () => "one");
		makeSecretFile(path, () => "two");
		expect(readFileSync(path, "utf8")).toBe("one\n");
	});
});
