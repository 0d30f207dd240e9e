/** One caller over one connection that stays open: a call after the other. */
import { Agent, request } from "node:http";

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

export interface Call {
	port: number;
	method: string;
	path: string;
	host?: string;
	body?: Uint8Array | string;
}

/** Resolves with the answer and how long it took, ms. Rejects on an error's status. */
export function call({ port, method, path, host, body = "" }: Call): Promise<{ body: Buffer; ms: number }> {
	const started = performance.now();
	return new Promise((resolve, reject) => {
		const length = { "content-length": Buffer.byteLength(body) };
		const headers = { ...(host === undefined ? {} : { host }), ...length };
		const sent = request({ host: "127.0.0.1", port, method, path, headers, agent }, (response) => {
			const chunks: Buffer[] = [];
			response.on("data", (chunk: Buffer) => chunks.push(chunk));
			response.on("error", reject);
			response.on("end", () => {
				const text = Buffer.concat(chunks);
				if (response.statusCode! < 300) resolve({ body: text, ms: performance.now() - started });
				else reject(new Error(`${method} ${path}: ${response.statusCode} ${text.toString().slice(0, 200)}`));
			});
		});
		sent.on("error", reject);
		sent.end(body);
	});
}
