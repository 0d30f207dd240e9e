/** Signatures against other implementations: botocore's for hundreds of random requests, and AWS's for JavaScript. */
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { claimOf } from "../../host/auth/sigv4/claim.ts";
import type { SignedRequest } from "../../host/auth/sigv4/request.ts";
import { checkSignature } from "../../host/auth/sigv4/signature.ts";
import { available, run } from "../support/run.ts";

const SCRIPT = fileURLToPath(new URL("sigv4_requests.py", import.meta.url));
const here = available("python3", ["-c", "import botocore"], "botocore's signatures are not compared.");
const [KEY, SECRET] = ["AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"];
const COUNT = 400;
const TIME_S = Date.UTC(2026, 10, 22, 10) / 1000;

interface Signed {
	method: string;
	url: string;
	headers: [string, string][];
	body: string;
	region: string;
}

/** As it comes out of Node's parser. */
function received({ method, url, headers }: Signed): SignedRequest {
	const { host } = new URL(url);
	const fields = headers.map(([name, value]) => [name.toLowerCase(), latin1(value)] as const);
	return { method, target: url.slice(url.indexOf(host) + host.length), fields: [["host", host], ...fields] };
}

function latin1(text: string): string {
	return Buffer.from(text, "utf8").toString("latin1");
}

async function verdict(request: SignedRequest, body: Buffer, secret = SECRET): Promise<string> {
	try {
		await checkSignature(request, claimOf(request)!, body, secret);
		return "good";
	} catch (error) {
		return (error as Error).name;
	}
}

const BAD = "InvalidSignatureException";

describe.skipIf(!here)("requests that botocore signed", () => {
	const all: Signed[] = [];
	beforeAll(async () => {
		const { code, stdout, stderr } = await run("python3", [SCRIPT, String(COUNT), KEY, SECRET, "7", String(TIME_S)]);
		expect([code, stderr]).toEqual([0, ""]);
		all.push(
			...stdout
				.trim()
				.split("\n")
				.map((line) => JSON.parse(line) as Signed),
		);
	}, 60_000);

	it("are good, and say who and where", async () => {
		expect(all).toHaveLength(COUNT);
		for (const signed of all) {
			const request = received(signed);
			const claim = claimOf(request)!;
			expect([claim.keyId, claim.region, claim.time]).toEqual([KEY, signed.region, "20261122T100000Z"]);
			expect([signed, await verdict(request, Buffer.from(signed.body, "hex"))]).toEqual([signed, "good"]);
		}
	});

	it("are not with another secret, body, method, path, query or header", async () => {
		for (const signed of all.slice(0, 100)) {
			const request = received(signed);
			const body = Buffer.from(signed.body, "hex");
			const changed = async (changes: Partial<SignedRequest>) => verdict({ ...request, ...changes }, body);
			const [path, query] = request.target.split("?") as [string, string | undefined];
			expect([
				await verdict(request, body, `${SECRET}x`),
				await verdict(request, Buffer.concat([body, Buffer.from(" ")])),
				await changed({ method: "PATCH" }),
				await changed({ target: `${path}x${query === undefined ? "" : `?${query}`}` }),
				await changed({ target: `${request.target}${query === undefined ? "?" : "&"}zz=1` }),
				await changed({
					fields: request.fields.map(([name, value]) => [name, name === "host" ? "other:9000" : value]),
				}),
				await changed({ fields: [...request.fields, ["x-amz-log-type", "Tail"]] }),
			]).toEqual([BAD, BAD, BAD, BAD, BAD, BAD, BAD]);
		}
	});

	it("are good however their headers come, as long as they say the same", async () => {
		for (const signed of all.slice(0, 50)) {
			const request = received(signed);
			const spaced = request.fields.map(
				([name, value]) => [name, name === "host" ? value : value.replace(/ +/g, "   ")] as const,
			);
			expect(await verdict({ ...request, fields: spaced.toReversed() }, Buffer.from(signed.body, "hex"))).toBe("good");
		}
	});
});
