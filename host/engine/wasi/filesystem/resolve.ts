/**
 * Finds what a guest's path names below a folder that it holds. Each component is opened from the folder before it and
 * links are followed by hand, so that nothing that changes meanwhile can lead outside: a name that has become a link is
 * read as one, or refused.
 */
import type { BigIntStats } from "node:fs";
import { lstat, readlink } from "node:fs/promises";
import { errnoOf, FsError } from "./errors.ts";
import type { OpenHandle } from "./handle.ts";

/** Most links on the way, as Linux has it (path_resolution(7)). */
const MAX_HOPS = 40;
/** Most folders below one another on the way: each is an open file of the host until the path is resolved. */
const MAX_DEPTH = 128;
/** Most components, links' own ones among them: each costs a call to the system. */
const MAX_STEPS = 1024;

/** An entry of an open folder; there may be none of that name. */
export interface Place {
	folder: OpenHandle;
	/** One component, or `.` for the folder itself. */
	name: string;
	/** The path said by a slash at its end that it names a folder. Links' targets are held to it already. */
	slash: boolean;
	/** What is there. Undefined if nothing is, or if `final` was `name`. */
	stats: BigIntStats | undefined;
}

/** What to do with the last component: follow links, look at it but leave links, or leave it unread. */
export type Final = "follow" | "look" | "name";

/** Runs an operation on the place that a path names, and keeps its folder open meanwhile. */
export async function withPlace<T>(
	base: OpenHandle,
	path: string,
	final: Final,
	run: (place: Place) => Promise<T>,
): Promise<T> {
	const walk = new Walk(base, path, final);
	try {
		return await run(await walk.place());
	} finally {
		walk.end();
	}
}

class Walk {
	private readonly final: Final;
	private readonly slash: boolean;
	/** The folders on the way down from the base, which comes first. */
	private readonly folders: OpenHandle[];
	/** Components still to go, the next one last. */
	private readonly rest: string[];
	private hops = 0;
	private steps = 0;

	constructor(base: OpenHandle, path: string, final: Final) {
		if (path === "") throw new FsError("no-entry");
		if (path.includes("\0")) throw new FsError("invalid");
		if (path.startsWith("/")) throw new FsError("not-permitted");
		this.slash = path.endsWith("/");
		// `name/` names what a link leads to, if it is looked at at all.
		this.final = final === "look" && this.slash ? "follow" : final;
		this.rest = components(path, this.final === "follow");
		this.folders = [base.retain()];
	}

	private get folder(): OpenHandle {
		return this.folders.at(-1)!;
	}

	async place(): Promise<Place> {
		for (;;) {
			const name = this.rest.pop();
			if (name === undefined) return this.found(".");
			if (++this.steps > MAX_STEPS) throw new FsError("name-too-long");
			if (name === "." || name === "..") this.stay(name);
			else if (this.rest.length > 0) await this.down(name);
			else {
				const place = await this.found(name);
				if (this.final !== "follow" || !place.stats?.isSymbolicLink()) return place;
				await this.follow(name);
			}
		}
	}

	private async found(name: string): Promise<Place> {
		const stats = this.final === "name" ? undefined : await look(this.folder.at(name));
		return { folder: this.folder, name, slash: this.slash, stats };
	}

	private stay(name: "." | ".."): void {
		if (name === ".") return;
		if (this.folders.length === 1) throw new FsError("not-permitted");
		this.folders.pop()!.release();
	}

	private async down(name: string): Promise<void> {
		if (this.folders.length > MAX_DEPTH) throw new FsError("name-too-long");
		try {
			this.folders.push(await this.folder.step(name));
		} catch (error) {
			const errno = errnoOf(error);
			if (errno !== "ENOTDIR" && errno !== "ELOOP") throw error;
			await this.follow(name);
		}
	}

	/** Puts the target of a link in the place of its name. What is no link cannot be gone through: not a directory. */
	private async follow(name: string): Promise<void> {
		if (++this.hops > MAX_HOPS) throw new FsError("loop");
		const target = await readlink(this.folder.at(name)).catch((error) => {
			throw errnoOf(error) === "EINVAL" ? new FsError("not-directory") : error;
		});
		if (target.startsWith("/")) throw new FsError("not-permitted");
		this.rest.push(...components(target, true));
	}

	end(): void {
		for (const folder of this.folders) folder.release();
	}
}

/** Components, the first one last. A slash at the end is a `.` more, if it is to be held to: what it names is a folder. */
function components(path: string, keepSlash: boolean): string[] {
	const names = path.split("/").filter((it) => it !== "");
	if (keepSlash && path.endsWith("/")) names.push(".");
	return names.reverse();
}

async function look(path: string): Promise<BigIntStats | undefined> {
	try {
		return await lstat(path, { bigint: true });
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw error;
	}
}
