import { describe, expect, it } from "vitest";
import { ServiceError } from "../errors.ts";
import { requestBodies } from "../request-bodies.ts";
import { readBody, releaseBody } from "./body.ts";

const tooLarge = () => new ServiceError("RequestTooLargeException", "too large");

function streamed(chunks: (Uint8Array | Error)[], onCancel = () => {}, declared?: number): Request {
	const body = new ReadableStream({
		pull(controller) {
			const chunk = chunks.shift();
			if (chunk instanceof Error) controller.error(chunk);
			else if (chunk) controller.enqueue(chunk);
			else controller.close();
		},
		cancel: onCancel,
	});
	const headers: HeadersInit = declared === undefined ? {} : { "content-length": String(declared) };
	return new Request("http://localhost/", { method: "POST", body, headers, duplex: "half" } as RequestInit);
}

describe("a body", () => {
	it("is read whole up to its limit", async () => {
		const request = streamed([Buffer.from("ab"), Buffer.from("cd")]);
		expect(Buffer.from(await readBody(request, 4, tooLarge)).toString()).toBe("abcd");
	});

	it("may be nothing", async () => {
		expect(await readBody(new Request("http://localhost/", { method: "POST" }), 4, tooLarge)).toHaveLength(0);
	});

	it("that says it is too large is refused before it is read", async () => {
		const request = new Request("http://localhost/", {
			method: "POST",
			body: "x",
			headers: { "content-length": "5" },
		});
		await expect(readBody(request, 4, tooLarge)).rejects.toThrow("too large");
		expect(request.bodyUsed).toBe(false);
	});

	it("that grows too large is given up as soon as it does", async () => {
		let cancelled = false;
		const endless = Array.from({ length: 1000 }, () => Buffer.from("abc"));
		const request = streamed(endless, () => {
			cancelled = true;
		});
		await expect(readBody(request, 4, tooLarge)).rejects.toThrow("too large");
		expect(cancelled).toBe(true);
		expect(endless.length).toBeGreaterThan(990);
	});

	it("that ends before its time is the caller's fault", async () => {
		const request = streamed([Buffer.from("ab"), new Error("socket closed")]);
		await expect(readBody(request, 4, tooLarge)).rejects.toMatchObject({ name: "InvalidRequestContentException" });
	});

	const none = () => {};
	const large = (size: number) => Array.from({ length: 4 }, (_, index) => Buffer.alloc(size / 4, index + 1));

	it("of a declared size is read to where it stays, and is whole or refused", async () => {
		const before = requestBodies.bytes;
		const whole = streamed(large(200_000), none, 200_000);
		const bytes = await readBody(whole, 1e6, tooLarge);
		expect(Buffer.compare(bytes, Buffer.concat(large(200_000)))).toBe(0);
		for (const declared of [200_004, 199_996]) {
			const request = streamed(large(200_000), none, declared);
			await expect(readBody(request, 1e6, tooLarge)).rejects.toMatchObject({ name: "InvalidRequestContentException" });
			releaseBody(request);
		}
		releaseBody(whole);
		expect(requestBodies.bytes).toBe(before);
	});

	it("is read while others declare much and send nothing", async () => {
		const silent = Array.from({ length: 40 }, () => {
			const body = new ReadableStream({ pull: () => new Promise(() => {}) });
			const headers = { "content-length": "6000000" };
			return new Request("http://localhost/", { method: "POST", body, headers, duplex: "half" } as RequestInit);
		});
		for (const request of silent) readBody(request, 1e7, tooLarge).catch(none);
		const request = streamed(large(200_000), none, 200_000);
		expect(await readBody(request, 1e6, tooLarge)).toHaveLength(200_000);
		releaseBody(request);
	});

	it("counts into what the host holds until its request is answered, whole or not", async () => {
		const before = requestBodies.bytes;
		const whole = streamed([Buffer.alloc(10), Buffer.alloc(20)]);
		await readBody(whole, 100, tooLarge);
		expect(requestBodies.bytes).toBe(before + 30);
		const broken = streamed([Buffer.alloc(10), new Error("gone")]);
		await expect(readBody(broken, 100, tooLarge)).rejects.toThrow();
		for (const request of [whole, broken]) releaseBody(request);
		expect(requestBodies.bytes).toBe(before);
	});
});
