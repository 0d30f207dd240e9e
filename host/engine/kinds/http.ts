/** `wasi:http/incoming-handler`: the request as it is, the response as the guest makes it, bodies streamed both ways. */
import { crash } from "../failure.ts";
import type { HttpExchange } from "../http.ts";
import type { Task } from "../types.ts";
import { type OpenExchange, openExchange } from "../wasi/http/exchange.ts";
import type { Call, CallResult, Kind } from "./types.ts";

export const http: Kind = {
	name: "http",
	interface: "wasi:http/incoming-handler",
	version: "0.2",
	function: "handle",
	type: "func(request: own<wasi:http/types#incoming-request>, response-out: own<wasi:http/types#response-outparam>)",
	reusable: true,
	begin,
};

const NOTHING = new Uint8Array();

function begin(task: Task): Call {
	if (task.payload.kind !== "http") throw new Error("an http guest takes requests");
	let refused: string | undefined;
	let open: OpenExchange | undefined;
	const exchange: HttpExchange = {
		request: task.payload.request,
		respond(answer) {
			if ("error" in answer) refused = answer.error;
			else task.onResponse?.(answer);
		},
	};
	return {
		http: exchange,
		abort: (reason) => open?.close(reason),
		async run(bound) {
			open = openExchange(bound.guest, exchange);
			await bound.call(open.request, open.outparam);
			open.close();
			return resultOf(open.answered, refused);
		},
	};
}

function resultOf(answered: boolean, refused: string | undefined): CallResult {
	if (!answered) return { ok: false, failure: crash("the function returned without a response") };
	if (refused === undefined) return { ok: true, payload: NOTHING };
	return { ok: false, failure: { kind: "handled", errorType: "HTTP.Error", errorMessage: refused, stackTrace: [] } };
}
