import { ResourceKind } from "../../handles.ts";
import type { HostInterface } from "../types.ts";
import { ACCESS_DENIED, networkKind } from "./network.ts";
import { neverHeld, QUERY } from "./never.ts";

const streamKind = new ResourceKind<object>("wasi:sockets/ip-name-lookup#resolve-address-stream");

export const ipNameLookup: HostInterface = {
	name: "wasi:sockets/ip-name-lookup",
	resources: { "resolve-address-stream": streamKind },
	functions: {
		"resolve-addresses": {
			core: "iiii->",
			make: (guest, memory) => (network: number, name: number, length: number, area: number) => {
				guest.handles.get(networkKind, network);
				memory.bytes(name, length);
				memory.setU8(area, 1);
				memory.setU8(area + 4, ACCESS_DENIED);
			},
		},
		...neverHeld(streamKind, { "resolve-next-address": QUERY, subscribe: "i->i" }),
	},
};
