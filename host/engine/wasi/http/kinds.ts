/** The resources of `wasi:http/types`: what the host keeps behind each handle, and how it is given up. */
import { ResourceKind } from "../../handles.ts";
import type { HttpRequest } from "../../http.ts";
import { HttpErrorCode } from "./error-code.ts";
import { Fields } from "./fields.ts";
import type { FutureTrailers, IncomingBody } from "./incoming-body.ts";
import type { MessageKind, OutgoingBody } from "./outgoing-body.ts";
import type { Waiters } from "./waiters.ts";

/** A message that the guest makes: headers, and a body that it may take once. */
export interface OutgoingMessage {
	readonly kind: MessageKind;
	readonly fields: Fields;
	/** Undefined until the guest takes it; a message without one has an empty body. */
	body: OutgoingBody | undefined;
}

export interface OutgoingResponse extends OutgoingMessage {
	status: number;
}

/** `other` methods and schemes are strings too; a case of the variant is its text (`GET`, `http`). */
export interface OutgoingRequest extends OutgoingMessage {
	method: string;
	/** The guest named the method as `other`. */
	methodIsOther: boolean;
	pathWithQuery: string | undefined;
	scheme: string | undefined;
	authority: string | undefined;
}

/** Nanoseconds; undefined is the host's default. */
export interface RequestOptions {
	connectTimeout: bigint | undefined;
	firstByteTimeout: bigint | undefined;
	betweenBytesTimeout: bigint | undefined;
}

/** A message that the guest receives. What is not asked for is not made. */
export class IncomingRequest {
	readonly request: HttpRequest;
	private headerFields: Fields | undefined;
	private readonly source: { openBody(): IncomingBody };
	private consumed = false;

	constructor(request: HttpRequest, source: { openBody(): IncomingBody }) {
		this.request = request;
		this.source = source;
	}

	get fields(): Fields {
		this.headerFields ??= Fields.incoming(this.request.headers);
		return this.headerFields;
	}

	/** As text: octets above 127, which a URI should not have, are read as UTF-8. */
	get pathWithQuery(): string {
		const path = this.request.pathWithQuery;
		return isAscii(path) ? path : Buffer.from(path, "latin1").toString("utf8");
	}

	/** The body, once. */
	consume(): IncomingBody | undefined {
		if (this.consumed) return undefined;
		this.consumed = true;
		return this.source.openBody();
	}

	/** The handle is dropped: a body that was not taken is not wanted. */
	dispose(): void {
		if (this.request.body !== null) this.consume()?.abandon();
	}
}

function isAscii(text: string): boolean {
	for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
	return true;
}

export interface IncomingResponse {
	readonly status: number;
	readonly fields: Fields;
	/** Undefined once it is consumed. */
	body: IncomingBody | undefined;
}

/** Where `response-outparam.set` goes. */
export interface ResponseOutparam {
	set(answer: OutgoingResponse | HttpErrorCode): void;
}

export interface FutureIncomingResponse {
	/** Undefined while it is on its way. */
	outcome: IncomingResponse | HttpErrorCode | undefined;
	taken: boolean;
	readonly waiters: Waiters;
	/** The guest drops it: gives the request up if no response has come, and a response that it did not take. */
	cancel(): void;
}

/** A message that is dropped unsent: nobody will ever read its body. */
function discardMessage(message: OutgoingMessage): void {
	message.fields.release();
	void message.body?.return();
}

/** Dropped without `finish`: the message is cut off (`wasi:http`: "treat the body as corrupted"). */
function abortBody(body: OutgoingBody): void {
	body.fail(CUT_OFF);
}

/** Made once: a guest may drop tens of thousands, and an error takes 5 us. */
const CUT_OFF = new HttpErrorCode("HTTP-protocol-error");

const name = (resource: string) => `wasi:http/types#${resource}`;

export const fieldsKind = new ResourceKind<Fields>(name("fields"), { dispose: (it) => it.release() });
export const incomingRequestKind = new ResourceKind<IncomingRequest>(name("incoming-request"), {
	dispose: (it) => it.dispose(),
});
export const outgoingRequestKind = new ResourceKind<OutgoingRequest>(name("outgoing-request"), {
	dispose: discardMessage,
});
export const requestOptionsKind = new ResourceKind<RequestOptions>(name("request-options"));
export const responseOutparamKind = new ResourceKind<ResponseOutparam>(name("response-outparam"));
export const incomingResponseKind = new ResourceKind<IncomingResponse>(name("incoming-response"), {
	dispose: (it) => it.body?.abandon(),
});
export const incomingBodyKind = new ResourceKind<IncomingBody>(name("incoming-body"), {
	dispose: (it) => it.abandon(),
});
export const futureTrailersKind = new ResourceKind<FutureTrailers>(name("future-trailers"), {
	dispose: (it) => it.dispose(),
});
export const outgoingResponseKind = new ResourceKind<OutgoingResponse>(name("outgoing-response"), {
	dispose: discardMessage,
});
export const outgoingBodyKind = new ResourceKind<OutgoingBody>(name("outgoing-body"), { dispose: abortBody });
export const futureIncomingResponseKind = new ResourceKind<FutureIncomingResponse>(name("future-incoming-response"), {
	dispose: (it) => it.cancel(),
});
