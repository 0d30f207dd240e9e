/** Requests that came by another process of the host, and whose they are. */
import type { IncomingMessage } from "node:http";
import { type Remote, remoteOf, setRemote } from "../remote.ts";

/** The header that goes with a request from one process to another. From outside it is taken away. */
export const HAND_OVER = "x-pilot-hand-over";

/** The header's value. */
export function handedOver(incoming: IncomingMessage): string {
	const { address, port, httpVersion } = remoteOf(incoming);
	return JSON.stringify({ address, port, httpVersion } satisfies Remote);
}

/** Takes the header off a request that came over a socket which only processes of the host can reach. */
export function takeHandedOver(incoming: IncomingMessage): void {
	const told = JSON.parse(String(incoming.headers[HAND_OVER])) as Remote;
	delete incoming.headers[HAND_OVER];
	const raw = incoming.rawHeaders;
	for (let index = raw.length - 2; index >= 0; index -= 2) if (raw[index] === HAND_OVER) raw.splice(index, 2);
	setRemote(incoming, told);
}
