/** The methods of `descriptor` that name something below a folder by its path. */
import { link, lstat, lutimes, mkdir, readlink, rename, rmdir, symlink, unlink } from "node:fs/promises";
import type { HostFunction } from "../types.ts";
import { type Descriptor, descriptorKind } from "./descriptor.ts";
import { FsError } from "./errors.ts";
import { newTime, seconds } from "./metadata.ts";
import { openAt } from "./open.ts";
import { type Call, method, pathOf } from "./operation.ts";
import { ENTRY, type Quota } from "./quota.ts";
import { type Final, type Place, withPlace } from "./resolve.ts";
import { DONE, HASH, owned, STAT, STRING } from "./results.ts";

/** `path-flags`. */
const SYMLINK_FOLLOW = 1;

const reading: Record<string, HostFunction> = {
	"[method]descriptor.open-at": method(
		"iiiiiii->",
		owned(descriptorKind),
		async (call, self, pathFlags: number, pointer: number, length: number, open: number, flags: number) => {
			const follow = (pathFlags & SYMLINK_FOLLOW) !== 0;
			return openAt(call.guest, self, { path: pathOf(call, pointer, length), follow, open, flags });
		},
	),
	"[method]descriptor.stat-at": method(
		"iiiii->",
		STAT,
		async (call, self, pathFlags: number, pointer: number, length: number) =>
			existing(self, pathOf(call, pointer, length), pathFlags, async ({ stats }) => stats),
	),
	"[method]descriptor.metadata-hash-at": method(
		"iiiii->",
		HASH,
		async (call, self, pathFlags: number, pointer: number, length: number) =>
			existing(self, pathOf(call, pointer, length), pathFlags, async ({ stats }) => stats),
	),
	"[method]descriptor.readlink-at": method("iiii->", STRING, async (call, self, pointer: number, length: number) => {
		const target = await at(self, pathOf(call, pointer, length), "look", (place) => readlink(pathTo(place)));
		// What lies outside is not the guest's to know.
		if (target.startsWith("/")) throw new FsError("not-permitted");
		return target;
	}),
};

const changing: Record<string, HostFunction> = {
	"[method]descriptor.set-times-at": method(
		"iiiiiIiiIii->",
		DONE,
		async (
			call,
			self,
			pathFlags: number,
			pointer: number,
			length: number,
			aTag: number,
			aSec: bigint,
			aNs: number,
			mTag: number,
			mSec: bigint,
			mNs: number,
		) => {
			const [access, modification] = [newTime(aTag, aSec, aNs), newTime(mTag, mSec, mNs)];
			const path = pathOf(call, pointer, length);
			await existing(self.expectMutable(), path, pathFlags, (place) =>
				lutimes(pathTo(place), seconds(access, place.stats.atimeNs), seconds(modification, place.stats.mtimeNs)),
			);
		},
	),
	"[method]descriptor.create-directory-at": changeAt(async (place, quota) => {
		await quota?.reserve(ENTRY);
		await mkdir(pathTo(place));
	}),
	"[method]descriptor.remove-directory-at": changeAt(async (place, quota) => {
		await rmdir(pathTo(place));
		quota?.release(ENTRY);
	}),
	"[method]descriptor.unlink-file-at": changeAt(async (place, quota) => {
		if (place.slash) throw new FsError("not-directory");
		const stats = quota && (await lstat(pathTo(place)));
		await unlink(pathTo(place));
		if (stats) quota.release(ENTRY + (stats.nlink === 1 ? stats.size : 0));
	}),
	"[method]descriptor.symlink-at": method(
		"iiiiii->",
		DONE,
		async (call, self, target: number, targetLength: number, pointer: number, length: number) => {
			const to = pathOf(call, target, targetLength);
			if (to.startsWith("/")) throw new FsError("not-permitted");
			if (to.includes("\0")) throw new FsError("invalid");
			await at(self.expectMutable(), pathOf(call, pointer, length), "name", async (place) => {
				if (place.slash) throw new FsError("no-entry");
				await self.rights.quota?.reserve(ENTRY);
				await symlink(to, pathTo(place));
			});
		},
	),
	"[method]descriptor.link-at": method(
		"iiiiiiii->",
		DONE,
		async (
			call,
			self,
			pathFlags: number,
			old: number,
			oldLength: number,
			other: number,
			to: number,
			toLength: number,
		) => {
			// As in wasmtime: linkat's AT_SYMLINK_FOLLOW would follow by the kernel's rules, not by the mount's.
			if (pathFlags & SYMLINK_FOLLOW) throw new FsError("invalid");
			await between(call, self, [old, oldLength], other, [to, toLength], async (from, place) => {
				if (from.slash || place.slash) throw new FsError("not-directory");
				await self.rights.quota?.reserve(ENTRY);
				await link(pathTo(from), pathTo(place));
			});
		},
	),
	"[method]descriptor.rename-at": method(
		"iiiiiii->",
		DONE,
		async (call, self, old: number, oldLength: number, other: number, to: number, toLength: number) => {
			await between(call, self, [old, oldLength], other, [to, toLength], async (from, place) => {
				const folder = from.slash || place.slash;
				if (folder && !(await lstat(pathTo(from))).isDirectory()) throw new FsError("not-directory");
				await rename(pathTo(from), pathTo(place));
			});
		},
	),
};

/** The methods of `descriptor` that take a path. */
export const paths: Record<string, HostFunction> = { ...reading, ...changing };

function pathTo({ folder, name }: Place): string {
	return folder.at(name);
}

function at<T>(self: Descriptor, path: string, final: Final, run: (place: Place) => Promise<T>): Promise<T> {
	return self.expectDirectory().use((base) => withPlace(base, path, final, run));
}

type Existing = Place & { stats: NonNullable<Place["stats"]> };

/** Runs an operation on what a path names, its last link followed if the flags say so. Nothing there is `no-entry`. */
function existing<T>(
	self: Descriptor,
	path: string,
	pathFlags: number,
	run: (place: Existing) => Promise<T>,
): Promise<T> {
	return at(self, path, pathFlags & SYMLINK_FOLLOW ? "follow" : "look", async (place) => {
		const { stats } = place;
		if (stats === undefined) throw new FsError("no-entry");
		return run({ ...place, stats });
	});
}

/** `(path: string) -> result<_, error-code>` that changes an entry itself and never what a link leads to. */
function changeAt(run: (place: Place, quota: Quota | undefined) => Promise<unknown>): HostFunction {
	return method("iiii->", DONE, async (call, self, pointer: number, length: number) => {
		await at(self.expectMutable(), pathOf(call, pointer, length), "name", async (place) =>
			run(place, self.rights.quota),
		);
	});
}

type Text = readonly [pointer: number, length: number];

/** Runs an operation on two entries, each below a folder of its own. */
async function between(
	call: Call,
	self: Descriptor,
	old: Text,
	other: number,
	to: Text,
	run: (from: Place, to: Place) => Promise<void>,
): Promise<void> {
	const target = call.guest.handles.get(descriptorKind, other);
	const [oldPath, newPath] = [pathOf(call, ...old), pathOf(call, ...to)];
	await at(self.expectMutable(), oldPath, "name", (from) =>
		at(target.expectMutable(), newPath, "name", (place) => run(from, place)),
	);
}
