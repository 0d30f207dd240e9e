import { SignatureV4 } from "@smithy/signature-v4";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Callers, createCallers } from "../auth/callers.ts";
import { Keyring } from "../auth/keyring.ts";
import { Sha256 } from "../auth/sigv4/signature.ts";
import type { HttpRequest } from "../engine/http.ts";
import type { InvokeRequest } from "../invoker/types.ts";
import { requestBodies } from "../request-bodies.ts";
import { call, result, startGateway, type TestGateway } from "./testing.ts";

const KEY = { id: "AKIAIOSFODNN7EXAMPLE", secret: "secret", account: "000000000000" };
const HOST = "web.localhost";

let gateway: TestGateway;
let keys = [KEY];
let seen: { request: InvokeRequest; body: string }[] = [];

async function invoke(request: InvokeRequest) {
	const { payload, onResponse } = request;
	let body = "";
	if (payload instanceof Uint8Array) body = Buffer.from(payload).toString();
	else for await (const chunk of payload.body ?? []) body += Buffer.from(chunk).toString();
	seen.push({ request, body });
	onResponse?.({ status: 200, headers: [], body: (async function* () {})(), trailers: undefined });
	return result("{}");
}

beforeAll(async () => {
	const records = () => keys.map((it) => ({ ...it, sealedSecret: it.secret, description: "", createdAt: "" }));
	const accessKeys = {
		get: async (_: string, id: string) => records().find((it) => it.id === id) ?? null,
		list: async () => ({ items: records(), next: null }),
	};
	const keyring = new Keyring({ accessKeys }, { seal: (_, it) => it, open: (_, it) => it });
	const callers: Callers = createCallers({ keyring, token: null, host: "127.0.0.1" });
	gateway = await startGateway(invoke, undefined, callers);
	await gateway.add("web", "http", { authType: "AWS_IAM" });
	await gateway.add("event", "handler", { authType: "AWS_IAM" });
	await gateway.add("open", "handler");
});
afterAll(() => gateway.close());
beforeEach(() => {
	keys = [KEY];
	seen = [];
});

async function signed(host: string, body: string, sent = body) {
	const credentials = { accessKeyId: KEY.id, secretAccessKey: KEY.secret };
	const signer = new SignatureV4({ credentials, region: "us-east-1", service: "lambda", sha256: Sha256 });
	const { headers } = await signer.sign({
		method: "POST",
		protocol: "http:",
		hostname: host,
		path: "/a",
		query: {},
		headers: { host },
		body,
	});
	return call(gateway.port, host, "/a", { method: "POST", headers, body: sent });
}

describe("a URL that wants a signature", () => {
	it("gives an http guest the body that was signed, once", async () => {
		expect((await signed(HOST, "payload")).status).toBe(200);
		expect(seen.map(({ body }) => body)).toEqual(["payload"]);
		expect((seen[0]!.request.payload as HttpRequest).pathWithQuery).toBe("/a");
		expect((await signed(HOST, "")).status).toBe(200);
	});

	it("does not invoke for another body, or none who may call", async () => {
		expect((await signed(HOST, "payload", "payloaf")).headers["x-amzn-errortype"]).toBe("InvalidSignatureException");
		const unsigned = await call(gateway.port, HOST, "/a");
		expect([unsigned.status, unsigned.text]).toEqual([403, expect.stringContaining("Forbidden")]);
		keys = [{ ...KEY, id: "AKIAOTHER" }];
		expect((await signed(HOST, "payload")).headers["x-amzn-errortype"]).toBe("UnrecognizedClientException");
		expect(seen).toEqual([]);
	});

	it("gives back what large bodies took of the host, whatever comes of them", async () => {
		const before = requestBodies.bytes;
		const body = "x".repeat(200_000);
		await signed(HOST, body);
		await signed("event.localhost", body);
		await signed(HOST, body, `${body.slice(1)}y`);
		expect(requestBodies.bytes).toBe(before);
		expect((await signed(HOST, "x".repeat(6_291_457))).status).toBe(413);
		expect(requestBodies.bytes).toBe(before);
	});

	it("takes any signature, but one, while there is no key", async () => {
		keys = [];
		expect((await signed("event.localhost", "{}")).status).toBe(200);
		expect(JSON.parse(seen[0]!.body).requestContext.authorizer.iam.accessKey).toBe(KEY.id);
		expect((await call(gateway.port, "event.localhost", "/a")).status).toBe(403);
	});
});

describe("a URL that wants none", () => {
	it("is open while there is no key; then its policy must say so", async () => {
		keys = [];
		expect((await call(gateway.port, "open.localhost", "/")).status).toBe(200);
		keys = [KEY];
		expect((await call(gateway.port, "open.localhost", "/")).status).toBe(403);
		const allow = { Effect: "Allow", Principal: "*", Action: "lambda:*", Resource: "*" } as const;
		const place = { functionName: "open", scope: "open", qualifier: "", revisionId: "1" };
		await gateway.store.policies.create({ ...place, statements: [allow] });
		expect((await call(gateway.port, "open.localhost", "/")).status).toBe(200);
	});
});
