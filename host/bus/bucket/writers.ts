/** Which files are open for writing. */
import { readdir, readFile, readlink } from "node:fs/promises";

/** `O_WRONLY` and `O_RDWR` (open(2)). */
const WRITES = 0o3;

/**
 * The files below `folder` that some process has open for writing, as paths in latin1 (a path is bytes). Linux only, and
 * only processes that this user may look at; elsewhere the set is empty and a quiet time alone says that a file is complete.
 */
export async function openForWriting(folder: Buffer): Promise<Set<string>> {
	const open = new Set<string>();
	if (process.platform !== "linux") return open;
	const below = `${folder.toString("latin1")}/`;
	for (const process of await readdir("/proc").catch(() => [])) {
		if (!/^\d+$/.test(process)) continue;
		const descriptors = await readdir(`/proc/${process}/fd`).catch(() => []);
		await Promise.all(
			descriptors.map(async (descriptor) => {
				const target = await pathOf(process, descriptor);
				if (target?.startsWith(below) && (await writes(process, descriptor))) open.add(target);
			}),
		);
	}
	return open;
}

async function pathOf(process: string, descriptor: string): Promise<string | null> {
	const target = await readlink(`/proc/${process}/fd/${descriptor}`, { encoding: "buffer" }).catch(() => null);
	return target?.toString("latin1") ?? null;
}

/** `flags:` in fdinfo is octal (proc(5)). What was closed meanwhile does not write. */
async function writes(process: string, descriptor: string): Promise<boolean> {
	const info = await readFile(`/proc/${process}/fdinfo/${descriptor}`, "latin1").catch(() => "");
	const flags = /^flags:\s*([0-7]+)/m.exec(info)?.[1];
	return flags !== undefined && (Number.parseInt(flags, 8) & WRITES) !== 0;
}
