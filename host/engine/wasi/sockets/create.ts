import { Trap } from "../../trap.ts";
import type { HostInterface } from "../types.ts";
import { ACCESS_DENIED } from "./network.ts";

export const tcpCreateSocket = refusing("tcp");
export const udpCreateSocket = refusing("udp");

function refusing(protocol: "tcp" | "udp"): HostInterface {
	return {
		name: `wasi:sockets/${protocol}-create-socket`,
		resources: {},
		functions: {
			[`create-${protocol}-socket`]: {
				core: "ii->",
				make: (_guest, memory) => (family: number, area: number) => {
					if (family >>> 0 > 1) throw new Trap("invalid enum discriminant");
					memory.setU8(area, 1);
					memory.setU8(area + 4, ACCESS_DENIED);
				},
			},
		},
	};
}
