/** The oracles for HTTP: `wasmtime serve`, whose answers are right, and jco. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Served {
	/** `http://127.0.0.1:PORT`. */
	url: string;
	close(): Promise<void>;
}

/**
 * Serves a component on a free port, compiled by winch: Cranelift takes most of a minute for an interpreter. `wasmtime` is
 * the program; the guest may send requests anywhere.
 */
export function serveWithWasmtime(wasmtime: string, component: string): Promise<Served> {
	const args = ["serve", "-Scli", "-C", "compiler=winch", "--addr", "127.0.0.1:0", component];
	return serve(wasmtime, args, /Serving HTTP on (http:\/\/127\.0\.0\.1:[0-9]+)\//);
}

const JCO_SERVE = fileURLToPath(new URL("../support/jco-serve.ts", import.meta.url));

/** Serves a component with jco's glue. What it is transpiled to is kept where it finds the shim. */
export function serveWithJco(name: string, component: string): Promise<Served> {
	const folder = fileURLToPath(new URL(`../.cache/oracle/${name}`, import.meta.url));
	const args = ["--no-warnings", JCO_SERVE, component, folder];
	return serve(process.execPath, args, /serving (http:\/\/127\.0\.0\.1:[0-9]+)\//);
}

/** Starts a server that says where it serves. */
async function serve(program: string, args: string[], pattern: RegExp): Promise<Served> {
	const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
	const exit = once(child, "exit");
	const url = await new Promise<string>((resolve, reject) => {
		let text = "";
		child.once("error", reject);
		child.once("exit", () => reject(new Error(`${program} ended: ${text}`)));
		const look = (bytes: Buffer): void => {
			// It goes on to log what guests do, at length.
			if (text.length < 10_000) text += bytes.toString();
			// Up to the slash: the output is not buffered, so that half a port could be all there is yet.
			const found = pattern.exec(text);
			if (found) resolve(found[1]!);
		};
		child.stderr.on("data", look);
		child.stdout.on("data", look);
	});
	return {
		url,
		async close() {
			child.kill("SIGKILL");
			await exit;
		},
	};
}
