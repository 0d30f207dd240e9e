import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type TestGuest, testGuest } from "../testing.ts";
import { descriptorKind } from "./descriptor.ts";
import { Files, TYPES } from "./testing.ts";

const kinds = new Map([[descriptorKind.name, descriptorKind as never]]);

function directories(test: TestGuest): [number, string][] {
	const area = test.room();
	test.call("wasi:filesystem/preopens", "get-directories", area);
	const [list, count] = [test.memory.getU32(area), test.memory.getU32(area + 4)];
	return Array.from({ length: count }, (_, i) => [test.memory.getU32(list + i * 12), test.stringAt(list + i * 12 + 4)]);
}

async function statOf(test: TestGuest, handle: number): Promise<string> {
	const area = await test.result(TYPES, "[method]descriptor.stat", handle);
	return test.memory.getU8(area) === 0 ? "ok" : `error ${test.memory.getU8(area + 8)}`;
}

describe("get-directories", () => {
	it("gives one descriptor a mount, by the guest's path", () => {
		const mount = { host: "/nowhere", readOnly: true };
		const test = testGuest({ mounts: ["/var/task", "/mnt/x"].map((guest) => ({ ...mount, guest })) });
		expect(directories(test).map(([, path]) => path)).toEqual(["/var/task", "/mnt/x"]);
	});

	it("gives an empty list without mounts", () => {
		const test = testGuest();
		expect(directories(test)).toEqual([]);
	});

	it("opens nothing before it is used, and says then what is wrong", async () => {
		const test = testGuest({ mounts: [{ host: "/nowhere", guest: "/data", readOnly: true }] });
		expect(await statOf(test, directories(test)[0]![0])).toBe("error 20");
	});
});

describe("a snapshot", () => {
	it("keeps preopened folders, under their handles", async () => {
		const files = await Files.make();
		const { handles } = files.test.guest;
		await files.call("stat", files.root);
		const image = handles.image()!;
		expect(image).toEqual([{ handle: files.root, kind: descriptorKind.name, image: "/data" }]);
		await files.file("file", "content");
		handles.restore(JSON.parse(JSON.stringify(image)), kinds, files.test.guest);
		expect(await files.content("file")).toBe("content");
	});

	it("is not made with a file open", async () => {
		const files = await Files.make();
		await files.file("file", "content");
		await files.opened("file");
		expect(files.test.guest.handles.image()).toBeNull();
	});

	it("whose mount is gone gives bad-descriptor at every use", async () => {
		const files = await Files.make();
		const image = files.test.guest.handles.image()!;
		const test = testGuest();
		test.guest.handles.restore(image, kinds, test.guest);
		expect(await statOf(test, files.root)).toBe("error 3");
		expect(await statOf(test, files.root)).toBe("error 3");
	});

	it("shows another folder under the same path, if the mount leads there now", async () => {
		const files = await Files.make();
		const other = await mkdtemp(join(tmpdir(), "wasi-other-"));
		await writeFile(join(other, "file"), "other");
		const mounts = [{ host: other, guest: "/data", readOnly: true }];
		const guest = { ...files.test.guest, mounts };
		files.test.guest.handles.restore(files.test.guest.handles.image()!, kinds, guest);
		expect(await files.content("file")).toBe("other");
		await rm(other, { recursive: true });
	});
});

describe("an instance that ends", () => {
	it("leaves no file of the host open", async () => {
		const files = await Files.make();
		const count = async () => (await readdir("/proc/self/fd")).length;
		const before = await count();
		await mkdir(join(files.inside, "sub"));
		await files.file("sub/file", "content");
		for (let i = 0; i < 20; i++) {
			await files.call("read-via-stream", await files.opened("sub/file"), 0n);
			await files.call("read-directory", await files.opened("sub"));
		}
		expect(await count()).toBeGreaterThan(before + 50);
		files.test.end();
		for (let i = 0; i < 200 && (await count()) > before; i++) await new Promise((done) => setTimeout(done, 10));
		expect(await count()).toBeLessThanOrEqual(before);
	});
});
