/** Where the TypeScript SDK is, and what the builder maps onto it. */
import { fileURLToPath } from "node:url";

const SDK = new URL("../../../sdk/typescript/", import.meta.url);

export const SDK_FOLDER = fileURLToPath(SDK);
/** The module whose `serve` makes the world's export. */
export const RUNTIME = fileURLToPath(new URL("runtime/main.ts", SDK));
/** The world that components are built for. */
export const WIT = fileURLToPath(new URL("wit", SDK));
export const WORLD = "guest";

/** Modules that a function may import and that the SDK has; all others of Node.js are refused. */
export const MODULES: Readonly<Record<string, string>> = {
	"@pilotlight/sdk": fileURLToPath(new URL("index.ts", SDK)),
	"node:fs": fileURLToPath(new URL("runtime/fs.ts", SDK)),
	"node:fs/promises": fileURLToPath(new URL("runtime/fs.ts", SDK)),
	"node:buffer": fileURLToPath(new URL("runtime/buffer.ts", SDK)),
};
