/** A file system that is soon full, for tests that may mount one. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SmallDisk {
	folder: string;
	unmount(): void;
}

/** Needs root on Linux; throws where that is not so. */
export function mountSmallDisk(bytes: number): SmallDisk {
	const folder = mkdtempSync(join(tmpdir(), "pilot-small-"));
	try {
		execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", folder], { stdio: "ignore" });
	} catch (error) {
		rmdirSync(folder);
		throw error;
	}
	return {
		folder,
		unmount() {
			// Lazily: a test that failed may have left a file open.
			execFileSync("umount", ["-l", folder]);
			rmdirSync(folder);
		},
	};
}

/** Whether tests can have one; if not, says so in one line. */
export function canMount(): boolean {
	try {
		mountSmallDisk(1 << 16).unmount();
		return true;
	} catch {
		console.warn("Skipped: tests of a full disk, which need root on Linux to mount a small one.");
		return false;
	}
}
