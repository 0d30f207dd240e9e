/**
 * The host's side of a call of `wasi:http/incoming-handler#handle`.
 *
 *     const call = openExchange(guest, exchange);
 *     try {
 *         await handle(call.request, call.outparam);     // the guest's export
 *         call.close();                                  // (a) if (!call.answered) there is no response: 502
 *     } catch (error) {
 *         call.close("the function crashed");            // (b) a body that is on its way is cut off
 *     }
 *
 * `HttpExchange.respond` is called while the guest runs, from its `response-outparam.set`; the body goes on after that.
 */
import type { HttpBody, HttpExchange, HttpFields, HttpResponse } from "../../http.ts";
import type { Guest } from "../types.ts";
import { HttpErrorCode } from "./error-code.ts";
import { IncomingBody } from "./incoming-body.ts";
import { IncomingRequest, incomingRequestKind, type OutgoingResponse, responseOutparamKind } from "./kinds.ts";
import type { OutgoingBody } from "./outgoing-body.ts";

/** One request that a guest serves. */
export interface OpenExchange {
	/** Handle of the `incoming-request`, and of the `response-outparam`: the arguments of the call. Both are the guest's. */
	readonly request: number;
	readonly outparam: number;
	/** `respond` was called, with a response or with the guest's error. */
	readonly answered: boolean;
	/** Resolves once the response's body is over: true if it ended well (or there is none), false if it was cut off. */
	bodyEnded(): Promise<boolean>;
	/**
	 * The call is over: the guest returned, or, with a `reason`, it trapped or was ended. From now on a late `set` is
	 * dropped, and the rest of the request's body is given up. A response body that the guest has not finished is cut
	 * off, so that the caller never takes half an answer for a whole one; unless the guest returned and still has the
	 * body: then what it wrote is all, as in wasmtime. A body that is over stays readable. The second time it does nothing.
	 */
	close(reason?: string): void;
}

/** Adds the two handles of a call. Traps if the table is full. */
export function openExchange(guest: Guest, exchange: HttpExchange): OpenExchange {
	return new Exchange(guest, exchange);
}

class Exchange implements OpenExchange {
	readonly request: number;
	readonly outparam: number;
	answered = false;
	private closed = false;
	private requestBody: IncomingBody | undefined;
	private responseBody: OutgoingBody | undefined;
	private readonly exchange: HttpExchange;

	constructor(guest: Guest, exchange: HttpExchange) {
		this.exchange = exchange;
		const request = new IncomingRequest(exchange.request, this);
		this.request = guest.handles.add(incomingRequestKind, request);
		this.outparam = guest.handles.add(responseOutparamKind, this);
	}

	/** The request's body; asked for once. */
	openBody(): IncomingBody {
		const { body, trailers } = this.exchange.request;
		this.requestBody = new IncomingBody(body, trailers, "HTTP-protocol-error");
		if (this.closed) this.requestBody.abandon();
		return this.requestBody;
	}

	/** `response-outparam.set`; its handle is gone afterwards, so that there is no second time. */
	set(answer: OutgoingResponse | HttpErrorCode): void {
		if (answer instanceof HttpErrorCode) {
			if (!this.closed) this.respond({ error: answer.message });
			return;
		}
		answer.fields.release();
		if (this.closed) return void answer.body?.return();
		this.responseBody = answer.body;
		this.respond(new GuestResponse(answer));
	}

	private respond(answer: HttpResponse | { error: string }): void {
		this.answered = true;
		this.exchange.respond(answer);
	}

	bodyEnded(): Promise<boolean> {
		return this.responseBody?.whenEnded() ?? Promise.resolve(true);
	}

	close(reason?: string): void {
		if (this.closed) return;
		this.closed = true;
		this.requestBody?.abandon();
		const body = this.responseBody;
		if (body === undefined) return;
		if (reason !== undefined) body.fail(new HttpErrorCode("internal-error", reason));
		else if (!body.ended) body.finish(null);
		body.release();
	}
}

/** What the guest answered. */
class GuestResponse implements HttpResponse {
	readonly status: number;
	readonly headers: HttpFields;
	readonly body: HttpBody;
	private readonly outgoing: OutgoingBody | undefined;

	constructor({ status, fields, body }: OutgoingResponse) {
		this.status = status;
		this.headers = fields.entries as HttpFields;
		this.body = body ?? emptyBody;
		this.outgoing = body;
	}

	get trailers(): Promise<HttpFields | null> {
		return this.outgoing?.trailers() ?? noTrailers;
	}
}

const noTrailers = Promise.resolve(null);
const nothing = new Uint8Array();
const emptyBody: HttpBody = {
	buffered: () => nothing,
	text: () => "",
	[Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};
