/** One GET to a function's URL, by its host name, over connections that stay open. */
import { Agent, get } from "node:http";

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Resolves with the body and how long it took, ms. Rejects on any status but 200. */
export function request(port: number, host: string): Promise<{ body: string; ms: number }> {
	const started = performance.now();
	return new Promise((resolve, reject) => {
		const options = { port, host: "127.0.0.1", path: "/", headers: { host }, agent };
		const sent = get(options, (response) => {
			let body = "";
			response.setEncoding("utf8");
			response.on("data", (text: string) => (body += text));
			response.on("end", () => {
				if (response.statusCode === 200) resolve({ body, ms: performance.now() - started });
				else reject(new Error(`${host}: ${response.statusCode} ${body}`));
			});
			response.on("error", reject);
		});
		sent.on("error", reject);
	});
}

/** Does it for each of many, so many at once. */
export async function each<T>(items: readonly T[], atOnce: number, run: (item: T, index: number) => Promise<unknown>) {
	let next = 0;
	const work = async (): Promise<void> => {
		while (next < items.length) {
			const index = next++;
			await run(items[index]!, index);
		}
	};
	await Promise.all(Array.from({ length: atOnce }, work));
}
