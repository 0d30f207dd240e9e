/** The functions of messages that the guest receives, at core level. */
import type { GuestMemory } from "../../memory.ts";
import { Trap } from "../../trap.ts";
import { inputStreamKind, pollableKind } from "../io/kinds.ts";
import type { Guest, HostFunction } from "../types.ts";
import { HttpErrorCode } from "./error-code.ts";
import { Fields } from "./fields.ts";
import { BodyInputStream, FutureTrailers, type IncomingBody } from "./incoming-body.ts";
import {
	type FutureIncomingResponse,
	fieldsKind,
	futureIncomingResponseKind,
	futureTrailersKind,
	incomingBodyKind,
	incomingRequestKind,
	incomingResponseKind,
} from "./kinds.ts";
import { PAYLOAD, writeErrorCode, writeOptionString } from "./layout.ts";
import { writeMethod, writeOptionScheme } from "./variants.ts";

const incomingRequest: Record<string, HostFunction> = {
	"[method]incoming-request.method": {
		core: "ii->",
		make: (guest, memory) => (self: number, area: number) => {
			writeMethod(memory, area, guest.handles.get(incomingRequestKind, self).request.method);
		},
	},
	"[method]incoming-request.path-with-query": {
		core: "ii->",
		make: (guest, memory) => (self: number, area: number) => {
			writeOptionString(memory, area, guest.handles.get(incomingRequestKind, self).pathWithQuery);
		},
	},
	"[method]incoming-request.scheme": {
		core: "ii->",
		make: (guest, memory) => (self: number, area: number) => {
			writeOptionScheme(memory, area, guest.handles.get(incomingRequestKind, self).request.scheme);
		},
	},
	"[method]incoming-request.authority": {
		core: "ii->",
		make: (guest, memory) => (self: number, area: number) => {
			writeOptionString(memory, area, guest.handles.get(incomingRequestKind, self).request.authority);
		},
	},
	"[method]incoming-request.headers": {
		core: "i->i",
		make: (guest) => (self: number) =>
			guest.handles.add(fieldsKind, guest.handles.get(incomingRequestKind, self).fields),
	},
	"[method]incoming-request.consume": {
		core: "ii->",
		make: (guest, memory) => (self: number, area: number) => {
			writeBody(guest, memory, area, guest.handles.get(incomingRequestKind, self).consume());
		},
	},
};

const incomingResponse: Record<string, HostFunction> = {
	"[method]incoming-response.status": {
		core: "i->i",
		make: (guest) => (self: number) => guest.handles.get(incomingResponseKind, self).status,
	},
	"[method]incoming-response.headers": {
		core: "i->i",
		make: (guest) => (self: number) =>
			guest.handles.add(fieldsKind, guest.handles.get(incomingResponseKind, self).fields),
	},
	"[method]incoming-response.consume": {
		core: "ii->",
		make: (guest, memory) => (self: number, area: number) => {
			const response = guest.handles.get(incomingResponseKind, self);
			const { body } = response;
			response.body = undefined;
			writeBody(guest, memory, area, body);
		},
	},
};

const incomingBody: Record<string, HostFunction> = {
	"[method]incoming-body.stream": {
		core: "ii->",
		make: (guest, memory) => (self: number, area: number) => {
			const body = guest.handles.get(incomingBodyKind, self);
			memory.setU8(area, body.streamTaken ? 1 : 0);
			if (!body.streamTaken) memory.setU32(area + 4, guest.handles.add(inputStreamKind, new BodyInputStream(body)));
		},
	},
	"[static]incoming-body.finish": {
		core: "i->i",
		make: (guest) => (self: number) => {
			const body = guest.handles.take(incomingBodyKind, self);
			if (body.streamAlive) throw new Trap("incoming-body.finish while its stream is alive");
			return guest.handles.add(futureTrailersKind, new FutureTrailers(body));
		},
	},
};

const futureTrailers: Record<string, HostFunction> = {
	"[method]future-trailers.subscribe": {
		core: "i->i",
		make: (guest) => (self: number) => {
			const future = guest.handles.get(futureTrailersKind, self);
			return guest.handles.add(pollableKind, {
				ready: () => future.ready(),
				wait: (signal) => future.wait(signal),
			});
		},
	},
	"[method]future-trailers.get": {
		core: "ii->",
		make: (guest, memory) => (self: number, area: number) => {
			const outcome = guest.handles.get(futureTrailersKind, self).take();
			if (!writeFutureTags(memory, area, outcome)) return;
			const at = area + 2 * PAYLOAD;
			memory.setU8(at, "error" in outcome ? 1 : 0);
			if ("error" in outcome) return writeErrorCode(memory, at + PAYLOAD, outcome.error);
			const { trailers } = outcome;
			memory.setU8(at + PAYLOAD, trailers === null ? 0 : 1);
			if (trailers === null) return;
			memory.setU32(at + PAYLOAD + 4, guest.handles.add(fieldsKind, Fields.incoming(trailers)));
		},
	},
};

const futureIncomingResponse: Record<string, HostFunction> = {
	"[method]future-incoming-response.subscribe": {
		core: "i->i",
		make: (guest) => (self: number) => {
			const future = guest.handles.get(futureIncomingResponseKind, self);
			return guest.handles.add(pollableKind, {
				ready: () => future.outcome !== undefined,
				wait: (signal) => (future.outcome === undefined ? future.waiters.wait(signal) : Promise.resolve()),
			});
		},
	},
	"[method]future-incoming-response.get": {
		core: "ii->",
		make: (guest, memory) => (self: number, area: number) => {
			const outcome = takeResponse(guest.handles.get(futureIncomingResponseKind, self));
			if (!writeFutureTags(memory, area, outcome)) return;
			const at = area + 2 * PAYLOAD;
			const failed = outcome instanceof HttpErrorCode;
			memory.setU8(at, failed ? 1 : 0);
			if (failed) writeErrorCode(memory, at + PAYLOAD, outcome);
			else memory.setU32(at + PAYLOAD, guest.handles.add(incomingResponseKind, outcome));
		},
	},
};

function takeResponse(future: FutureIncomingResponse): FutureIncomingResponse["outcome"] | "taken" {
	if (future.taken) return "taken";
	future.taken = future.outcome !== undefined;
	return future.outcome;
}

/**
 * The outer two layers of `option<result<result<T, error-code>>>`: none while it is not there, some(err) when it was
 * taken before. True if T or the error-code is to be written.
 */
function writeFutureTags<T extends object>(
	memory: GuestMemory,
	area: number,
	outcome: T | "taken" | undefined,
): outcome is T {
	memory.setU8(area, outcome === undefined ? 0 : 1);
	if (outcome === undefined) return false;
	memory.setU8(area + PAYLOAD, outcome === "taken" ? 1 : 0);
	return outcome !== "taken";
}

/** A result<own<incoming-body>>: an error if it was consumed before. */
function writeBody(guest: Guest, memory: GuestMemory, area: number, body: IncomingBody | undefined): void {
	memory.setU8(area, body === undefined ? 1 : 0);
	if (body !== undefined) memory.setU32(area + 4, guest.handles.add(incomingBodyKind, body));
}

export const incomingFunctions: Record<string, HostFunction> = {
	...incomingRequest,
	...incomingResponse,
	...incomingBody,
	...futureTrailers,
	...futureIncomingResponse,
};
