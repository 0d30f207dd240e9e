import { describe, expect, it } from "vitest";
import type { HttpBody } from "../engine/http.ts";
import { PassedBody, passedResponse, sendBody } from "./passed-body.ts";

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
	for (const text of texts) yield Buffer.from(text);
}

async function textOf(body: HttpBody): Promise<string> {
	let text = "";
	for await (const chunk of body) text += Buffer.from(chunk).toString();
	return text;
}

const head = { status: 200, headers: [] };

describe("a body that passes from process to process", () => {
	it("comes whole and in order", async () => {
		const body = new PassedBody();
		void sendBody(chunks("a", "b", "c"), (bytes) => body.chunk(bytes));
		expect(await textOf(passedResponse(head, body).body)).toBe("abc");
	});

	it("waits until each chunk is taken", async () => {
		const body = new PassedBody();
		let sent = 0;
		const done = sendBody(chunks("a", "b", "c"), (bytes) => {
			sent++;
			return body.chunk(bytes);
		});
		await new Promise(setImmediate);
		expect(sent).toBe(1);
		const reader = body.read();
		await reader.next();
		await new Promise(setImmediate);
		expect(sent).toBe(2);
		await reader.return(undefined);
		await done;
		expect(sent).toBe(2);
		expect(await body.chunk(Buffer.from("d"))).toBe(false);
	});

	it("breaks off where its sender is gone, after what had come", async () => {
		const body = new PassedBody();
		void body.chunk(Buffer.from("a"));
		const reader = body.read();
		expect((await reader.next()).done).toBe(false);
		body.fail(new Error("gone"));
		await expect(reader.next()).rejects.toThrow("gone");
	});

	it("breaks off where its source does", async () => {
		const body = new PassedBody();
		async function* broken(): AsyncGenerator<Uint8Array> {
			yield Buffer.from("a");
			throw new Error("broken");
		}
		const sent = sendBody(broken(), (bytes) => body.chunk(bytes));
		const reader = body.read();
		await reader.next();
		await sent;
		const rest = reader.next();
		body.fail(new Error("the invocation has ended"));
		await expect(rest).rejects.toThrow("has ended");
	});
});
