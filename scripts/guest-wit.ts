/**
 * The WIT of the guests' worlds (test/guests/wit) and of all that they name, as folders of packages for toolchains that
 * read folders (`node scripts/guest-wit.ts FOLDER [VERSION]`), or as one text of nested packages.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** jco's copy of WASI. */
const WASI = join(dirname(fileURLToPath(import.meta.resolve("@bytecodealliance/jco"))), "../lib/wit/builtin/0.2.12");
const OWN = fileURLToPath(new URL("../wit/world.wit", import.meta.url));
const WORLDS = fileURLToPath(new URL("../test/guests/wit/world.wit", import.meta.url));

/**
 * The packages that the worlds name, by folder name. `version` is written in place of WASI's own; an unstable `feature` is
 * taken as if it were stable.
 */
function packages(version: string, feature?: string): Map<string, string> {
	const found = new Map([["function", readFileSync(OWN, "utf8")]]);
	for (const name of readdirSync(WASI)) {
		const text = readFileSync(join(WASI, name, "package.wit"), "utf8").replaceAll("@0.2.12", `@${version}`);
		// What came after that version cannot be in it; `since` alone says so, and parsers check it.
		const dated = text.replaceAll(/@since\(version = 0\.2\.1?[0-9]\)/g, `@since(version = ${version})`);
		found.set(name, dated.replaceAll(`@unstable(feature = ${feature})`, ""));
	}
	return found;
}

function worlds(version: string): string {
	return readFileSync(WORLDS, "utf8").replaceAll("@0.2.12", `@${version}`);
}

/** Everything as one text: each package nested in the worlds' own. */
export function witText(version = "0.2.12"): string {
	const nested = [...packages(version).values()].map((it) => it.replace(/^package ([^;]+);/m, "package $1 {"));
	return `${worlds(version)}\n${nested.map((it) => `${it}\n}`).join("\n")}`;
}

/** Everything as a folder with `deps`, for toolchains that read that. */
export function writeWit(folder: string, version = "0.2.12", feature?: string): void {
	for (const [name, text] of packages(version, feature)) {
		mkdirSync(join(folder, "deps", name), { recursive: true });
		writeFileSync(join(folder, "deps", name, "package.wit"), text);
	}
	writeFileSync(join(folder, "world.wit"), worlds(version));
}

if (import.meta.main) writeWit(process.argv[2]!, process.argv[3]);
