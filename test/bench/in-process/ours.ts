/** The engine's own linking: core instances and host functions as an instance has them, called at the linked export. */
import type { CompiledArtifact } from "../../../host/engine/artifact.ts";
import { CoreLinker } from "../../../host/engine/core-link.ts";
import { FairQueue } from "../../../host/engine/fair-queue.ts";
import { InstanceGuest } from "../../../host/engine/guest.ts";
import type { HttpExchange, HttpRequest, HttpResponse } from "../../../host/engine/http.ts";
import { Instance } from "../../../host/engine/instance.ts";
import { promising } from "../../../host/engine/jspi.ts";
import { MemoryBudget } from "../../../host/engine/memory-budget.ts";
import { Meter } from "../../../host/engine/meter.ts";
import { TEST_CONTEXT, testShared, testSpec, testTask } from "../../../host/engine/testing.ts";
import { type OpenExchange, openExchange } from "../../../host/engine/wasi/http/exchange.ts";
import { GREETING, type Subject } from "./subject.ts";

type Core = (...args: (number | bigint)[]) => unknown;

async function link(artifact: CompiledArtifact) {
	const meter = new Meter(new FairQueue(), new MemoryBudget(2 ** 30), 2 ** 27);
	const guest = new InstanceGuest(testSpec(), meter);
	const linker = new CoreLinker(artifact, guest, meter);
	meter.begin(null, Number.POSITIVE_INFINITY);
	for (const { starts = [] } of artifact.plan.instances) {
		const { meta, exports } = linker.next();
		if (meta.start !== null) await promising(exports[meta.start])();
		linker.settle();
		for (const ref of starts) await promising(linker.func(ref))();
	}
	return { meter, guest, linker };
}

const REQUEST: HttpRequest = {
	method: "GET",
	scheme: "http",
	authority: "localhost",
	pathWithQuery: "/",
	headers: [
		["host", "localhost"],
		["accept", "*/*"],
	],
	body: null,
};

const NOBODY = { output() {} };
const EVENT = { kind: "event", event: Buffer.from("{}"), context: TEST_CONTEXT } as const;

/** The linked export of a `wasi:http` guest: from entering it to its return. With `jspi` its stack can be put aside. */
export async function httpExport(artifact: CompiledArtifact, jspi: boolean): Promise<Subject> {
	const { meter, guest, linker } = await link(artifact);
	const plain = linker.func(artifact.plan.exports.handle!.func) as Core;
	const handle = jspi ? promising(plain) : plain;
	let open: OpenExchange;
	let response: HttpResponse | undefined;
	const respond: HttpExchange["respond"] = (answer) => {
		if ("status" in answer) response = answer;
	};
	return {
		prepare() {
			const exchange = { request: REQUEST, respond };
			guest.serve({ http: exchange }, NOBODY);
			meter.begin(null, Number.POSITIVE_INFINITY);
			response = undefined;
			open = openExchange(guest, exchange);
		},
		call() {
			meter.enter();
			return handle(open.request, open.outparam);
		},
		finish() {
			meter.leave();
			open.close();
			check(response);
		},
	};
}

function check(response: HttpResponse | undefined): void {
	const body = response?.body.buffered?.();
	if (response?.status !== 200 || body === undefined || Buffer.from(body).toString() !== GREETING)
		throw new Error(`the guest answered ${response?.status} ${body === undefined ? "-" : Buffer.from(body)}`);
}

/** A whole invocation as the pool makes it: limits set, call, usage, outcome. */
export async function invocation(artifact: CompiledArtifact): Promise<Subject> {
	const instance = await Instance.initialise(artifact, testSpec({ kind: artifact.info.kind }), testShared());
	let response: HttpResponse | undefined;
	const task = testTask({
		payload: artifact.info.kind === "http" ? { kind: "http", request: REQUEST } : EVENT,
		onResponse: (it) => {
			response = it;
		},
	});
	return {
		call: () => instance.invoke(task, null),
		finish() {
			if (instance.over) throw new Error("the instance is over");
			if (artifact.info.kind === "http") check(response);
		},
	};
}
