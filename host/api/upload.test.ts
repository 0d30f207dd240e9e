import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { wasm } from "../../test/support/api.ts";
import { type ZipEntry, zipOf } from "../../test/support/zip.ts";
import { readUpload } from "./upload.ts";
import { MAX_UPLOAD } from "./zip.ts";

const NOT_A_ZIP = "Could not unzip uploaded file. Please check your file, then try to upload again.";
const MB = 1024 * 1024;
const main: ZipEntry = { name: "main.wasm", data: wasm("code") };

async function refusal(bytes: Uint8Array): Promise<string> {
	try {
		await readUpload(bytes);
	} catch (error) {
		expect(error).toMatchObject({ name: "InvalidParameterValueException", status: 400 });
		return (error as Error).message;
	}
	throw new Error("it was taken");
}

describe("an upload that is taken", () => {
	it("is a bare .wasm", async () => {
		const bytes = wasm("code");
		const { wasm: taken, codeSha256, codeSize } = await readUpload(bytes);
		expect(taken).toEqual(bytes);
		expect(codeSize).toBe(bytes.length);
		expect(codeSha256).toBe(createHash("sha256").update(bytes).digest("base64"));
	});

	it.each<[string, ZipEntry[]]>([
		["holds one .wasm, deflated", [main]],
		["holds one .wasm, stored", [{ ...main, stored: true }]],
		[
			"holds it in a folder",
			[
				{ name: "a/", data: new Uint8Array(), stored: true },
				{ ...main, name: "a/b/Main.WASM" },
			],
		],
		[
			"holds other files beside it",
			[{ name: "README.md", data: Buffer.from("hello") }, main, { name: "x.wat", data: wasm() }],
		],
		["was zipped by macOS", [main, { name: "__MACOSX/._main.wasm", data: Buffer.from("attributes") }]],
	])("is a zip that %s", async (_, entries) => {
		const zip = zipOf(entries);
		const upload = await readUpload(zip);
		expect(Buffer.from(upload.wasm)).toEqual(Buffer.from(main.data));
		expect(upload.codeSize).toBe(zip.length);
		expect(upload.codeSha256).toBe(createHash("sha256").update(zip).digest("base64"));
	});

	it("may be a view into a larger buffer", async () => {
		const zip = zipOf([main]);
		const around = Buffer.concat([Buffer.alloc(7, 1), zip, Buffer.alloc(5, 1)]);
		const upload = await readUpload(new Uint8Array(around.buffer, around.byteOffset + 7, zip.length));
		expect(Buffer.from(upload.wasm)).toEqual(Buffer.from(main.data));
	});

	it("may unzip to more than a hundred times its size while it is small", async () => {
		const data = Buffer.concat([wasm(), Buffer.alloc(10 * MB)]);
		expect((await readUpload(zipOf([{ name: "a.wasm", data }]))).wasm.length).toBe(data.length);
	});
});

describe("an upload that is refused", () => {
	it.each<[string, Uint8Array, string | RegExp]>([
		["nothing", new Uint8Array(), /non-empty/],
		["an empty zip", zipOf([]), /non-empty/],
		["text", Buffer.from("hello world"), NOT_A_ZIP],
		["a zip cut short", zipOf([main]).subarray(0, -30), NOT_A_ZIP],
		["the first half of a wasm header", wasm().subarray(0, 3), NOT_A_ZIP],
		["a zip without wasm", zipOf([{ name: "index.js", data: Buffer.from("x") }]), /holds no \.wasm file/],
		["a zip with two", zipOf([main, { ...main, name: "b.wasm" }]), /holds 2 \.wasm files \(main\.wasm, b\.wasm\)/],
		["an encrypted file", zipOf([{ ...main, encrypted: true }]), "The file main.wasm in the zip is encrypted"],
		["an empty file", zipOf([{ name: "a.wasm", data: new Uint8Array() }]), "The file a.wasm in the zip is empty"],
		["a false checksum", zipOf([{ ...main, declaredCrc: 1 }]), NOT_A_ZIP],
		["a size declared too small", zipOf([{ ...main, declaredSize: 3 }]), NOT_A_ZIP],
		["a size declared too large", zipOf([{ ...main, declaredSize: 3000 }]), NOT_A_ZIP],
		["a path out of the folder", zipOf([{ ...main, name: "../main.wasm" }]), "leads out of it: ../main.wasm"],
	])("is %s", async (_, bytes, message) => {
		expect(await refusal(bytes)).toMatch(message);
	});

	it("is over 50 MB", async () => {
		const bytes = Buffer.concat([wasm(), Buffer.alloc(MAX_UPLOAD)]);
		expect(await refusal(bytes)).toBe("Zipped size must be smaller than 52428800 bytes");
	});

	it("has too many files", async () => {
		const files = Array.from({ length: 10_001 }, (_, n) => ({ name: `f${n}`, data: new Uint8Array(), stored: true }));
		expect(await refusal(zipOf(files))).toMatch(/more than 10000 files/);
	});

	it("declares more than 250 MB, in one file or in all", async () => {
		expect(await refusal(zipOf([{ ...main, declaredSize: 251 * MB }]))).toMatch(/smaller than 262144000 bytes/);
		const files = ["a", "b"].map((name) => ({ name, data: wasm(), declaredSize: 126 * MB }));
		expect(await refusal(zipOf([...files, main]))).toMatch(/smaller than 262144000 bytes/);
	});

	it("is a bomb that tells the truth about its size", async () => {
		const data = Buffer.concat([wasm(), Buffer.alloc(64 * MB)]);
		expect(await refusal(zipOf([{ name: "bomb.wasm", data }]))).toMatch(/bomb\.wasm .* more than 100 times/);
	});

	it("is a bomb that lies about its size", async () => {
		const data = Buffer.concat([wasm(), Buffer.alloc(64 * MB)]);
		expect(await refusal(zipOf([{ name: "bomb.wasm", data, declaredSize: 1000 }]))).toBe(NOT_A_ZIP);
	});

	it("has any of its bytes flipped, unless that does not matter", async () => {
		const zip = zipOf([main]);
		for (let at = 0; at < zip.length; at++) {
			const flipped = Buffer.from(zip);
			flipped[at]! ^= 0xff;
			const result = await readUpload(flipped).catch((error: unknown) => error);
			if (result instanceof Error) expect(result.name).toBe("InvalidParameterValueException");
			else expect(Buffer.from((result as { wasm: Uint8Array }).wasm)).toEqual(Buffer.from(main.data));
		}
	});

	it("does not fill a message with its names", async () => {
		const entries = Array.from({ length: 9 }, (_, n) => ({ ...main, name: `${n}${"x".repeat(60_000)}.wasm` }));
		expect((await refusal(zipOf(entries))).length).toBeLessThan(500);
	});
});
