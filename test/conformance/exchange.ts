/** One exchange with an HTTP server, and what of it two servers must have in common. */
import { createHash } from "node:crypto";
import { type IncomingMessage, request } from "node:http";

export interface Sent {
	path: string;
	method?: string;
	/** Names and values in turn. */
	headers?: readonly string[];
	/** Pieces of a chunked body, sent one after the other; a number is so many bytes. */
	body?: readonly (string | number)[];
	trailers?: readonly [string, string][];
}

export interface Answer {
	status: number;
	/** Sorted by name; values of one name in their order. */
	headers: [string, string][];
	/** As text, or the SHA-256 of a long one. */
	body: string;
	trailers: string[];
	/** The connection was cut before the body's end. */
	cut: boolean;
}

/** The connection's fields (a gateway may keep `trailer` to itself and still send trailers), and the server's own. */
const NOT_COMPARED = new Set([
	"connection",
	"content-length",
	"date",
	"keep-alive",
	"trailer",
	"transfer-encoding",
	"x-amzn-requestid",
]);

/** Sends it to the server at `base` (`http://127.0.0.1:PORT`, perhaps with a prefix of the path). */
export async function exchange(base: string, sent: Sent): Promise<Answer> {
	const incoming = await send(base, sent);
	if (incoming === null) return { status: 0, headers: [], body: "", trailers: [], cut: true };
	const hash = createHash("sha256");
	let text = "";
	let cut = false;
	try {
		for await (const chunk of incoming as AsyncIterable<Buffer>) {
			hash.update(chunk);
			if (text.length < 10_000) text += chunk.toString("latin1");
		}
	} catch {
		cut = true;
	}
	return {
		status: incoming.statusCode ?? 0,
		headers: compared(incoming.rawHeaders),
		body: text.length < 10_000 ? text : hash.digest("hex"),
		trailers: incoming.rawTrailers.map((it) => it.toLowerCase()),
		cut,
	};
}

/** The response once its headers are there; null if the server hangs up before. */
function send(base: string, { path, method, headers, body, trailers }: Sent): Promise<IncomingMessage | null> {
	const { hostname, port, pathname } = new URL(base);
	const prefix = pathname === "/" ? "" : pathname;
	const lines = ["host", `${hostname}:${port}`, ...(headers ?? [])];
	if (body !== undefined) lines.push("transfer-encoding", "chunked");
	return new Promise((resolve, reject) => {
		const outgoing = request(
			{ hostname, port, path: prefix + path, method: method ?? "GET", headers: lines, agent: false },
			resolve,
		);
		outgoing.on("error", (error: NodeJS.ErrnoException) =>
			error.code === "ECONNRESET" ? resolve(null) : reject(error),
		);
		void (async () => {
			for (const piece of body ?? []) {
				outgoing.write(typeof piece === "string" ? piece : pattern(piece));
				await new Promise((done) => setTimeout(done, 2));
			}
			if (trailers) outgoing.addTrailers(trailers);
			outgoing.end();
		})();
	});
}

function pattern(size: number): Buffer {
	return Buffer.from(Array.from({ length: size }, (_, i) => (i * 7) % 251));
}

function compared(raw: readonly string[]): [string, string][] {
	const fields: [string, string][] = [];
	for (let i = 0; i < raw.length; i += 2) fields.push([raw[i]!.toLowerCase(), raw[i + 1]!]);
	return fields.filter(([name]) => !NOT_COMPARED.has(name)).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
