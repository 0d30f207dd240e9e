/** Runs a host in this process, as `serve` and `start` do, to a clean end. */
import type { Command } from "commander";
import { CliError, codeOf } from "./errors.ts";
import { note } from "./output.ts";

/** What of the running host the commands need. */
export interface RunningHost {
	apiUrl: string;
	urlPortUrl: string;
	/** Everybody who reaches it may call. */
	open: boolean;
	close(): Promise<void>;
	/** The grace time of `close` is over now. */
	hasten(): void;
}

export const OPEN =
	"No access key yet: the host accepts any, and listens on the loopback only (`pilot keys create` makes the first)";

/** A second Ctrl-C counts from here on, ms: npm passes on what the terminal has sent to the host already. */
const SECOND_SIGNAL_MS = 300;
/** A shell's code for a process that Ctrl-C ended. */
const INTERRUPTED = 130;

export function withHostOptions(command: Command): Command {
	return command
		.option("--data <folder>", "the one folder that everything is kept in (PILOT_DATA; default: .pilot)")
		.option("--port <number>", "API, page and function URLs by host name (PILOT_PORT; default: 9000)")
		.option("--workers <number>", "processes that run functions (PILOT_WORKERS; default: one a core)")
		.option(
			"--host <address>",
			"address to listen on; beyond the loopback once there is a key (PILOT_HOST; default: 127.0.0.1)",
		)
		.option("--url-port <number>", "function URLs by path (PILOT_URL_PORT; default: the port after --port)");
}

/**
 * Starts a host, calls `ready`, and resolves when a signal has ended the host: SIGINT or SIGTERM lets running invocations
 * finish, a second SIGTERM ends what still runs, a second SIGINT the process. Throws ConfigError, CliError.
 */
export async function serve(options: object, ready: (host: RunningHost) => Promise<void>): Promise<void> {
	const { stopped, hastened } = stopSignals();
	const host = await start(options);
	try {
		if (host.open) note(OPEN);
		await Promise.race([ready(host), stopped]);
		await stopped;
	} finally {
		void hastened.then(() => host.hasten());
		// The signals stay taken: npm passes a Ctrl-C on, and its copy may come when all is done, where it would count as a kill.
		await host.close();
	}
}

async function start(options: object): Promise<RunningHost> {
	const { loadConfig } = await import("../config.ts");
	const { data, port, host, urlPort, workers } = options as Record<string, string | undefined>;
	const config = loadConfig({ data, port, host, urlPort, workers });
	const { startHost } = await import("../main.ts");
	try {
		return await startHost(config);
	} catch (error) {
		throw explain(error, config);
	}
}

/** What stands in the way of a start, and what to do. */
function explain(error: unknown, { data }: { data: string }): unknown {
	if (!(error instanceof Error)) return error;
	if (error.name === "StoreBusy") {
		return new CliError(`Another host has ${data} open: stop it, or give this one another folder with --data`);
	}
	const { address, port, path } = error as { address?: string; port?: number; path?: string };
	switch (codeOf(error)) {
		case "EACCES":
			if (port) return new CliError(`This user may not listen on port ${port}: take one from 1024 on with --port`);
			return new CliError(`This user may not write ${path ?? data}`);
		case "EADDRNOTAVAIL":
			return new CliError(`${address} is no address of this machine`);
		default:
			return error;
	}
}

/** `stopped` resolves with the first signal, `hastened` with a second SIGTERM; a second SIGINT ends the process. */
function stopSignals(): { stopped: Promise<void>; hastened: Promise<void> } {
	const stop = Promise.withResolvers<void>();
	const hasten = Promise.withResolvers<void>();
	let first = 0;
	const onSignal = (signal: NodeJS.Signals) => {
		if (first === 0) {
			first = performance.now();
			if (signal === "SIGINT") note("\nFinishing what is running; Ctrl-C again ends at once");
			stop.resolve();
			return;
		}
		if (performance.now() - first <= SECOND_SIGNAL_MS) return;
		if (signal === "SIGINT") process.exit(INTERRUPTED);
		hasten.resolve();
	};
	const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
	for (const signal of signals) process.on(signal, onSignal);
	return { stopped: stop.promise, hastened: hasten.promise };
}
