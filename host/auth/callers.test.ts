import { SignatureV4 } from "@smithy/signature-v4";
import { describe, expect, it } from "vitest";
import type { AccessKeyRecord } from "../store/types.ts";
import { createCallers, type Incoming } from "./callers.ts";
import { Keyring } from "./keyring.ts";
import { isLoopback } from "./loopback.ts";
import { Sha256 } from "./sigv4/signature.ts";

const KEY = { id: "AKIAIOSFODNN7EXAMPLE", secret: "secret", account: "111122223333" };
const NOW = Date.UTC(2026, 10, 22, 10);
const RECORD: AccessKeyRecord = { ...KEY, sealedSecret: KEY.secret, description: "", createdAt: "" };

function callers(keys: AccessKeyRecord[] = [RECORD], host = "127.0.0.1") {
	const accessKeys = {
		get: async (_scope: string, id: string) => keys.find((it) => it.id === id) ?? null,
		list: async () => ({ items: keys, next: null }),
	};
	const keyring = new Keyring({ accessKeys }, { seal: (_, it) => it, open: (_, it) => it });
	return createCallers({ keyring, token: { value: () => "token" }, host }, () => NOW);
}

async function signed(
	changes: Partial<Incoming> = {},
	at = NOW,
	service = "lambda",
	token?: string,
): Promise<Incoming> {
	const credentials = { accessKeyId: KEY.id, secretAccessKey: KEY.secret, sessionToken: token };
	const signer = new SignatureV4({ credentials, region: "eu-west-1", service, sha256: Sha256 });
	const { headers } = await signer.sign(
		{
			method: "POST",
			protocol: "http:",
			hostname: "h",
			path: "/a",
			query: { q: "1" },
			headers: { host: "h" },
			body: "{}",
		},
		{ signingDate: new Date(at) },
	);
	const fields = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
	return { method: "POST", target: "/a?q=1", fields, address: "127.0.0.1", ...changes };
}

const plain = (...fields: [string, string][]): Incoming => ({
	method: "GET",
	target: "/",
	fields: [["host", "h"], ...fields],
	address: "127.0.0.1",
});
const BODY = Buffer.from("{}");

async function outcome(incoming: Incoming, of = callers()): Promise<string> {
	try {
		const caller = await of.identify(incoming);
		await caller.confirm(BODY);
		return `${caller.kind} ${caller.account} ${caller.region}`;
	} catch (error) {
		return `${(error as Error).name}: ${(error as Error).message}`;
	}
}

/** The Authorization header with a part of it changed. */
function changed(incoming: Incoming, from: string | RegExp, to: string): Incoming {
	const fields = incoming.fields.map(
		([name, value]) => [name, name === "authorization" ? value.replace(from, to) : value] as const,
	);
	return { ...incoming, fields };
}

describe("callers", () => {
	it("are everybody without keys, and their region is what they sign for", async () => {
		expect(await outcome(plain(), callers([]))).toBe("open null null");
		expect(await outcome(await signed(), callers([]))).toBe("open null eu-west-1");
		expect(await outcome(plain(["authorization", "Bearer x"]), callers([]))).toBe("open null null");
		expect(
			await outcome(
				{ ...plain(), target: "/?X-Amz-Credential=a%2F20261122%2Fus-west-2%2Flambda%2Faws4_request" },
				callers([]),
			),
		).toBe("open null us-west-2");
		expect(await outcome(plain(["authorization", "X Credential=a/b/../../etc/x"]), callers([]))).toBe("open null null");
	});

	it("are nobody without keys where others reach the host", async () => {
		expect(await outcome(plain(), callers([], "0.0.0.0"))).toMatch(/^MissingAuthenticationToken/);
		expect(await callers([], "0.0.0.0").open()).toBe(false);
	});

	it("are whoever signs", async () => {
		expect(await outcome(await signed())).toBe("key 111122223333 eu-west-1");
		expect(await outcome(plain())).toBe("MissingAuthenticationTokenException: Missing Authentication Token");
	});

	it("are known by the token on this machine alone", async () => {
		expect(await outcome(plain(["x-pilot-token", "token"]))).toBe("token null null");
		expect(await outcome(plain(["x-pilot-token", "tokens"]))).toMatch(/^UnrecognizedClient/);
		expect(await outcome({ ...plain(["x-pilot-token", "token"]), address: "10.0.0.7" })).toMatch(/^UnrecognizedClient/);
		expect(await outcome({ ...plain(["x-pilot-token", "token"]), address: "::ffff:127.0.0.1" })).toBe(
			"token null null",
		);
	});

	it("have no session tokens, since nobody gives them out", async () => {
		expect(await outcome(await signed({}, NOW, "lambda", "session"))).toMatch(/^UnrecognizedClient/);
	});
});

describe("a signature", () => {
	const MINUTE = 60_000;
	it.each([
		[-15 * MINUTE, "key"],
		[15 * MINUTE, "key"],
		[
			-15 * MINUTE - 1000,
			"InvalidSignatureException: Signature expired: 20261122T094459Z is now earlier than 20261122T094500Z (20261122T100000Z - 15 min.)",
		],
		[
			15 * MINUTE + 1000,
			"InvalidSignatureException: Signature not yet current: 20261122T101501Z is still later than 20261122T101500Z (20261122T100000Z + 15 min.)",
		],
	])("%i ms off is %s", async (off, expected) => {
		expect(await outcome(await signed({}, NOW + off))).toContain(expected);
	});

	it("with another date than its scope's is none", async () => {
		const replayed = await signed({}, NOW - 86_400_000);
		const fields = replayed.fields.map(
			([name, value]) => [name, name === "x-amz-date" ? "20261122T100000Z" : value] as const,
		);
		expect(await outcome({ ...replayed, fields })).toContain(
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261121' != '20261122', from '20261122T100000Z'.",
		);
		expect(await outcome(changed({ ...replayed, fields }, "20261121", "20261122"))).toMatch(
			/^InvalidSignatureException: The request/,
		);
	});

	it("for another service, region or end of scope is none", async () => {
		expect(await outcome(await signed({}, NOW, "s3"))).toContain("correct service: 'lambda'");
		expect(await outcome(changed(await signed(), "eu-west-1", "nowhere"))).toContain("valid region");
		expect(await outcome(changed(await signed(), "aws4_request", "aws5"))).toContain("'aws4_request', not 'aws5'");
		expect(await outcome(changed(await signed(), "eu-west-1", "eu-west-2"))).toContain("does not match the signature");
	});

	it.each([
		["SignedHeaders", /SignedHeaders=[^,]+, /, "requires 'SignedHeaders' parameter"],
		["Signature", /, Signature=.*/, "requires 'Signature' parameter"],
		["Credential", /Credential=[^,]+, /, "requires 'Credential' parameter"],
		["an equal-sign", /Signature=/, "missing equal-sign"],
	])("without %s is incomplete", async (_, gone, message) => {
		const got = await outcome(changed(await signed(), gone, ""));
		expect(got).toMatch(/^IncompleteSignatureException: /);
		expect(got).toContain(message);
	});

	it("with a credential of other parts, or a date that is none, is incomplete", async () => {
		expect(await outcome(changed(await signed(), "/aws4_request", ""))).toContain("exactly 5 slash-delimited elements");
		const request = await signed();
		const dated = (date: string) => ({
			...request,
			fields: request.fields.map(([name, value]) => [name, name === "x-amz-date" ? date : value] as const),
		});
		for (const date of ["2026-11-22", "20261322T100000Z", "x"])
			expect(await outcome(dated(date))).toContain("Date must be in ISO-8601 'basic format'");
	});

	it("covers the host, and all headers that mean something to the service", async () => {
		const without = (name: string) => (it: Incoming) => changed(it, new RegExp(`\\b${name};?`), "");
		expect(await outcome(without("host")(await signed()))).toContain("'Host' or ':authority' must be a 'SignedHeader'");
		const more = await signed();
		expect(await outcome({ ...more, fields: [...more.fields, ["x-amz-invocation-type", "Event"]] })).toContain(
			"'x-amz-invocation-type' must be a 'SignedHeader'",
		);
		expect(await outcome({ ...more, fields: [...more.fields, ["x-amzn-trace-id", "Root=1"]] })).toMatch(/^key/);
		expect(await outcome({ ...more, fields: [...more.fields, ["host", "h"]] })).toContain("does not match");
	});

	it.each(["/a?q=1&__proto__=2", "/a?q=1&q=1", "/a?q=%zz", "/b?q=1", "/a?q=1&X-Amz-Signature=x"])(
		"is not good for %s",
		async (target) => {
			expect(await outcome(await signed({ target }))).toMatch(/^(Invalid|Incomplete)SignatureException/);
		},
	);

	it("may be the last parameter or the first, with or without spaces", async () => {
		const request = await signed();
		expect(await outcome(changed(request, /, /g, ","))).toMatch(/^key/);
		const turned = changed(request, /^AWS4-HMAC-SHA256 (.*), (.*), (.*)$/, "AWS4-HMAC-SHA256 $3, $1, $2");
		expect(await outcome(turned)).toMatch(/^key/);
	});
});

describe("the loopback", () => {
	it.each([
		["127.0.0.1", true],
		["127.9.8.7", true],
		["::1", true],
		["::ffff:127.0.0.1", true],
		["localhost", true],
		["0.0.0.0", false],
		["::", false],
		["127.0.0.1.evil.example", false],
		["10.0.0.1", false],
		["", false],
	])("%s: %s", (host, expected) => {
		expect(isLoopback(host)).toBe(expected);
	});
});
