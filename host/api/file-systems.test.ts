import { statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { codeOf, openTestApi, ROLE, type TestApi, wasm } from "../../test/support/api.ts";

const F = "/2015-03-31/functions";
const ID = "fsap-0123456789abcdef0";
const Arn = `arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/${ID}`;
const CONFIG = { Arn, LocalMountPath: "/mnt/shared" };

let api: TestApi;
beforeEach(async () => {
	api = await openTestApi({ fileSystemBytes: 12_345 });
});
afterEach(async () => {
	expect(api.faults).toEqual([]);
	await api.close();
});

// biome-ignore lint/suspicious/noExplicitAny: replies are looked at by their members.
type Body = any;
const json = async (method: string, path: string, body?: object): Promise<[status: number, body: Body]> => {
	const response = await api.send(method, path, body);
	return [response.status, await response.json()];
};
const configure = (configs: object[]) => json("PUT", `${F}/one/configuration`, { FileSystemConfigs: configs });

describe("a function's file system", () => {
	it("is shown, and mounted to be written to, from a folder that is its access point's", async () => {
		await api.create("one", { FileSystemConfigs: [CONFIG] });
		expect((await json("GET", `${F}/one/configuration`))[1].FileSystemConfigs).toEqual([CONFIG]);
		const host = join(api.config.data, "filesystems", ID);
		const mount = { host, guest: "/mnt/shared", readOnly: false, maxBytes: 12_345 };
		expect(api.engine.prepared.at(-1)!.mounts).toEqual([mount]);
		expect([statSync(host).isDirectory(), statSync(host).mode & 0o777]).toEqual([true, 0o700]);
	});

	it("is changed, and taken away", async () => {
		await api.create("one");
		expect((await configure([CONFIG]))[1].FileSystemConfigs).toEqual([CONFIG]);
		expect((await json("PUT", `${F}/one/configuration`, { Timeout: 9 }))[1].FileSystemConfigs).toEqual([CONFIG]);
		expect((await configure([]))[1]).not.toHaveProperty("FileSystemConfigs");
		expect(api.engine.prepared.at(-1)!.mounts).toEqual([]);
	});

	it("comes before a bucket at the same place", async () => {
		await api.create("one", { FileSystemConfigs: [CONFIG] });
		await api.store.triggers.create({
			id: "t",
			kind: "bucket",
			functionName: "one",
			enabled: true,
			settings: { bucket: "shared", folder: "/tmp" },
			createdAt: "",
		});
		await json("PUT", `${F}/one/configuration`, { Timeout: 9 });
		expect(api.engine.prepared.at(-1)!.mounts).toMatchObject([{ guest: "/mnt/shared", readOnly: false }]);
	});

	const other = (Arn: string) => [{ ...CONFIG, Arn }];
	it.each<[string, object[], RegExp]>([
		["two of them", [CONFIG, CONFIG], /at 'fileSystemConfigs' .* length less than or equal to 1$/],
		["no ARN", other("x"), /at 'fileSystemConfigs.1.member.arn' failed/],
		["another path", [{ Arn, LocalMountPath: "/tmp/x" }], /at 'fileSystemConfigs.1.member.localMountPath' failed/],
		["a deeper path", [{ Arn, LocalMountPath: "/mnt/x/y" }], /at 'fileSystemConfigs.1.member.localMountPath' failed/],
		["a path that leads out", [{ Arn, LocalMountPath: "/mnt/.." }], /^\/mnt\/\.\. cannot be a mount's path/],
		["no path", [{ Arn }], /Value null at 'fileSystemConfigs.1.member.localMountPath'/],
		["another region", other(Arn.replace("us-east", "eu-west")), /does not exist/],
		["another account", other(Arn.replace("000000000000", "111111111111")), /does not exist/],
		[
			"S3 Files",
			other(`arn:aws:s3files:us-east-1:000000000000:file-system/fs-${"0".repeat(17)}/access-point/${ID}`),
			/no access point of Amazon EFS/,
		],
	])("is refused with %s", async (_, configs, text) => {
		await api.create("one");
		const [status, body] = await configure(configs);
		expect([status, body.message]).toEqual([400, expect.stringMatching(text)]);
		const definition = { FunctionName: "two", Role: ROLE, Runtime: "provided.wasi", Code: codeOf(wasm()) };
		expect((await json("POST", F, { ...definition, FileSystemConfigs: configs }))[0]).toBe(400);
	});
});
