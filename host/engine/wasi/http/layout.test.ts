import { describe, expect, it } from "vitest";
import { Trap } from "../../trap.ts";
import { testGuest } from "../testing.ts";
import { ERROR_CASES, HttpErrorCode, type PayloadShape } from "./error-code.ts";
import { isSome, liftErrorCode, PAYLOAD, writeErrorCode } from "./layout.ts";
import { HttpGuest, serve } from "./testing.ts";

/** Size and alignment by the canonical ABI's own rules, from a type written as data. */
type Type = number | "string" | { record: Type[] } | { variant: (Type | null)[] };

const option = (type: Type): Type => ({ variant: [null, type] });
const result = (ok: Type | null, err: Type | null): Type => ({ variant: [ok, err] });
const HANDLE = 4;

function align(type: Type): number {
	if (typeof type === "number") return type;
	if (type === "string") return 4;
	if ("record" in type) return Math.max(...type.record.map(align));
	return Math.max(1, ...type.variant.map((it) => (it === null ? 1 : align(it))));
}

function up(offset: number, to: number): number {
	return Math.ceil(offset / to) * to;
}

function size(type: Type): number {
	if (typeof type === "number") return type;
	if (type === "string") return 8;
	if ("record" in type) {
		const end = type.record.reduce<number>((at, field) => up(at, align(field)) + size(field), 0);
		return up(end, align(type));
	}
	return up(payload(type) + Math.max(0, ...type.variant.map((it) => (it === null ? 0 : size(it)))), align(type));
}

/** Where a variant's payload lies. All variants here have fewer than 256 cases: a discriminant byte. */
function payload(type: Type): number {
	return up(1, align(type));
}

const FIELD: Type = { record: [option("string"), option(4)] };
const SHAPES: Record<PayloadShape, Type | null> = {
	none: null,
	"u64?": option(8),
	"u32?": option(4),
	"string?": option("string"),
	dns: { record: [option("string"), option(2)] },
	tls: { record: [option(1), option("string")] },
	field: FIELD,
	"field?": option(FIELD),
};
const ERROR_CODE: Type = { variant: ERROR_CASES.map(([, shape]) => SHAPES[shape]) };

describe("layout", () => {
	it("is what the canonical ABI makes of the types", () => {
		expect([size(ERROR_CODE), align(ERROR_CODE), payload(ERROR_CODE)]).toEqual([32, 8, PAYLOAD]);
		const response = result(HANDLE, ERROR_CODE);
		expect([size(response), payload(response)]).toEqual([40, PAYLOAD]);
		const future = option(result(response, null));
		expect([size(future), payload(future), payload(result(response, null))]).toEqual([56, PAYLOAD, PAYLOAD]);
		const trailers = option(result(result(option(HANDLE), ERROR_CODE), null));
		expect(size(trailers)).toBe(56);
		expect(size(result(null, ERROR_CODE))).toBe(40);
		expect(size(option(ERROR_CODE))).toBe(40);
	});

	it("is what the canonical ABI makes of headers, methods and schemes", () => {
		expect(size({ record: ["string", "string"] })).toBe(16);
		expect([size(result(null, 1)), payload(result(null, 1))]).toEqual([2, 1]);
		expect([size(result(HANDLE, 1)), payload(result(HANDLE, 1))]).toEqual([8, 4]);
		const method: Type = { variant: [...Array(9).fill(null), "string"] };
		expect([size(method), payload(method)]).toEqual([12, 4]);
		const scheme: Type = { variant: [null, null, "string"] };
		expect([size(option(scheme)), payload(option(scheme)), payload(scheme)]).toEqual([16, 4, 4]);
		expect([size(option(8)), payload(option(8))]).toEqual([16, 8]);
	});

	it("has 39 error codes", () => {
		expect(ERROR_CASES).toHaveLength(39);
		expect(new Set(ERROR_CASES.map(([name]) => name)).size).toBe(39);
	});
});

/** Reads a payload by the rules above: what a guest sees. */
function read(guest: ReturnType<typeof testGuest>, type: Type, at: number): unknown {
	const { memory } = guest;
	if (type === "string") return guest.stringAt(at);
	if (type === 8) return Number(memory.getU64(at));
	if (type === 4) return memory.getU32(at);
	if (typeof type === "number") return type === 1 ? memory.getU8(at) : memory.getU8(at) + memory.getU8(at + 1) * 256;
	if ("record" in type) {
		let end = 0;
		return type.record.map((field) => {
			const offset = up(end, align(field));
			end = offset + size(field);
			return read(guest, field, at + offset);
		});
	}
	const found = type.variant[memory.getU8(at)];
	return found === null || found === undefined ? null : read(guest, found, at + payload(type));
}

const EXPECTED: Record<PayloadShape, unknown> = {
	none: null,
	"u64?": 200,
	"u32?": 200,
	"string?": "words",
	dns: ["words", 200],
	tls: [200, "words"],
	field: ["words", 200],
	"field?": ["words", 200],
};
const EMPTY: Record<PayloadShape, unknown> = {
	none: null,
	"u64?": null,
	"u32?": null,
	"string?": null,
	dns: [null, null],
	tls: [null, null],
	field: [null, null],
	"field?": [null, null],
};

describe("writeErrorCode", () => {
	it.each(ERROR_CASES)("writes %s where a guest reads it", (name, shape) => {
		const guest = testGuest();
		for (const [error, expected] of [
			[new HttpErrorCode(name, "words", 200), EXPECTED[shape]],
			[new HttpErrorCode(name), EMPTY[shape]],
		] as const) {
			const at = guest.room(32, 8);
			guest.memory.bytes(at, 32).fill(0xaa);
			writeErrorCode(guest.memory, at, error);
			expect(ERROR_CASES[guest.memory.getU8(at)]![0]).toBe(name);
			expect(read(guest, ERROR_CODE, at)).toEqual(expected);
		}
	});
});

/** Flattens a payload as the ABI does for a parameter: tags, integers, pointers and lengths, in six joined columns. */
function flatten(guest: ReturnType<typeof testGuest>, type: Type | null, value: unknown): (number | bigint)[] {
	if (type === null) return [];
	if (type === "string") return guest.put(value as string);
	if (typeof type === "number") return [value as number];
	if ("record" in type) return type.record.flatMap((field, i) => flatten(guest, field, (value as unknown[])[i]));
	return [1, ...flatten(guest, type.variant[1]!, value)];
}

describe("liftErrorCode", () => {
	it.each(ERROR_CASES.map(([name, shape], index) => [index, name, shape] as const))(
		"lifts case %i, %s",
		(index, name, shape) => {
			const guest = testGuest();
			const flat = flatten(guest, SHAPES[shape], EXPECTED[shape]);
			const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = flat.map(Number);
			const error = liftErrorCode(guest.memory, index, [a, BigInt(b), c, d, e, f]);
			const carried = (it: string) => shape !== "none" && JSON.stringify(EXPECTED[shape]).includes(it);
			expect(error.code).toBe(name);
			expect(error.text).toBe(carried("words") ? "words" : undefined);
			expect(error.number).toBe(carried("200") ? 200 : undefined);
			const empty = liftErrorCode(guest.memory, index, [0, 0n, 0, 0, 0, 0]);
			expect([empty.text, empty.number]).toEqual([undefined, undefined]);
		},
	);

	it("traps on cases and tags that there are not, and on text out of bounds", () => {
		const { memory } = testGuest();
		expect(() => liftErrorCode(memory, 39, [0, 0n, 0, 0, 0, 0])).toThrow(Trap);
		expect(() => liftErrorCode(memory, -1, [0, 0n, 0, 0, 0, 0])).toThrow(Trap);
		expect(() => liftErrorCode(memory, 38, [2, 0n, 0, 0, 0, 0])).toThrow(Trap);
		expect(() => liftErrorCode(memory, 38, [1, 0xffff_ffffn, 5, 0, 0, 0])).toThrow(Trap);
		expect(() => isSome(-1)).toThrow(Trap);
	});

	it("takes of a u64 column only the low half where the case has less", () => {
		const { memory } = testGuest();
		expect(liftErrorCode(memory, 21, [1, 0x1_0000_0007n, 0, 0, 0, 0]).number).toBe(7);
		expect(liftErrorCode(memory, 17, [1, -1n, 0, 0, 0, 0]).number).toBe(2 ** 64);
	});
});

describe("method and scheme", () => {
	it.each(
		["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"].map((it, i) => [it, i] as const),
	)("%s is case %i", (method, index) => {
		const { guest, open } = serve({ method });
		expect(guest.u8(guest.result("[method]incoming-request.method", open.request))).toBe(index);
	});

	it.each(["get", "PROPFIND", ""])("%j is another method", (method) => {
		const { guest, open } = serve({ method });
		const area = guest.result("[method]incoming-request.method", open.request);
		expect([guest.u8(area), guest.listAt(area + 4)]).toEqual([9, method]);
	});

	it("scheme, authority and path are the request's", () => {
		const { guest, open } = serve({ scheme: "https", authority: "a.test:8443", pathWithQuery: "/a%20b?c" });
		const scheme = guest.result("[method]incoming-request.scheme", open.request);
		expect([guest.u8(scheme), guest.u8(scheme + 4)]).toEqual([1, 1]);
		expect(guest.optionAt(guest.result("[method]incoming-request.authority", open.request))).toBe("a.test:8443");
		expect(guest.optionAt(guest.result("[method]incoming-request.path-with-query", open.request))).toBe("/a%20b?c");
	});

	it("raw octets of a path reach the guest as UTF-8", () => {
		const guest = new HttpGuest();
		const { open } = serve({ pathWithQuery: "/caf\u00c3\u00a9" }, guest);
		const area = guest.result("[method]incoming-request.path-with-query", open.request);
		expect(guest.test.stringAt(area + 4)).toBe("/caf\u00e9");
	});
});
