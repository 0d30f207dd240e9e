import type { FunctionSpec, Task } from "../../../host/engine/types.ts";
import { CONTEXT } from "../../support/engine.ts";

const NOTHING = new Uint8Array();
const SIGNAL = new AbortController().signal;

/** A small invocation of a function: an event, or a GET; what it says is thrown away. */
export function taskOf(spec: FunctionSpec, path = "/", event: Uint8Array = NOTHING): Task {
	const request = {
		method: "GET",
		scheme: "http",
		authority: "localhost",
		pathWithQuery: path,
		headers: [],
		body: null,
	} as const;
	return {
		spec,
		payload:
			spec.kind === "http"
				? { kind: "http", request: { ...request, headers: [] } }
				: { kind: "event", event, context: CONTEXT },
		timeoutMs: 60_000,
		signal: SIGNAL,
		output() {},
		async onResponse({ body }) {
			if (body.buffered?.() !== undefined) return;
			for await (const _ of body);
		},
	};
}
