import { ResourceKind } from "../../handles.ts";
import { errorKind } from "../io/kinds.ts";
import type { HostInterface } from "../types.ts";

/** `wasi:sockets/network#network`: a right to use the network. This one permits nothing, so it has no state. */
export const networkKind = new ResourceKind<object>("wasi:sockets/network#network", {
	image: () => "network",
	revive: () => ({}),
});

/** `access-denied` of `wasi:sockets/network`'s `error-code`. */
export const ACCESS_DENIED = 1;

export const network: HostInterface = {
	name: "wasi:sockets/network",
	resources: { network: networkKind },
	functions: {
		// No error of a stream comes from a socket here: the answer is always none.
		"network-error-code": {
			core: "ii->",
			make: (guest, memory) => (error: number, area: number) => {
				guest.handles.get(errorKind, error);
				memory.setU8(area, 0);
			},
		},
	},
};

export const instanceNetwork: HostInterface = {
	name: "wasi:sockets/instance-network",
	resources: {},
	functions: {
		"instance-network": { core: "->i", make: (guest) => () => guest.handles.add(networkKind, {}) },
	},
};
