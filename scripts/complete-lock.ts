/**
 * Completes package-lock.json. A registry may lack a package's binaries for other platforms; npm then leaves them out of
 * the lock, and `npm ci` refuses it on every machine ("Missing: … from lock file"). This adds what is missing by
 * name, version and platform, so that machines of this platform never ask for it and others may. Run it after each
 * `npm install`: `npm run lock`.
 */
import { readFileSync, writeFileSync } from "node:fs";

interface Entry {
	version: string;
	optionalDependencies?: Record<string, string>;
	os?: string[];
	cpu?: string[];
	libc?: string[];
	optional?: boolean;
}

interface Lock {
	packages: Record<string, Entry>;
}

const SYSTEMS = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const CPUS = ["arm64", "arm", "ia32", "ppc64", "riscv64", "s390x", "x64", "wasm32", "loong64"];

/** What a binary's package runs on, by its name; null if the name does not say. */
function platformOf(name: string): Pick<Entry, "os" | "cpu" | "libc"> | null {
	const words = name.split(/[-/]/);
	const os = SYSTEMS.find((it) => words.includes(it));
	const cpu = CPUS.find((it) => words.includes(it));
	if (cpu === undefined) return null;
	const libc = words.includes("musl") ? ["musl"] : words.includes("gnu") ? ["glibc"] : undefined;
	return { cpu: [cpu], ...(os ? { os: [os] } : {}), ...(libc ? { libc } : {}) };
}

const path = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(path, "utf8")) as Lock;
let added = 0;
for (const [owner, { optionalDependencies = {} }] of Object.entries(lock.packages)) {
	if (owner === "") continue;
	for (const [name, range] of Object.entries(optionalDependencies)) {
		const version = /\d+\.\d+\.\d+\S*/.exec(range)?.[0];
		const hoisted = lock.packages[`node_modules/${name}`];
		const nested = `${owner}/node_modules/${name}`;
		if (hoisted?.version === version || lock.packages[nested] !== undefined) continue;
		const platform = platformOf(name);
		if (platform === null || version === undefined)
			throw new Error(`${name} ${range} is not in the lock, and no binary`);
		lock.packages[hoisted === undefined ? `node_modules/${name}` : nested] = { version, optional: true, ...platform };
		added++;
	}
}
const sorted = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`);
console.log(`${added} added`);
