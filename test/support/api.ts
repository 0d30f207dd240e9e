/** The API over a real store, an engine and an invoker that tests look into, and nothing else. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hono } from "hono";
import { createApi } from "../../host/api/app.ts";
import type { ApiDeps } from "../../host/api/operation.ts";
import { announcingStore } from "../../host/cluster/announcing-store.ts";
import { type Config, loadConfig } from "../../host/config.ts";
import { AdmissionError, type ArtifactInfo, type FunctionSpec, type Prepared } from "../../host/engine/types.ts";
import { ServiceError } from "../../host/errors.ts";
import { functionArn } from "../../host/invoker/arn.ts";
import { LocalBooks } from "../../host/invoker/permits.ts";
import { Provisioner } from "../../host/invoker/provisioner.ts";
import { Reservations } from "../../host/invoker/reservations.ts";
import type { InvokeRequest, InvokeResult, Invoker } from "../../host/invoker/types.ts";
import { openSqliteStore } from "../../host/store/sqlite.ts";
import type { Store } from "../../host/store/types.ts";
import { judge } from "./judged.ts";

export const ROLE = "arn:aws:iam::000000000000:role/lambda";

/** The header of a core module, and a comment: all that the fake engine wants. */
export function wasm(comment = ""): Uint8Array {
	return Buffer.concat([Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), Buffer.from(comment)]);
}

export class FakeEngine {
	readonly built: string[] = [];
	readonly prepared: FunctionSpec[] = [];
	readonly retired: string[] = [];
	/** Can a version pass through a snapshot? */
	snapshot = true;
	/** Runs inside `prepare`: to fail there, or to let something happen in the meantime. */
	whilePreparing: (spec: FunctionSpec) => Promise<void> = async () => {};

	async build(code: Uint8Array): Promise<ArtifactInfo> {
		const text = Buffer.from(code).toString("latin1");
		if (text.includes("refuse me")) throw new AdmissionError("found nothing, expected an export");
		if (text.includes("break me")) throw new Error("the engine has a secret fault");
		if (text.includes("full disk")) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
		const digest = `sha256:${createHash("sha256").update(code).digest("hex")}`;
		this.built.push(digest);
		return { digest, kind: "handler", world: "pilot:function/handler", size: code.length };
	}

	async prepare(spec: FunctionSpec): Promise<Prepared> {
		await this.whilePreparing(spec);
		this.prepared.push(spec);
		return { snapshot: this.snapshot && spec.init !== "each" };
	}

	retire(specId: string): void {
		this.retired.push(specId);
	}
}

/** Answers with the event; a function called `fails` fails. Finds functions as the real one does. */
export class FakeInvoker implements Invoker {
	readonly requests: InvokeRequest[] = [];
	readonly queued: Parameters<Invoker["enqueue"]>[0][] = [];
	readonly dropped: string[] = [];
	readonly #store: Store;
	readonly #config: Config;
	/** Runs inside `invoke`. */
	whileInvoking: (request: InvokeRequest) => Promise<void> = async () => {};

	constructor(store: Store, config: Config) {
		this.#store = store;
		this.#config = config;
	}

	async #find(name: string, qualifier: string | null | undefined): Promise<void> {
		const known = (qualifier ?? "$LATEST") === "$LATEST" && (await this.#store.functions.get(name));
		if (!known)
			throw new ServiceError(
				"ResourceNotFoundException",
				`Function not found: ${functionArn(this.#config, name, qualifier)}`,
			);
	}

	async invoke(request: InvokeRequest): Promise<InvokeResult> {
		await this.#find(request.functionName, request.qualifier);
		this.requests.push(request);
		await this.whileInvoking(request);
		const error = request.functionName === "fails" ? { errorType: "Error", errorMessage: "no" } : null;
		return {
			requestId: "11111111-2222-3333-4444-555555555555",
			executedVersion: "$LATEST",
			payload: error ? Buffer.from(JSON.stringify(error)) : (request.payload as Uint8Array),
			functionError: error ? "Unhandled" : null,
			error,
			usage: { durationMs: 1, initMs: null, cpuMs: 1, fuel: 1, memoryBytes: 65_536 },
			logTail: () => Buffer.from("START RequestId\nEND\n"),
		};
	}

	async enqueue(request: Parameters<Invoker["enqueue"]>[0]): Promise<string> {
		await this.#find(request.functionName, request.qualifier);
		this.queued.push(request);
		return "66666666-7777-8888-9999-000000000000";
	}

	changed(functionName: string): void {
		this.dropped.push(functionName);
	}
}

export interface TestApi {
	app: Hono;
	store: Store;
	engine: FakeEngine;
	invoker: FakeInvoker;
	/** Functions whose logs were removed. */
	removed: string[];
	/** Lines of the host's own in functions' logs. */
	notes: string[];
	/** Faults of the host, which a test that does not expect them finds empty. */
	faults: unknown[];
	config: Config;
	/** Sends a request; an object as body is sent as JSON. Throws if the reply is not as AWS's model has it. */
	send(method: string, path: string, body?: object | string | Uint8Array, headers?: HeadersInit): Promise<Response>;
	/** Creates a function and fails if that fails. */
	create(name: string, members?: object): Promise<Response>;
	close(): Promise<void>;
}

export async function openTestApi(options: Record<string, unknown> = {}): Promise<TestApi> {
	const folder = mkdtempSync(join(tmpdir(), "pilot-api-"));
	const config = loadConfig({ data: folder, ...options }, {});
	const kept = await openSqliteStore(folder);
	const reservations = await Reservations.open(kept.settings, new LocalBooks(config.concurrency), config.concurrency);
	const store = announcingStore(kept, async (name) => {
		await reservations.refresh(name);
		await provisioner.changed(name);
	});
	const engine = new FakeEngine();
	const warmed: [specId: string, instances: number][] = [];
	const warm = async (_: string, spec: FunctionSpec, instances: number) => void warmed.push([spec.id, instances]);
	const provisioner = new Provisioner({ config, store: kept, warm, warn: (_, cause) => void faults.push(cause) });
	const invoker = new FakeInvoker(store, config);
	const removed: string[] = [];
	const faults: unknown[] = [];
	const notes: string[] = [];
	const deps: ApiDeps = {
		config,
		store,
		engine,
		invoker,
		observer: {
			remove: async (name) => void removed.push(name),
			note: (name, _, message) => void notes.push(`${name}: ${message}`),
		},
		reservations,
		provisioner,
		functionUrl: (id) => `http://${id}.lambda-url.localhost:9000/`,
		onFault: ({ error }) => void faults.push(error),
	};
	const app = createApi(deps);

	const send: TestApi["send"] = async (method, path, body, headers) => {
		const response = await app.request(path, { method, headers, body: encode(body) });
		await judge(method, path, response);
		return response;
	};

	async function create(name: string, members: object = {}): Promise<Response> {
		const body = { FunctionName: name, Role: ROLE, Runtime: "provided.wasi", Code: codeOf(wasm(name)), ...members };
		const response = await send("POST", "/2015-03-31/functions", body);
		if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
		return response;
	}

	async function close(): Promise<void> {
		await store.close();
		rmSync(folder, { recursive: true });
	}

	return { app, store, engine, invoker, removed, notes, faults, config, send, create, close };
}

/** `Code` of CreateFunction, and the members of UpdateFunctionCode. */
export function codeOf(bytes: Uint8Array): { ZipFile: string } {
	return { ZipFile: Buffer.from(bytes).toString("base64") };
}

function encode(body: object | string | Uint8Array | undefined): BodyInit | undefined {
	if (body === undefined || typeof body === "string") return body;
	return body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);
}
