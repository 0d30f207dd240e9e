import { mkdir, mkdtemp, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testConfig } from "../../invoker/fakes.ts";
import type { TriggerRecord } from "../../store/types.ts";
import { bucketSource } from "./source.ts";

let root: string;
let data: string;

beforeEach(async () => {
	root = await realpath(await mkdtemp(join(tmpdir(), "pilot-")));
	data = join(root, "data");
	await mkdir(join(data, "artifacts"), { recursive: true });
	await mkdir(join(root, "photos"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

function admit(settings: object, others: TriggerRecord[] = []) {
	return bucketSource.admit({ bucket: "photos", ...settings }, { config: testConfig({ data }), now: 0, others });
}

describe("a bucket's folder", () => {
	it("is kept with its links resolved", async () => {
		await symlink(join(root, "photos"), join(root, "link"));
		expect(await admit({ folder: join(root, "link") })).toEqual({
			bucket: "photos",
			folder: join(root, "photos"),
			prefix: "",
			suffix: "",
			settleMs: 500,
			rescanMs: 30_000,
		});
	});

	it("is made inside the data folder, for its owner alone, if none is given", async () => {
		const { folder } = await admit({});
		expect(folder).toBe(join(data, "buckets", "photos"));
		expect((await stat(String(folder))).mode & 0o777).toBe(0o700);
		expect(await admit({ folder })).toMatchObject({ folder });
	});

	it.each([
		["relative", () => "photos", "must be an absolute path"],
		["missing", () => join(root, "nowhere"), "is not there"],
		["a file", () => join(root, "file"), "is no folder"],
		["the data folder", () => data, "overlaps the host's data folder"],
		["around the data folder", () => root, "overlaps the host's data folder"],
		["the whole disk", () => "/", "overlaps the host's data folder"],
		["the host's own", () => join(data, "artifacts"), "overlaps the host's data folder"],
		["all the buckets", () => join(data, "buckets"), "overlaps the host's data folder"],
		["a link into the data folder", () => join(root, "into"), "overlaps the host's data folder"],
		["a way round into the data folder", () => `${root}/photos/../data/artifacts`, "overlaps the host's data folder"],
		["not a path", () => "/tmp/\0", "must be an absolute path"],
	])("may not be %s", async (_, folder, words) => {
		await writeFile(join(root, "file"), "");
		await mkdir(join(data, "buckets"), { recursive: true });
		await symlink(join(data, "artifacts"), join(root, "into"));
		await expect(admit({ folder: folder() })).rejects.toMatchObject({
			name: "InvalidParameterValueException",
			message: expect.stringContaining(words),
		});
	});

	it("may have a name that begins like the data folder's", async () => {
		await mkdir(join(root, "data-two"));
		await expect(admit({ folder: join(root, "data-two") })).resolves.toBeDefined();
		await mkdir(join(root, "..photos"));
		await expect(admit({ folder: join(root, "..photos") })).resolves.toBeDefined();
	});

	it("is one for one name of a function, since both are one mount", async () => {
		const settings = await admit({ folder: join(root, "photos") });
		const other = { id: "1", kind: "bucket", functionName: "f", enabled: true, settings, createdAt: "" };
		await expect(admit({ folder: join(root, "photos"), prefix: "a/" }, [other])).resolves.toBeDefined();
		await expect(admit({}, [other])).rejects.toThrow("the function has a bucket photos already");
	});
});
