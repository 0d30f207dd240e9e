/** The two ports of a host. */
import type { Config } from "../config.ts";
import { PortInUse } from "../host.ts";
import { bindPort, type Port } from "./sockets.ts";

export interface Ports {
	/** API, page and function URLs by host name. */
	byHost: Port;
	/** Function URLs by path. */
	byPath: Port;
}

/** Throws PortInUse. */
export async function bindPorts(config: Config): Promise<Ports> {
	const bind = async (port: number): Promise<Port> => {
		try {
			return await bindPort(config.host, port, config.workers);
		} catch (error) {
			const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
			throw isTaken ? new PortInUse(port, error) : error;
		}
	};
	const byHost = await bind(config.port);
	try {
		return { byHost, byPath: await bind(config.urlPort) };
	} catch (error) {
		byHost.close();
		throw error;
	}
}

export function closePorts({ byHost, byPath }: Ports): void {
	byHost.close();
	byPath.close();
}
