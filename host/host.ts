/** What a host is to whoever starts one. */
import type { Config } from "./config.ts";

/** A host that listens. */
export interface Host {
	/** API, page and function URLs: `http://127.0.0.1:9000`. */
	apiUrl: string;
	/** Function URLs by path: `http://127.0.0.1:9001`. */
	urlPortUrl: string;
	/** When it started there was no access key: everybody who reaches it may call. */
	open: boolean;
	/** Takes no more, lets what runs finish (at most `graceMs`), and ends. */
	close(): Promise<void>;
	/** The grace time of `close` is over now. */
	hasten(): void;
}

/** A port that the host was told to listen on is taken. */
export class PortInUse extends Error {
	override name = "PortInUse";
	readonly port: number;

	constructor(port: number, cause: unknown) {
		super(`Port ${port} is in use. Stop the program that has it, or give another with --port (PILOT_PORT).`, { cause });
		this.port = port;
	}
}

/** What the grace time ended is answered: that takes a moment more, ms. */
export const LAST_WORD_MS = 1000;

/** The addresses of a host that listens. */
export function urlsOf({ host, port, urlPort }: Config): { apiUrl: string; urlPortUrl: string } {
	const name = host.includes(":") ? `[${host}]` : host;
	return { apiUrl: `http://${name}:${port}`, urlPortUrl: `http://${name}:${urlPort}` };
}
