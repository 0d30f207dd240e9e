/**
 * Serves a `wasi:http` component with jco's glue over preview2-shim, in a process of its own, since the shim blocks it:
 * `node jco-serve.ts COMPONENT FOLDER`. Says where on stdout.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { transpile } from "@bytecodealliance/jco";

const [component, folder] = process.argv.slice(2) as [string, string];
const options = { name: "guest", noTypescript: true, nodejsCompat: true };
const { files } = await transpile(await readFile(component), options);
for (const [path, bytes] of Object.entries(files)) {
	await mkdir(dirname(join(folder, path)), { recursive: true });
	await writeFile(join(folder, path), bytes as Uint8Array);
}
const load = (file: string): Promise<unknown> => import(pathToFileURL(join(folder, file)).href);
const { incomingHandler } = (await load("guest.js")) as { incomingHandler: object };
// The guest's own instance of the shim, wherever its folder is.
await writeFile(join(folder, "server.js"), `export { HTTPServer } from "@bytecodealliance/preview2-shim/http";`);
const { HTTPServer } = (await load("server.js")) as {
	HTTPServer: new (handler: object) => { listen(port: number, host: string): void };
};
const port = await freePort();
new HTTPServer(incomingHandler).listen(port, "127.0.0.1");
console.log(`serving http://127.0.0.1:${port}/`);

/** The shim does not say which port it got. */
function freePort(): Promise<number> {
	return new Promise((resolve) => {
		const probe = createServer().listen(0, "127.0.0.1", () => {
			const { port } = probe.address() as { port: number };
			probe.close(() => resolve(port));
		});
	});
}
