/** `wasi:http/outgoing-handler`: requests that a guest sends. */
import type { Guest, HostInterface } from "../types.ts";
import { HttpErrorCode } from "./error-code.ts";
import {
	futureIncomingResponseKind,
	type OutgoingRequest,
	outgoingRequestKind,
	type RequestOptions,
	requestOptionsKind,
} from "./kinds.ts";
import { isSome, PAYLOAD, writeErrorCode } from "./layout.ts";
import { networkError } from "./network-error.ts";
import { type Connections, connections, SentRequest } from "./send.ts";
import { target } from "./target.ts";

const DEFAULTS: RequestOptions = {
	connectTimeout: undefined,
	firstByteTimeout: undefined,
	betweenBytesTimeout: undefined,
};

export const outgoingHandler: HostInterface = {
	name: "wasi:http/outgoing-handler",
	resources: {},
	functions: {
		handle: {
			core: "iiii->",
			make: (guest, memory) => {
				const open = connections(guest);
				return (request: number, tag: number, options: number, area: number) => {
					const sent = send(guest, open, request, isSome(tag) ? options : undefined);
					const refused = sent instanceof HttpErrorCode;
					memory.setU8(area, refused ? 1 : 0);
					if (refused) writeErrorCode(memory, area + PAYLOAD, sent);
					else memory.setU32(area + PAYLOAD, guest.handles.add(futureIncomingResponseKind, sent));
				};
			},
		},
	},
};

/** Sends it, or says why not. The guest's handles are gone either way. */
function send(
	guest: Guest,
	open: Connections,
	requestHandle: number,
	optionsHandle: number | undefined,
): SentRequest | HttpErrorCode {
	const options = optionsHandle === undefined ? DEFAULTS : guest.handles.take(requestOptionsKind, optionsHandle);
	const request = guest.handles.take(outgoingRequestKind, requestHandle);
	request.fields.release();
	const sent = attempt(guest, open, request, options);
	if (sent instanceof HttpErrorCode) void request.body?.return();
	return sent;
}

function attempt(
	guest: Guest,
	open: Connections,
	request: OutgoingRequest,
	options: RequestOptions,
): SentRequest | HttpErrorCode {
	const to = target(request);
	if (to instanceof HttpErrorCode) return to;
	if (!guest.mayReach(to.scheme, to.hostHeader)) return new HttpErrorCode("HTTP-request-denied");
	if (open.full) return new HttpErrorCode("connection-limit-reached");
	try {
		return new SentRequest(guest, open, to, request, options);
	} catch (error) {
		return networkError(error);
	}
}
