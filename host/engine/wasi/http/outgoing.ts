/** The functions of messages that the guest sends, at core level. */
import type { HttpFields } from "../../http.ts";
import type { GuestMemory } from "../../memory.ts";
import { Trap } from "../../trap.ts";
import { outputStreamKind } from "../io/kinds.ts";
import type { Guest, HostFunction } from "../types.ts";
import { type HeldBytes, heldBytes } from "./budget.ts";
import { HttpErrorCode } from "./error-code.ts";
import type { Fields } from "./fields.ts";
import {
	fieldsKind,
	type OutgoingMessage,
	outgoingBodyKind,
	outgoingRequestKind,
	outgoingResponseKind,
	responseOutparamKind,
} from "./kinds.ts";
import {
	codeUnits,
	isSome,
	liftErrorCode,
	liftOptionString,
	PAYLOAD,
	writeErrorCode,
	writeOptionString,
} from "./layout.ts";
import { BodyOutputStream, OutgoingBody } from "./outgoing-body.ts";
import { isPathWithQuery, isScheme, isToken, parseAuthority } from "./syntax.ts";
import { liftMethod, liftScheme, writeMethod, writeOptionScheme } from "./variants.ts";

const outgoingRequest: Record<string, HostFunction> = {
	"[constructor]outgoing-request": {
		core: "i->i",
		make: (guest) => (headers: number) =>
			guest.handles.add(outgoingRequestKind, {
				kind: "request",
				fields: takeFields(guest, headers),
				body: undefined,
				method: "GET",
				methodIsOther: false,
				pathWithQuery: undefined,
				scheme: undefined,
				authority: undefined,
			}),
	},
	"[method]outgoing-request.body": {
		core: "ii->",
		make: (guest, memory) => {
			const held = heldBytes(guest);
			return (self: number, area: number) =>
				writeNewBody(guest, memory, area, guest.handles.get(outgoingRequestKind, self), held);
		},
	},
	"[method]outgoing-request.method": {
		core: "ii->",
		make: (guest, memory) => (self: number, area: number) => {
			const request = guest.handles.get(outgoingRequestKind, self);
			writeMethod(memory, area, request.method, request.methodIsOther);
		},
	},
	"[method]outgoing-request.set-method": {
		core: "iiii->i",
		make: (guest, memory) => (self: number, discriminant: number, pointer: number, length: number) => {
			const request = guest.handles.get(outgoingRequestKind, self);
			const { method, other } = liftMethod(memory, discriminant, pointer, length);
			if (other && !isToken(method)) return 1;
			request.method = method;
			request.methodIsOther = other;
			return 0;
		},
	},
	"[method]outgoing-request.path-with-query": {
		core: "ii->",
		make: (guest, memory) => (self: number, area: number) => {
			writeOptionString(memory, area, guest.handles.get(outgoingRequestKind, self).pathWithQuery);
		},
	},
	"[method]outgoing-request.set-path-with-query": {
		core: "iiii->i",
		make: (guest, memory) => (self: number, tag: number, pointer: number, length: number) => {
			const request = guest.handles.get(outgoingRequestKind, self);
			const path = boundedString(memory, tag, pointer, length);
			if (typeof path === "string") guest.charge(path.length * CHARACTER_COST);
			if (path === TOO_LONG || (path !== undefined && !isPathWithQuery(path))) return 1;
			request.pathWithQuery = path;
			return 0;
		},
	},
	"[method]outgoing-request.scheme": {
		core: "ii->",
		make: (guest, memory) => (self: number, area: number) => {
			writeOptionScheme(memory, area, guest.handles.get(outgoingRequestKind, self).scheme);
		},
	},
	"[method]outgoing-request.set-scheme": {
		core: "iiiii->i",
		make: (guest, memory) => (self: number, tag: number, discriminant: number, pointer: number, length: number) => {
			const request = guest.handles.get(outgoingRequestKind, self);
			const scheme = isSome(tag) ? liftScheme(memory, discriminant, pointer, length) : undefined;
			if (scheme !== undefined && !isScheme(scheme)) return 1;
			request.scheme = scheme;
			return 0;
		},
	},
	"[method]outgoing-request.authority": {
		core: "ii->",
		make: (guest, memory) => (self: number, area: number) => {
			writeOptionString(memory, area, guest.handles.get(outgoingRequestKind, self).authority);
		},
	},
	"[method]outgoing-request.set-authority": {
		core: "iiii->i",
		make: (guest, memory) => (self: number, tag: number, pointer: number, length: number) => {
			const request = guest.handles.get(outgoingRequestKind, self);
			const authority = boundedString(memory, tag, pointer, length);
			if (authority === TOO_LONG || (authority !== undefined && parseAuthority(authority) === undefined)) return 1;
			request.authority = authority;
			return 0;
		},
	},
	"[method]outgoing-request.headers": {
		core: "i->i",
		make: (guest) => (self: number) =>
			guest.handles.add(fieldsKind, guest.handles.get(outgoingRequestKind, self).fields.share()),
	},
};

const outgoingResponse: Record<string, HostFunction> = {
	"[constructor]outgoing-response": {
		core: "i->i",
		make: (guest) => (headers: number) =>
			guest.handles.add(outgoingResponseKind, {
				kind: "response",
				fields: takeFields(guest, headers),
				body: undefined,
				status: 200,
			}),
	},
	"[method]outgoing-response.status-code": {
		core: "i->i",
		make: (guest) => (self: number) => guest.handles.get(outgoingResponseKind, self).status,
	},
	"[method]outgoing-response.set-status-code": {
		core: "ii->i",
		make: (guest) => (self: number, code: number) => {
			const response = guest.handles.get(outgoingResponseKind, self);
			const status = code & 0xffff;
			if (status < 100 || status > 999) return 1;
			response.status = status;
			return 0;
		},
	},
	"[method]outgoing-response.headers": {
		core: "i->i",
		make: (guest) => (self: number) =>
			guest.handles.add(fieldsKind, guest.handles.get(outgoingResponseKind, self).fields.share()),
	},
	"[method]outgoing-response.body": {
		core: "ii->",
		make: (guest, memory) => {
			const held = heldBytes(guest);
			return (self: number, area: number) =>
				writeNewBody(guest, memory, area, guest.handles.get(outgoingResponseKind, self), held);
		},
	},
};

const outgoingBody: Record<string, HostFunction> = {
	"[method]outgoing-body.write": {
		core: "ii->",
		make: (guest, memory) => (self: number, area: number) => {
			const body = guest.handles.get(outgoingBodyKind, self);
			memory.setU8(area, body.streamTaken ? 1 : 0);
			if (!body.streamTaken) memory.setU32(area + 4, guest.handles.add(outputStreamKind, new BodyOutputStream(body)));
		},
	},
	"[static]outgoing-body.finish": {
		core: "iiii->",
		make: (guest, memory) => (self: number, tag: number, trailers: number, area: number) => {
			const body = guest.handles.take(outgoingBodyKind, self);
			const fields = isSome(tag) ? guest.handles.take(fieldsKind, trailers) : undefined;
			fields?.release();
			if (body.streamAlive) throw new Trap("outgoing-body.finish while its stream is alive");
			const error = body.finish(fields === undefined ? null : (fields.entries as HttpFields));
			memory.setU8(area, error === undefined ? 0 : 1);
			if (error !== undefined) writeErrorCode(memory, area + PAYLOAD, error);
		},
	},
};

const responseOutparam: Record<string, HostFunction> = {
	"[static]response-outparam.set": {
		core: "iiiiIiiii->",
		make:
			(guest, memory) =>
			(self: number, tag: number, handle: number, a: number, b: bigint, c: number, d: number, e: number, f: number) => {
				const answer = isError(tag)
					? liftErrorCode(memory, handle, [a, b, c, d, e, f])
					: guest.handles.take(outgoingResponseKind, handle);
				guest.handles.take(responseOutparamKind, self).set(answer);
			},
	},
	"[method]response-outparam.send-informational": {
		core: "iiii->",
		make: (guest, memory) => (self: number, _status: number, headers: number, area: number) => {
			guest.handles.get(responseOutparamKind, self);
			guest.handles.drop(fieldsKind, headers);
			memory.setU8(area, 1);
			writeErrorCode(memory, area + PAYLOAD, new HttpErrorCode("internal-error", "1xx responses are not sent"));
		},
	},
};

function isError(tag: number): boolean {
	if (tag >>> 0 > 1) throw new Trap(`result has no case ${tag >>> 0}`);
	return tag === 1;
}

/** What looking at a character of a path costs, in bytes moved. */
const CHARACTER_COST = 64;
/** Most code units of a path or an authority. */
const MAX_TARGET = 65_536;
const TOO_LONG = Symbol("too long");

/** An option<string> parameter that is looked at only if it has a sane length. */
function boundedString(
	memory: GuestMemory,
	tag: number,
	pointer: number,
	length: number,
): string | undefined | typeof TOO_LONG {
	if (isSome(tag) && codeUnits(memory, length) > MAX_TARGET) return TOO_LONG;
	return liftOptionString(memory, tag, pointer, length);
}

/** The headers of a new message: the guest gives them away, and they change no more. */
function takeFields(guest: Guest, handle: number): Fields {
	return guest.handles.take(fieldsKind, handle).freeze();
}

/** A result<own<outgoing-body>>: an error if the guest has it already. */
function writeNewBody(
	guest: Guest,
	memory: GuestMemory,
	area: number,
	message: OutgoingMessage,
	held: HeldBytes,
): void {
	if (message.body !== undefined) return memory.setU8(area, 1);
	message.body = new OutgoingBody(message.kind, message.fields.contentLength, held);
	memory.setU8(area, 0);
	memory.setU32(area + 4, guest.handles.add(outgoingBodyKind, message.body));
}

export const outgoingFunctions: Record<string, HostFunction> = {
	...outgoingRequest,
	...outgoingResponse,
	...outgoingBody,
	...responseOutparam,
};
