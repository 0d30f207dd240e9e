import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CorsConfig } from "../store/types.ts";
import { corsFields, preflight } from "./cors.ts";
import { call, result, startGateway, type TestGateway } from "./testing.ts";

const ORIGIN = "https://app.example";
const asked = (origin: string, headers?: string) => ({
	origin,
	"access-control-request-method": "PUT",
	...(headers ? { "access-control-request-headers": headers } : {}),
});
const fieldsOf = (cors: CorsConfig, origin = ORIGIN, headers?: string) =>
	Object.fromEntries(preflight(cors, "OPTIONS", asked(origin, headers))!.headers);

describe("a preflight", () => {
	it("is told what the settings say", () => {
		const cors: CorsConfig = {
			allowOrigins: ["https://other.example", ORIGIN],
			allowMethods: ["GET", "PUT"],
			allowHeaders: ["x-one", "x-two"],
			exposeHeaders: ["x-three"],
			allowCredentials: true,
			maxAge: 300,
		};
		expect(fieldsOf(cors)).toEqual({
			vary: "Origin",
			"access-control-allow-origin": ORIGIN,
			"access-control-allow-methods": "GET,PUT",
			"access-control-allow-headers": "x-one,x-two",
			"access-control-allow-credentials": "true",
			"access-control-expose-headers": "x-three",
			"access-control-max-age": "300",
		});
	});

	it("is told nothing if its origin is not allowed", () => {
		const cors: CorsConfig = { allowOrigins: ["https://other.example"], allowMethods: ["*"] };
		expect(fieldsOf(cors)).toEqual({ vary: "Origin" });
		expect(fieldsOf({ allowMethods: ["*"] })).toEqual({ vary: "Origin" });
		expect(fieldsOf({ allowOrigins: ["app.example", "https://app.example.evil", "https"] })).toEqual({
			vary: "Origin",
		});
	});

	it("gets what it asked for where all is allowed", () => {
		const fields = fieldsOf({ allowOrigins: ["*"], allowMethods: ["*"], allowHeaders: ["*"] }, ORIGIN, "x-a, x-b");
		expect(fields).toEqual({
			vary: "Origin",
			"access-control-allow-origin": ORIGIN,
			"access-control-allow-methods": "PUT",
			"access-control-allow-headers": "x-a, x-b",
		});
	});

	it("is an OPTIONS with an origin and a method to come, and settings", () => {
		const cors: CorsConfig = { allowOrigins: ["*"] };
		expect(preflight(cors, "GET", asked(ORIGIN))).toBeNull();
		expect(preflight(cors, "OPTIONS", { origin: ORIGIN })).toBeNull();
		expect(preflight(cors, "OPTIONS", { "access-control-request-method": "PUT" })).toBeNull();
		expect(preflight(null, "OPTIONS", asked(ORIGIN))).toBeNull();
	});
});

describe("other answers", () => {
	it("have the settings' headers only for allowed origins", () => {
		const cors: CorsConfig = { allowOrigins: [ORIGIN], exposeHeaders: ["x-a"] };
		expect(corsFields(cors, undefined)).toEqual([["vary", "Origin"]]);
		expect(corsFields(cors, "https://else.example")).toEqual([["vary", "Origin"]]);
		expect(corsFields(cors, ORIGIN)).toContainEqual(["access-control-allow-origin", ORIGIN]);
		expect(corsFields(null, ORIGIN)).toEqual([]);
	});
});

describe("by a function URL", () => {
	let gateway: TestGateway;
	let invoked = 0;
	beforeAll(async () => {
		gateway = await startGateway(async () => {
			invoked++;
			return result(JSON.stringify({ statusCode: 200, headers: { "access-control-allow-origin": "*" }, body: "x" }));
		});
		await gateway.add("open", "handler", { cors: { allowOrigins: ["*"], allowMethods: ["PUT"] } });
		await gateway.add("signed", "handler", { authType: "AWS_IAM", cors: { allowOrigins: ["*"] } });
		await gateway.add("none", "handler");
	});
	afterAll(() => gateway.close());

	it("the preflight is answered without the function, and without a signature", async () => {
		for (const name of ["open", "signed"]) {
			const { status, headers, body } = await call(gateway.port, `${name}.localhost`, "/", {
				method: "OPTIONS",
				headers: asked(ORIGIN),
			});
			expect([status, headers["access-control-allow-origin"], body.length]).toEqual([200, ORIGIN, 0]);
		}
		expect(invoked).toBe(0);
	});

	it("the settings stand beside the function's own headers", async () => {
		const { rawHeaders } = await call(gateway.port, "open.localhost", "/", { headers: { origin: ORIGIN } });
		const origins = rawHeaders.filter((_, index) => rawHeaders[index - 1] === "access-control-allow-origin");
		expect(origins).toEqual(["*", ORIGIN]);
	});

	it("refusals carry them too, so that a page can read them", async () => {
		const { status, headers } = await call(gateway.port, "signed.localhost", "/", { headers: { origin: ORIGIN } });
		expect([status, headers["access-control-allow-origin"]]).toEqual([403, ORIGIN]);
	});

	it("without settings the function answers preflights itself", async () => {
		const before = invoked;
		await call(gateway.port, "none.localhost", "/", { method: "OPTIONS", headers: asked(ORIGIN) });
		expect(invoked).toBe(before + 1);
	});
});
