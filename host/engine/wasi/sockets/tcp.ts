import { ResourceKind } from "../../handles.ts";
import type { HostInterface } from "../types.ts";
import { neverHeld, QUERY, SET_U32, SET_U64, WITH_ADDRESS } from "./never.ts";

const socketKind = new ResourceKind<object>("wasi:sockets/tcp#tcp-socket");

export const tcp: HostInterface = {
	name: "wasi:sockets/tcp",
	resources: { "tcp-socket": socketKind },
	functions: neverHeld(socketKind, {
		"start-bind": WITH_ADDRESS,
		"finish-bind": QUERY,
		"start-connect": WITH_ADDRESS,
		"finish-connect": QUERY,
		"start-listen": QUERY,
		"finish-listen": QUERY,
		accept: QUERY,
		"local-address": QUERY,
		"remote-address": QUERY,
		"is-listening": "i->i",
		"address-family": "i->i",
		"set-listen-backlog-size": SET_U64,
		"keep-alive-enabled": QUERY,
		"set-keep-alive-enabled": SET_U32,
		"keep-alive-idle-time": QUERY,
		"set-keep-alive-idle-time": SET_U64,
		"keep-alive-interval": QUERY,
		"set-keep-alive-interval": SET_U64,
		"keep-alive-count": QUERY,
		"set-keep-alive-count": SET_U32,
		"hop-limit": QUERY,
		"set-hop-limit": SET_U32,
		"receive-buffer-size": QUERY,
		"set-receive-buffer-size": SET_U64,
		"send-buffer-size": QUERY,
		"set-send-buffer-size": SET_U64,
		subscribe: "i->i",
		shutdown: SET_U32,
	}),
};
