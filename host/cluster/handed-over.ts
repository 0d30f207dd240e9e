/** Requests that came by another process of the host: whose they are, and what they were meant for. */
import type { IncomingMessage } from "node:http";
import { type Remote, remoteOf, setRemote } from "../gateway/remote.ts";

/** The header that goes with a request from one process to another. From outside it is taken away. */
export const HAND_OVER = "x-pilot-hand-over";

/** What the first process knows of a request beside the request. */
export interface HandedOver extends Remote {
	/** The port it came in by. */
	by: "host" | "path";
}

/** The header's value. */
export function handedOver(incoming: IncomingMessage, by: HandedOver["by"]): string {
	const { address, port, httpVersion } = remoteOf(incoming);
	return JSON.stringify({ by, address, port, httpVersion } satisfies HandedOver);
}

/** Takes the header off a request that came over a socket which only processes of the host can reach. */
export function takeHandedOver(incoming: IncomingMessage): HandedOver["by"] {
	const told = JSON.parse(String(incoming.headers[HAND_OVER])) as HandedOver;
	delete incoming.headers[HAND_OVER];
	const raw = incoming.rawHeaders;
	for (let index = raw.length - 2; index >= 0; index -= 2) if (raw[index] === HAND_OVER) raw.splice(index, 2);
	setRemote(incoming, told);
	return told.by;
}
