import { ResourceKind } from "../../handles.ts";
import type { HostInterface } from "../types.ts";
import { neverHeld, QUERY, SET_U32, SET_U64, WITH_ADDRESS } from "./never.ts";

const socketKind = new ResourceKind<object>("wasi:sockets/udp#udp-socket");
const incomingKind = new ResourceKind<object>("wasi:sockets/udp#incoming-datagram-stream");
const outgoingKind = new ResourceKind<object>("wasi:sockets/udp#outgoing-datagram-stream");

export const udp: HostInterface = {
	name: "wasi:sockets/udp",
	resources: {
		"udp-socket": socketKind,
		"incoming-datagram-stream": incomingKind,
		"outgoing-datagram-stream": outgoingKind,
	},
	functions: {
		...neverHeld(socketKind, {
			"start-bind": WITH_ADDRESS,
			"finish-bind": QUERY,
			stream: WITH_ADDRESS, // an option's discriminant stands where the network does
			"local-address": QUERY,
			"remote-address": QUERY,
			"address-family": "i->i",
			"unicast-hop-limit": QUERY,
			"set-unicast-hop-limit": SET_U32,
			"receive-buffer-size": QUERY,
			"set-receive-buffer-size": SET_U64,
			"send-buffer-size": QUERY,
			"set-send-buffer-size": SET_U64,
			subscribe: "i->i",
		}),
		...neverHeld(incomingKind, { receive: "iIi->", subscribe: "i->i" }),
		...neverHeld(outgoingKind, { "check-send": QUERY, send: "iiii->", subscribe: "i->i" }),
	},
};
