/** `bin/`: plain JavaScript, run by whatever Node.js the machine has. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { folderOf } from "./testing/pilot.ts";

const BIN = fileURLToPath(new URL("../../bin/", import.meta.url));
/** Makes a process believe that it is an older Node.js. */
const OLDER =
	"data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } });";

let temporary: ReturnType<typeof folderOf>;
beforeEach(() => {
	temporary = folderOf({
		"script.ts": `const [first = ""]: string[] = process.argv.slice(2);
if (first === "wait") setInterval(() => undefined, 1000);
if (first === "kill") process.kill(process.pid, "SIGKILL");
process.on("SIGTERM", () => process.exit(7));
console.log(process.versions.node.split(".")[0], process.ppid, process.argv.slice(2).join());
if (first === "fail") process.exitCode = 3;
`,
	});
});
afterEach(() => temporary.remove());

async function run(bin: string, args: string[], options: { older?: boolean; onOutput?: (pid: number) => void } = {}) {
	const node = options.older ? ["--import", OLDER] : [];
	const child = spawn(process.execPath, [...node, join(bin, "run.js"), join(temporary.folder, "script.ts"), ...args]);
	let [stdout, stderr] = ["", ""];
	child.stdout.on("data", (text) => {
		stdout += text;
		options.onOutput?.(child.pid!);
	});
	child.stderr.on("data", (text) => (stderr += text));
	const [code] = await once(child, "close");
	return { code, stdout, stderr, pid: child.pid };
}

describe("the launcher", () => {
	it("runs the script in its own process if that is new enough", async () => {
		const { code, stdout } = await run(BIN, ["a", "--b"]);
		expect([code, stdout]).toEqual([0, `26 ${process.pid} a,--b\n`]);
	});

	it("runs it in the project's Node.js else", async () => {
		const { code, stdout, pid } = await run(BIN, ["a"], { older: true });
		expect([code, stdout]).toEqual([0, `26 ${pid} a\n`]);
	});

	it("passes exit code, signals and a death by signal on", async () => {
		expect((await run(BIN, ["fail"], { older: true })).code).toBe(3);
		expect((await run(BIN, ["kill"], { older: true })).code).toBe(137);
		const onOutput = (pid: number) => void process.kill(pid, "SIGTERM");
		expect((await run(BIN, ["wait"], { older: true, onOutput })).code).toBe(7);
	});

	it("says what to do where there is no such Node.js", async () => {
		cpSync(BIN, join(temporary.folder, "bin"), { recursive: true });
		const { code, stdout, stderr } = await run(join(temporary.folder, "bin"), [], { older: true });
		expect([code, stdout]).toEqual([1, ""]);
		expect(stderr).toMatch(/^Pilotlight needs Node\.js 26[^\n]*npm ci[^\n]*\n$/);
	});

	it("is what `pilot` is", async () => {
		const child = spawn(process.execPath, [join(BIN, "pilot.js"), "--help"]);
		let stdout = "";
		child.stdout.on("data", (text) => (stdout += text));
		expect((await once(child, "close"))[0]).toBe(0);
		expect(stdout).toContain("Usage: pilot");
	});
});
