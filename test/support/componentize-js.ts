/**
 * JavaScript to a component with StarlingMonkey, in a process of its own: `node componentize-js.ts SOURCE OUTPUT WIT`. It
 * takes most of a minute, and the shim that it runs over must be given the whole file system.
 */
import { writeFileSync } from "node:fs";

const [sourcePath, output, witPath] = process.argv.slice(2) as [string, string, string];
// Names in variables: both come with jco, and bring no types.
const load = (name: string): Promise<unknown> => import(name);

const shim = (await load("@bytecodealliance/preview2-shim/filesystem")) as {
	_addPreopen(guest: string, host: string): void;
};
shim._addPreopen("/", "/");
const { componentize } = (await load("@bytecodealliance/componentize-js")) as {
	componentize(options: object): Promise<{ component: Uint8Array }>;
};
const options = sourcePath.includes("-http/")
	? { worldName: "fetch" }
	: { worldName: "plain", disableFeatures: ["http", "fetch-event"] };
const { component } = await componentize({ sourcePath, witPath, ...options });
writeFileSync(output, component);
