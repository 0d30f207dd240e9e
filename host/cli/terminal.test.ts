/** Ctrl-C at a terminal reaches npm, its shell and the host alike: all of them must take it for an orderly end. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TERMINAL = fileURLToPath(new URL("testing/terminal.py", import.meta.url));
const here = spawnSync("python3", ["-c", "import pty"]).status === 0;
if (!here) console.warn("skipped: Ctrl-C at a terminal (no Python with terminals)");

it.skipIf(!here)("npm start ends with 0 on Ctrl-C", { timeout: 120_000 }, () => {
	const data = mkdtempSync(join(tmpdir(), "pilot-terminal-"));
	const command = ["npm", "start", "--", "--port", "0", "--data", data];
	const { status, stdout } = spawnSync("python3", [TERMINAL, "Ctrl-C ends", ...command], {
		cwd: ROOT,
		timeout: 100_000,
	});
	rmSync(data, { recursive: true, force: true });
	expect(String(stdout)).toContain("Finishing what is running");
	expect(status).toBe(0);
});
