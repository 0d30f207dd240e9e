import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readUpload } from "../api/upload.ts";
import { verifyCode } from "../signing/verify.ts";
import { type FakeHost, fakeHost } from "./testing/fake-host.ts";
import { folderOf, type PilotOptions, pilot } from "./testing/pilot.ts";

const CODE = "\0asm\x01\0\0\0";
let host: FakeHost;
let place: ReturnType<typeof folderOf>;
beforeAll(async () => {
	place = folderOf({ "app.wasm": CODE, "plain.wasm": CODE, "text.txt": "x", "other.pem": "no key" });
	host = await fakeHost();
});
afterAll(async () => {
	await host.close();
	place.remove();
});

const run = (args: string[], options: PilotOptions = {}) =>
	pilot(args, { endpoint: host.endpoint, cwd: place.folder, ...options });
const json = async (args: string[]) => JSON.parse((await run([...args, "--json"])).stdout);
const file = (name: string) => join(place.folder, name);

describe("pilot sign", () => {
	it("makes a key for its owner alone, and never in the place of another", async () => {
		const made = await run(["sign", "--key", "new.pem", "--new-key", "--profile", "release"]);
		expect(made).toMatchObject({ code: 0, stderr: "" });
		expect(made.stdout).toMatch(/^arn:aws:signer:us-east-1:000000000000:\/signing-profiles\/release\/[\w-]{122}\n$/);
		expect(statSync(file("new.pem")).mode & 0o777).toBe(0o600);
		const before = readFileSync(file("new.pem"), "utf8");
		expect(await run(["sign", "--key", "new.pem", "--new-key"])).toMatchObject({
			code: 1,
			stderr: expect.stringContaining("There is a new.pem already"),
		});
		expect(readFileSync(file("new.pem"), "utf8")).toBe(before);
	});

	it("signs a .wasm, and deploy sends the signature with it", async () => {
		await run(["sign", "--key", "deploy.pem", "--new-key"]);
		const { bundle, publisher } = await json(["sign", "app.wasm", "--key", "deploy.pem"]);
		expect(bundle).toBe("app.sigstore.json");
		expect(await json(["deploy", "app.wasm"])).toMatchObject({ action: "created" });
		const { ZipFile } = JSON.parse(host.seen.find(({ body }) => body.includes("ZipFile"))!.body).Code;
		const upload = await readUpload(Buffer.from(ZipFile, "base64"));
		expect(Buffer.from(upload.wasm).toString()).toBe(CODE);
		expect(await verifyCode(upload.wasm, upload.bundle, [publisher])).toEqual({ ok: true, publisher });
		expect(await json(["deploy", "app.wasm"])).toMatchObject({ action: "unchanged" });
	});

	it("signs with a key that a passphrase opens, and with OpenSSL's", async () => {
		const sealed = { env: { PILOT_KEY_PASSPHRASE: "secret" } };
		await run(["sign", "--key", "sealed.pem", "--new-key"], sealed);
		expect(readFileSync(file("sealed.pem"), "utf8")).toContain("ENCRYPTED");
		expect((await run(["sign", "plain.wasm", "--key", "sealed.pem"], sealed)).code).toBe(0);
		expect((await run(["sign", "plain.wasm", "--key", "sealed.pem"])).code).toBe(1);
		execFileSync("openssl", ["ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", file("openssl.pem")]);
		expect((await run(["sign", "plain.wasm", "--key", "openssl.pem"])).code).toBe(0);
	});

	it.each([
		["a file that is no .wasm", ["text.txt", "--key", "other.pem"], 2, "is no .wasm"],
		["no key", ["app.wasm"], 2, "--key"],
		["a key that is not there", ["app.wasm", "--key", "nope.pem"], 1, "There is no nope.pem"],
		["what is no key", ["app.wasm", "--key", "other.pem"], 1, "no private key that can be read"],
		["a file that is not there", ["nope.wasm", "--key", "deploy.pem"], 1, "There is no nope.wasm"],
		["a profile's name that is none", ["--key", "deploy.pem", "--profile", "a/b"], 2, "--profile"],
	])("refuses %s", async (_, args, code, text) => {
		expect(await run(["sign", ...args])).toMatchObject({ code, stderr: expect.stringContaining(text) });
	});
});
