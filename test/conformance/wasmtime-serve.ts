/** `wasmtime serve`: what it answers is right. */
import { spawn } from "node:child_process";
import { once } from "node:events";

export interface Served {
	/** `http://127.0.0.1:PORT`. */
	url: string;
	close(): Promise<void>;
}

/** Serves a component on a free port, compiled by winch: Cranelift takes most of a minute for an interpreter. `wasmtime` is the program; the guest may send requests anywhere. */
export async function serveWithWasmtime(wasmtime: string, component: string): Promise<Served> {
	const args = ["serve", "-Scli", "-C", "compiler=winch", "--addr", "127.0.0.1:0", component];
	const child = spawn(wasmtime, args, { stdio: ["ignore", "ignore", "pipe"] });
	const exit = once(child, "exit");
	const url = await new Promise<string>((resolve, reject) => {
		let text = "";
		child.once("error", reject);
		child.once("exit", () => reject(new Error(`wasmtime serve ended: ${text}`)));
		child.stderr.on("data", (bytes: Buffer) => {
			// It goes on to log what guests do, at length.
			if (text.length < 10_000) text += bytes.toString();
			// Up to the slash: stderr is not buffered, so that half a port could be all there is yet.
			const found = /Serving HTTP on (http:\/\/127\.0\.0\.1:[0-9]+)\//.exec(text);
			if (found) resolve(found[1]!);
		});
	});
	return {
		url,
		async close() {
			child.kill("SIGKILL");
			await exit;
		},
	};
}
