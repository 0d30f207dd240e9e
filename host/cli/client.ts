/**
 * The host's HTTP interfaces: Lambda's API, and the host's own under `/_pilot/api/`. Over `node:http`, since `fetch` ends a
 * request whose answer takes longer than five minutes, and a function may take fifteen.
 */
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { type Authorize, byToken, findAuthorization } from "./credentials.ts";
import { CliError, codeOf, messageOf } from "./errors.ts";

/** The host answered with an error. */
export class ApiError extends CliError {
	readonly status: number;
	/** Lambda's name of the error, such as `ResourceNotFoundException`; empty if the answer has none. */
	readonly type: string;

	constructor(status: number, type: string, message: string) {
		super(type && type !== message ? `${type}: ${message}` : message);
		this.status = status;
		this.type = type;
	}
}

/** Nothing answers at the endpoint. */
export class Unreachable extends CliError {}

export interface Answer {
	status: number;
	/** Names in lower case. */
	headers: Readonly<Record<string, string | string[] | undefined>>;
	body: IncomingMessage;
}

export interface RequestOptions {
	headers?: Record<string, string>;
	body?: Uint8Array;
	signal?: AbortSignal;
}

const NEEDS_KEY =
	"The host asks for an access key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (`pilot keys create` makes one), or let the command read the host's data folder (PILOT_DATA)";

const REFUSED = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"]);

export class Client {
	readonly endpoint: URL;
	readonly #data: string;
	/** How requests are authorized, once the host has asked for it. */
	#authorize: Authorize | null = null;

	/** `data` is the data folder of a host on this machine. Throws CliError if the text is no URL. */
	constructor(endpoint: string, data = process.env.PILOT_DATA || ".pilot") {
		const url = URL.parse(endpoint.includes("://") ? endpoint : `http://${endpoint}`);
		if (!url || !/^https?:$/.test(url.protocol)) throw new CliError(`The endpoint ${endpoint} is not an http URL`);
		this.endpoint = url;
		this.#data = data;
	}

	/** Shows the host the token of its data folder from now on, and no signature. False if there is none to be read. */
	useToken(): boolean {
		this.#authorize = byToken(this.endpoint, this.#data);
		return this.#authorize !== null;
	}

	/** Sends a request; the answer's body is still to be read. Throws ApiError for a status from 400 on, Unreachable. */
	async send(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
		const incoming = await this.open(method, path, options);
		const status = incoming.statusCode ?? 0;
		if (status < 400) return { status, headers: incoming.headers, body: incoming };
		const error = toApiError(status, incoming.headers, await readAll(incoming));
		if (error.type !== "MissingAuthenticationTokenException") throw error;
		// The host has keys: from now on the client shows what it has.
		const asked = this.#authorize !== null;
		this.#authorize ??= await findAuthorization(this.endpoint, this.#data, process.env);
		if (asked || this.#authorize === null) throw new ApiError(status, "", NEEDS_KEY);
		return this.send(method, path, options);
	}

	/** Sends JSON and reads JSON; undefined for an empty answer. Throws as `send` does. */
	async json<T>(method: string, path: string, value?: unknown): Promise<T> {
		const body = value === undefined ? undefined : Buffer.from(JSON.stringify(value));
		const headers: Record<string, string> = { ...(body && { "content-type": "application/json" }) };
		// The host's own interface takes changes only with it: a page elsewhere cannot send it unasked.
		if (path.startsWith("/_pilot/")) headers["x-pilot"] = "1";
		const answer = await this.send(method, path, { headers, body });
		const bytes = await readAll(answer.body);
		if (bytes.length === 0) return undefined as T;
		try {
			return JSON.parse(bytes.toString()) as T;
		} catch {
			throw new CliError(`${this.endpoint.origin} is no Pilotlight host: its answer to ${path} is not JSON`);
		}
	}

	/** As `json`, but null if there is no such thing. */
	async find<T>(path: string): Promise<T | null> {
		try {
			return await this.json<T>("GET", path);
		} catch (error) {
			if (error instanceof ApiError && error.status === 404) return null;
			throw error;
		}
	}

	async open(
		method: string,
		path: string,
		{ headers: given = {}, body, signal }: RequestOptions,
	): Promise<IncomingMessage> {
		const outgoing = { method, url: new URL(path, this.endpoint), headers: given, body };
		const headers = this.#authorize ? await this.#authorize(outgoing) : given;
		return this.request(method, path, { headers, body, signal });
	}

	request(method: string, path: string, { headers, body, signal }: RequestOptions): Promise<IncomingMessage> {
		const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
		const url = new URL(path, this.endpoint);
		const request = url.protocol === "https:" ? requestHttps : requestHttp;
		const length = body ? { "content-length": String(body.length) } : {};
		const outgoing = request(url, { method, headers: { ...headers, ...length }, signal }, resolve);
		outgoing.on("error", (error) => reject(this.explain(error)));
		outgoing.end(body);
		return promise;
	}

	explain(error: Error): Error {
		if (error.name === "AbortError") return error;
		// A host name with several addresses fails with all of their errors.
		const code = codeOf(error) ?? (error instanceof AggregateError ? codeOf(error.errors[0]) : undefined);
		if (code && REFUSED.has(code)) {
			return new Unreachable(
				`No host answers at ${this.endpoint.origin}: start one with \`npm start\` or \`npx pilot serve\``,
			);
		}
		return new CliError(`The request to ${this.endpoint.origin} failed: ${messageOf(error)}`, { cause: error });
	}
}

/** A body's bytes. */
export async function readAll(body: IncomingMessage): Promise<Buffer> {
	const parts: Buffer[] = [];
	for await (const part of body) parts.push(part as Buffer);
	return Buffer.concat(parts);
}

function toApiError(status: number, headers: IncomingMessage["headers"], body: Buffer): ApiError {
	const type = String(headers["x-amzn-errortype"] ?? "").replace(/:.*$/s, "");
	const text = body.toString().slice(0, 2000);
	try {
		const json = JSON.parse(text) as { message?: unknown; Message?: unknown; error?: unknown };
		const message = json.message ?? json.Message ?? json.error;
		if (typeof message === "string") return new ApiError(status, type, message);
	} catch {
		// Not JSON: the text itself says what there is to say.
	}
	return new ApiError(status, type, text.trim().split("\n")[0] || `The host answered with status ${status}`);
}
