/** `wasi:http/incoming-handler`: the request as it is, the response as the guest makes it, bodies streamed both ways. */
import { crash } from "../failure.ts";
import type { HttpExchange, HttpRequest, HttpResponse } from "../http.ts";
import type { Task } from "../types.ts";
import { type OpenExchange, openExchange } from "../wasi/http/exchange.ts";
import type { BoundExport, Call, CallResult, Kind } from "./types.ts";

export const http: Kind = {
	name: "http",
	interface: "wasi:http/incoming-handler",
	version: "0.2",
	function: "handle",
	type: "func(request: own<wasi:http/types#incoming-request>, response-out: own<wasi:http/types#response-outparam>)",
	reusable: true,
	begin,
};

function begin(task: Task): Call {
	if (task.payload.kind !== "http") throw new Error("an http guest takes requests");
	return new HttpCall(task, task.payload.request);
}

class HttpCall implements Call, HttpExchange {
	readonly request: HttpRequest;
	private readonly task: Task;
	private refused: string | undefined;
	private open: OpenExchange | undefined;

	constructor(task: Task, request: HttpRequest) {
		this.task = task;
		this.request = request;
	}

	get http(): HttpExchange {
		return this;
	}

	respond(answer: HttpResponse | { error: string }): void {
		if ("error" in answer) this.refused = answer.error;
		else this.task.onResponse?.(answer);
	}

	start(bound: BoundExport): Promise<unknown> {
		this.open = openExchange(bound.guest, this);
		return bound.call(this.open.request, this.open.outparam);
	}

	finish(): CallResult {
		const open = this.open!;
		open.close();
		if (!open.answered) return { ok: false, failure: crash("the function returned without a response") };
		if (this.refused === undefined) return ANSWERED;
		const errorMessage = this.refused;
		return { ok: false, failure: { kind: "handled", errorType: "HTTP.Error", errorMessage, stackTrace: [] } };
	}

	abort(reason: string): void {
		this.open?.close(reason);
	}
}

const ANSWERED: CallResult = { ok: true, payload: new Uint8Array() };
