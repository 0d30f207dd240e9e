/** Checks beside the tests: types of each project of the repository, and the linter. Each counts as one. */
import { fileURLToPath } from "node:url";
import { run } from "./command.ts";

export interface Counts {
	passed: number;
	failed: number;
	skipped: number;
}

const bin = (path: string) => fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url));
const TSC = bin("typescript/bin/tsc");
const BIOME = bin("@biomejs/biome/bin/biome");

const CHECKS: readonly (readonly [name: string, ...args: string[]])[] = [
	["types", TSC],
	["types of the TypeScript SDK", TSC, "-p", "sdk/typescript"],
	["types of the examples", TSC, "-p", "components"],
	["lint and format", BIOME, "check"],
];

/** Runs all, one after the other, and shows what a failed one says. */
export async function runChecks(): Promise<Counts> {
	const counts = { passed: 0, failed: 0, skipped: 0 };
	for (const [name, ...args] of CHECKS) {
		const { code, output } = await run(process.execPath, args);
		counts[code === 0 ? "passed" : "failed"]++;
		console.log(`${code === 0 ? "✓" : "✗"} ${name}`);
		if (code !== 0) console.log(output);
	}
	return counts;
}
