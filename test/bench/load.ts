/**
 * A load generator: keep-alive connections that each send the next request when the answer of the last is there. Run as
 * `load.ts HOST PORT HOSTHEADER PATH SECONDS CONNECTIONS`; prints one line of JSON. It runs on a core of its own.
 */
import { connect, type Socket } from "node:net";

const [host, port, hostHeader, path, seconds, connections] = process.argv.slice(2) as [
	string,
	string,
	string,
	string,
	string,
	string,
];
const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${hostHeader}\r\n\r\n`);
const latencies: number[] = [];
let failed = 0;
let running = true;

/** The length of the first whole response in the bytes, or 0; understands Content-Length and chunked bodies. */
function responseLength(bytes: Buffer): number {
	const head = bytes.indexOf("\r\n\r\n");
	if (head < 0) return 0;
	const headers = bytes.toString("latin1", 0, head).toLowerCase();
	const length = /content-length: (\d+)/.exec(headers);
	if (length) {
		const end = head + 4 + Number(length[1]);
		return bytes.length >= end ? end : 0;
	}
	const end = bytes.indexOf("0\r\n\r\n", head + 2);
	return end < 0 ? 0 : end + 5;
}

function client(): Promise<void> {
	return new Promise((resolve) => {
		const socket: Socket = connect(Number(port), host);
		let pending: Buffer = Buffer.alloc(0);
		let sent = 0;
		const send = (): void => {
			if (!running) return void socket.end();
			sent = performance.now();
			socket.write(request);
		};
		socket.setNoDelay(true);
		socket.on("connect", send);
		socket.on("data", (chunk: Buffer) => {
			pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
			const length = responseLength(pending);
			if (length === 0) return;
			const status = pending.toString("latin1", 0, 12);
			if (status !== "HTTP/1.1 200") {
				failed++;
				process.stderr.write(failed === 1 ? `${status} from port ${port}\n` : "");
			}
			pending = pending.subarray(length);
			latencies.push(performance.now() - sent);
			send();
		});
		socket.on("error", () => {
			failed++;
			resolve();
		});
		socket.on("close", () => resolve());
	});
}

setTimeout(() => {
	running = false;
}, Number(seconds) * 1000);
const started = performance.now();
await Promise.all(Array.from({ length: Number(connections) }, client));
const elapsed = (performance.now() - started) / 1000;
latencies.sort((a, b) => a - b);
const at = (q: number): number => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? 0;
console.log(JSON.stringify({ perSecond: latencies.length / elapsed, p50: at(0.5), p99: at(0.99), failed }));
