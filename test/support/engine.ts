/** An engine on a folder of its own, and the shortest way to call a guest through it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HttpRequest, HttpResponse } from "../../host/engine/http.ts";
import type { ArtifactInfo, Engine, FunctionSpec, Outcome, Task } from "../../host/engine/types.ts";
import { type EngineOptions, openEngine } from "../../host/engine/worker.ts";

export interface TestEngine {
	engine: Engine;
	folder: string;
	/** Builds the code and gives a spec for it. */
	spec(code: Uint8Array, settings?: Partial<FunctionSpec>): Promise<FunctionSpec>;
	/** Invokes with an event; `log` gathers the output. */
	invoke(spec: FunctionSpec, event: Uint8Array | string, settings?: Partial<Task>): Promise<Outcome & { log: string }>;
	/** Sends a request to an http guest. */
	request(
		spec: FunctionSpec,
		request: Partial<HttpRequest>,
		settings?: Partial<Task>,
	): Promise<{ outcome: Outcome; response?: HttpResponse; body: string }>;
	close(): Promise<void>;
}

const LOG_LIMIT = 1 << 20;

export async function testEngine(options: Partial<EngineOptions> = {}): Promise<TestEngine> {
	const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "pilot-engine-")));
	const engine = await openEngine({ folder, idleMs: 60_000, memoryBudget: 4 * 2 ** 30, ...options });
	return {
		engine,
		folder,
		spec: async (code, settings) => specOf(await engine.build(code), settings),
		invoke: (spec, event, settings) => invoke(engine, spec, event, settings),
		request: (spec, request, settings) => send(engine, spec, request, settings),
		async close() {
			await engine.close(0);
			if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
		},
	};
}

function specOf(artifact: ArtifactInfo, settings: Partial<FunctionSpec> = {}): FunctionSpec {
	const { digest, kind } = artifact;
	const id = `${digest} ${JSON.stringify(settings)}`;
	return {
		id,
		digest,
		kind,
		memoryBytes: 128 * 2 ** 20,
		fuel: null,
		env: {},
		mounts: [],
		maxInstances: 10,
		...settings,
	};
}

export const CONTEXT = {
	requestId: "00000000-0000-4000-8000-000000000000",
	functionName: "f",
	functionVersion: "$LATEST",
	invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:f",
	memoryLimitInMb: 128,
	logGroupName: "/aws/lambda/f",
	logStreamName: "s",
	clientContext: undefined,
	tenantId: undefined,
	traceId: undefined,
};

async function invoke(engine: Engine, spec: FunctionSpec, event: Uint8Array | string, settings: Partial<Task> = {}) {
	const chunks: Buffer[] = [];
	let size = 0;
	const output = (_stream: 1 | 2, bytes: Uint8Array): void => {
		size += bytes.length;
		if (size < LOG_LIMIT) chunks.push(Buffer.from(bytes));
	};
	const payload = { kind: "event", event: Buffer.from(event), context: CONTEXT } as const;
	const signal = new AbortController().signal;
	const outcome = await engine.invoke({ spec, payload, timeoutMs: 10_000, signal, output, ...settings });
	return { ...outcome, log: Buffer.concat(chunks).toString() };
}

async function send(engine: Engine, spec: FunctionSpec, request: Partial<HttpRequest>, settings: Partial<Task> = {}) {
	const whole: HttpRequest = {
		method: "GET",
		scheme: "http",
		authority: "localhost",
		pathWithQuery: "/",
		headers: [],
		body: null,
		...request,
	};
	let response: HttpResponse | undefined;
	let body: Promise<string> = Promise.resolve("");
	const onResponse = (it: HttpResponse): void => {
		response = it;
		body = read(it);
		body.catch(() => {});
	};
	const signal = new AbortController().signal;
	const payload = { kind: "http", request: whole } as const;
	const outcome = await engine.invoke({
		spec,
		payload,
		timeoutMs: 10_000,
		signal,
		output() {},
		onResponse,
		...settings,
	});
	return { outcome, response, body: await body };
}

async function read(response: HttpResponse): Promise<string> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of response.body) chunks.push(chunk);
	return Buffer.concat(chunks).toString();
}

/** The answer of an invocation that must have gone well, as text. */
export function answer(outcome: Outcome): string {
	if (!outcome.ok) throw new Error(`failed: ${JSON.stringify(outcome.failure)}`);
	return Buffer.from(outcome.payload).toString();
}
