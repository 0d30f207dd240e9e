/** A guest with a real temporary folder as its mount, for tests of `wasi:filesystem`. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type TestGuest, testGuest } from "../testing.ts";
import type { CoreValue } from "../types.ts";

export const TYPES = "wasi:filesystem/types";
/** `open-flags`, `descriptor-flags` and `path-flags`. */
export const CREATE = 1;
export const DIRECTORY = 2;
export const EXCLUSIVE = 4;
export const TRUNCATE = 8;
export const READ = 1;
export const WRITE = 2;
export const FOLLOW = 1;

/** Where the payload of a method's result lies, for those not at 1. */
const PAYLOAD: Record<string, number> = {
	"open-at": 4,
	"read-via-stream": 4,
	"write-via-stream": 4,
	"append-via-stream": 4,
	"read-directory": 4,
	"readlink-at": 4,
	read: 4,
	write: 8,
	stat: 8,
	"stat-at": 8,
	"metadata-hash": 8,
	"metadata-hash-at": 8,
};

/** The error codes that tests name, by their number in the WIT. */
const CODES: Record<number, string> = {
	3: "bad-descriptor",
	6: "quota",
	7: "exist",
	9: "illegal-byte-sequence",
	12: "invalid",
	14: "is-directory",
	15: "loop",
	18: "name-too-long",
	20: "no-entry",
	24: "not-directory",
	25: "not-empty",
	27: "unsupported",
	30: "overflow",
	31: "not-permitted",
	33: "read-only",
};

export class Files {
	readonly test: TestGuest;
	/** The mount's folder on the host; `inside` is the same. What lies beside it must stay unreachable. */
	readonly inside: string;
	readonly outside: string;
	/** The preopened descriptor. */
	readonly root: number;

	private constructor(test: TestGuest, inside: string, outside: string) {
		this.test = test;
		this.inside = inside;
		this.outside = outside;
		const area = test.room();
		test.call("wasi:filesystem/preopens", "get-directories", area);
		this.root = test.memory.getU32(test.memory.getU32(area));
	}

	/** Two folders side by side: `inside`, mounted at `/data`, and `outside` with a file `secret`. Removed after the test. */
	static async make({ readOnly = false, maxBytes }: { readOnly?: boolean; maxBytes?: number } = {}): Promise<Files> {
		const top = await mkdtemp(join(tmpdir(), "wasi-files-"));
		const [inside, outside] = [join(top, "inside"), join(top, "outside")];
		await Promise.all([mkdir(inside), mkdir(outside)]);
		await writeFile(join(outside, "secret"), "the secret");
		const test = testGuest({
			mounts: [{ host: inside, guest: "/data", readOnly, ...(maxBytes === undefined ? {} : { maxBytes }) }],
		});
		onTestFinished(async () => {
			test.end();
			await rm(top, { recursive: true, force: true });
		});
		return new Files(test, inside, outside);
	}

	/** Writes a file in the mount, from the host. */
	async file(name: string, content: string): Promise<void> {
		await writeFile(join(this.inside, name), content);
	}

	/** Makes a link in the mount, from the host. */
	async link(name: string, target: string): Promise<void> {
		await symlink(target, join(this.inside, name));
	}

	/** Calls a method of `descriptor`; strings become pointer and length. Gives the payload's address, or the error's name. */
	async call(method: string, handle: number, ...args: (CoreValue | string | Uint8Array)[]): Promise<number | string> {
		const lowered = args.flatMap((it) =>
			typeof it === "string" || it instanceof Uint8Array ? this.test.put(it) : [it],
		);
		const area = await this.test.result(TYPES, `[method]descriptor.${method}`, handle, ...lowered);
		const payload = area + (PAYLOAD[method] ?? 1);
		if (this.test.memory.getU8(area) === 0) return payload;
		const code = this.test.memory.getU8(payload);
		return CODES[code] ?? `error ${code}`;
	}

	/** Opens a path below the mount; gives the handle, or the error's name. */
	async open(
		path: string,
		{ flags = READ, open = 0, follow = FOLLOW, base = this.root } = {},
	): Promise<number | string> {
		const payload = await this.call("open-at", base, follow, path, open, flags);
		return typeof payload === "string" ? payload : this.test.memory.getU32(payload);
	}

	/** Opens a path that must open. */
	async opened(path: string, options: Parameters<Files["open"]>[1] = {}): Promise<number> {
		const handle = await this.open(path, options);
		if (typeof handle === "string") throw new Error(`${path}: ${handle}`);
		return handle;
	}

	/** What an open file holds, read by `descriptor.read`; or the error's name in brackets. */
	async read(handle: number, length = 1000n, offset = 0n): Promise<string> {
		const payload = await this.call("read", handle, length, offset);
		return typeof payload === "string" ? `[${payload}]` : this.test.stringAt(payload);
	}

	/** Opens and reads a path; or the error's name in brackets. */
	async content(path: string): Promise<string> {
		const handle = await this.open(path);
		return typeof handle === "string" ? `[${handle}]` : this.read(handle);
	}
}
