import type { HostInterface } from "../types.ts";
import { tcpCreateSocket, udpCreateSocket } from "./create.ts";
import { ipNameLookup } from "./lookup.ts";
import { instanceNetwork, network } from "./network.ts";
import { tcp } from "./tcp.ts";
import { udp } from "./udp.ts";

/** `wasi:sockets`: all of it is there, and all of it refuses. A guest reaches the network by `wasi:http` alone. */
export const sockets: readonly HostInterface[] = [
	instanceNetwork,
	ipNameLookup,
	network,
	tcp,
	tcpCreateSocket,
	udp,
	udpCreateSocket,
];
