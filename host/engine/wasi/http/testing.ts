/** What the tests of `wasi:http` share: calls as a guest makes them, and messages as a gateway hands them over. */
import type { HttpBody, HttpExchange, HttpFields, HttpRequest, HttpResponse } from "../../http.ts";
import { type TestGuest, testGuest } from "../testing.ts";
import type { CoreValue } from "../types.ts";
import { ERROR_CASES, type ErrorName } from "./error-code.ts";
import { type OpenExchange, openExchange } from "./exchange.ts";

const TYPES = "wasi:http/types";
const STREAMS = "wasi:io/streams";

/** A guest that makes calls of `wasi:http/types`, and reads their results. */
export class HttpGuest {
	readonly test: TestGuest;

	constructor(test: TestGuest = testGuest()) {
		this.test = test;
	}

	/** Calls a function that gives a core value. */
	value(name: string, ...args: CoreValue[]): number {
		return this.test.call(TYPES, name, ...args) as number;
	}

	/** Calls a function that writes its result; gives where. */
	result(name: string, ...args: CoreValue[]): number {
		const area = this.test.room();
		this.test.call(TYPES, name, ...args, area);
		return area;
	}

	/** Calls a function that gives `result<own<…>>`; undefined for an error. */
	own(name: string, ...args: CoreValue[]): number | undefined {
		const area = this.result(name, ...args);
		return this.u8(area) === 0 ? this.u32(area + 4) : undefined;
	}

	/** As `own`, where it must succeed. */
	take(name: string, ...args: CoreValue[]): number {
		const handle = this.own(name, ...args);
		if (handle === undefined) throw new Error(`${name} gave an error`);
		return handle;
	}

	u8(at: number): number {
		return this.test.memory.getU8(at);
	}
	u32(at: number): number {
		return this.test.memory.getU32(at);
	}

	/** A string parameter. */
	put(content: string): [number, number] {
		return this.test.put(Buffer.from(content, "latin1"));
	}

	/** A parameter `list<list<u8>>`. */
	putValues(values: readonly string[]): [number, number] {
		const [at] = this.test.putWords(values.flatMap((value) => this.put(value)));
		return [at, values.length];
	}

	/** A parameter `list<tuple<string, list<u8>>>`. */
	putEntries(entries: Readonly<HttpFields>): [number, number] {
		const [at] = this.test.putWords(entries.flatMap(([name, value]) => [...this.put(name), ...this.put(value)]));
		return [at, entries.length];
	}

	/** A `fields` with these entries. */
	fields(entries: Readonly<HttpFields> = []): number {
		return this.take("[static]fields.from-list", ...this.putEntries(entries));
	}

	/** What `fields.entries` gives. */
	entries(fields: number): HttpFields {
		const area = this.result("[method]fields.entries", fields);
		const [list, count] = [this.u32(area), this.u32(area + 4)];
		return Array.from({ length: count }, (_, i) => [this.listAt(list + i * 16), this.listAt(list + i * 16 + 8)]);
	}

	/** The list<u8> or string whose pointer and length are at `at`. */
	listAt(at: number): string {
		return Buffer.from(this.test.bytesAt(at)).toString("latin1");
	}

	/** The result of a call on fields: `ok`, or the header-error's name. */
	header(name: string, ...args: CoreValue[]): "ok" | "invalid-syntax" | "forbidden" | "immutable" {
		const area = this.result(name, ...args);
		return this.u8(area) === 0 ? "ok" : (["invalid-syntax", "forbidden", "immutable"] as const)[this.u8(area + 1)]!;
	}

	/** The name of the error-code at `at`. */
	errorAt(at: number): ErrorName {
		return ERROR_CASES[this.u8(at)]![0];
	}

	/** An option<string> at `at`. */
	optionAt(at: number): string | undefined {
		return this.u8(at) === 0 ? undefined : this.listAt(at + 4);
	}

	/** Blocks until the body has bytes or is over, and gives all that one read gives; undefined for the end. */
	async read(stream: number, max = 65_536n): Promise<string | undefined> {
		const area = await this.test.result(STREAMS, "[method]input-stream.blocking-read", stream, max);
		return this.u8(area) === 0 ? this.listAt(area + 4) : undefined;
	}

	/** What `check-write` permits; undefined if the stream is over. */
	async room(stream: number): Promise<bigint | undefined> {
		const area = await this.test.result(STREAMS, "[method]output-stream.check-write", stream);
		return this.u8(area) === 0 ? this.test.memory.getU64(area + 8) : undefined;
	}

	/** Writes and flushes: `ok`, `closed` or the handle of the error. */
	async write(stream: number, content: string): Promise<"ok" | "closed" | number> {
		const bytes = this.put(content);
		const area = await this.test.result(STREAMS, "[method]output-stream.blocking-write-and-flush", stream, ...bytes);
		if (this.u8(area) === 0) return "ok";
		return this.u8(area + 4) === 1 ? "closed" : this.u32(area + 8);
	}

	/** A new response with its body and the body's stream. */
	response(headers: Readonly<HttpFields> = []): { response: number; body: number; stream: number } {
		const response = this.value("[constructor]outgoing-response", this.fields(headers));
		const body = this.take("[method]outgoing-response.body", response);
		return { response, body, stream: this.take("[method]outgoing-body.write", body) };
	}

	/** `response-outparam.set(outparam, ok(response))`. */
	set(outparam: number, response: number): void {
		this.test.call(TYPES, "[static]response-outparam.set", outparam, 0, response, 0, 0n, 0, 0, 0, 0);
	}

	/** `outgoing-body.finish`: undefined if it went well, else the error-code's name. */
	finish(body: number, trailers?: number): ErrorName | undefined {
		const tag = trailers === undefined ? 0 : 1;
		const area = this.result("[static]outgoing-body.finish", body, tag, trailers ?? 0);
		return this.u8(area) === 0 ? undefined : this.errorAt(area + 8);
	}
}

/** A request as a gateway hands it over. */
export function request(overrides: Partial<HttpRequest> = {}): HttpRequest {
	return {
		method: "GET",
		scheme: "http",
		authority: "example.test",
		pathWithQuery: "/",
		headers: [],
		body: null,
		...overrides,
	};
}

export interface Served {
	guest: HttpGuest;
	open: OpenExchange;
	/** What `respond` was called with, in order. */
	answers: (HttpResponse | { error: string })[];
}

/** A guest in the middle of a call of its `handle`. */
export function serve(overrides: Partial<HttpRequest> = {}, guest = new HttpGuest()): Served {
	const answers: Served["answers"] = [];
	const exchange: HttpExchange = { request: request(overrides), respond: (answer) => void answers.push(answer) };
	return { guest, open: openExchange(guest.test.guest, exchange), answers };
}

/** The one response that was given. */
export function responseOf({ answers }: Served): HttpResponse {
	const [answer] = answers;
	if (answers.length !== 1 || answer === undefined || "error" in answer) throw new Error("not one response");
	return answer;
}

/** All of a body as text. Throws what the body throws. */
export async function textOf(body: HttpBody): Promise<string> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of body) chunks.push(chunk);
	return Buffer.concat(chunks).toString("latin1");
}

/** A body of these chunks that counts what is read of it and says whether it was given up. */
export class TestBody implements HttpBody, AsyncIterator<Uint8Array> {
	reads = 0;
	returned = false;
	private readonly chunks: (string | Error)[];
	/** What it gives after the chunks: its end, or nothing ever. */
	private readonly last: "end" | "hang";

	constructor(chunks: (string | Error)[], last: "end" | "hang" = "end") {
		this.chunks = [...chunks];
		this.last = last;
	}

	[Symbol.asyncIterator](): this {
		return this;
	}

	async next(): Promise<IteratorResult<Uint8Array>> {
		this.reads += 1;
		const chunk = this.chunks.shift();
		if (chunk instanceof Error) throw chunk;
		if (chunk !== undefined) return { done: false, value: Buffer.from(chunk, "latin1") };
		return this.last === "end" ? { done: true, value: undefined } : new Promise(() => {});
	}

	async return(): Promise<IteratorResult<Uint8Array>> {
		this.returned = true;
		return { done: true, value: undefined };
	}
}
