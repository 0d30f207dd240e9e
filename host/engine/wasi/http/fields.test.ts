import { beforeEach, describe, expect, it } from "vitest";
import { Trap } from "../../trap.ts";
import { heldBytes, MAX_HELD_BYTES } from "./budget.ts";
import { Fields, fieldName, MAX_FIELDS_BYTES } from "./fields.ts";
import { fieldsKind } from "./kinds.ts";
import { HttpGuest, serve } from "./testing.ts";

const APPEND = "[method]fields.append";
const SET = "[method]fields.set";
const DELETE = "[method]fields.delete";

describe("fields", () => {
	let guest: HttpGuest;

	beforeEach(() => {
		guest = new HttpGuest();
	});

	function get(fields: number, name: string): string[] {
		const area = guest.result("[method]fields.get", fields, ...guest.put(name));
		const [list, count] = [guest.u32(area), guest.u32(area + 4)];
		return Array.from({ length: count }, (_, i) => guest.listAt(list + i * 8));
	}

	it("are empty when new", () => {
		const fields = guest.value("[constructor]fields");
		expect(guest.entries(fields)).toEqual([]);
		expect(get(fields, "a")).toEqual([]);
		expect(guest.value("[method]fields.has", fields, ...guest.put("a"))).toBe(0);
	});

	it("keep names in lower case, values as octets, and the order", () => {
		const fields = guest.fields([
			["Content-Type", "text/plain"],
			["x-b", "caf\u00e9 \xff\t\x80"],
			["X-A", ""],
			["x-B", "2"],
		]);
		expect(guest.entries(fields)).toEqual([
			["content-type", "text/plain"],
			["x-b", "caf\u00e9 \xff\t\x80"],
			["x-a", ""],
			["x-b", "2"],
		]);
		expect(get(fields, "X-B")).toEqual(["caf\u00e9 \xff\t\x80", "2"]);
		expect(guest.value("[method]fields.has", fields, ...guest.put("CONTENT-type"))).toBe(1);
	});

	it("are appended to, set and deleted by any spelling of the name", () => {
		const fields = guest.fields([
			["a", "1"],
			["b", "2"],
			["a", "3"],
		]);
		expect(guest.header(APPEND, fields, ...guest.put("C"), ...guest.put("4"))).toBe("ok");
		expect(guest.header(SET, fields, ...guest.put("A"), ...guest.putValues(["x", "y"]))).toBe("ok");
		expect(guest.entries(fields)).toEqual([
			["a", "x"],
			["a", "y"],
			["b", "2"],
			["c", "4"],
		]);
		expect(guest.header(DELETE, fields, ...guest.put("B"))).toBe("ok");
		expect(guest.header(SET, fields, ...guest.put("c"), ...guest.putValues([]))).toBe("ok");
		expect(guest.entries(fields)).toEqual([
			["a", "x"],
			["a", "y"],
		]);
	});

	it("are cloned apart from the original", () => {
		const fields = guest.fields([["a", "1"]]);
		const copy = guest.value("[method]fields.clone", fields);
		expect(guest.header(APPEND, copy, ...guest.put("b"), ...guest.put("2"))).toBe("ok");
		expect(guest.entries(fields)).toEqual([["a", "1"]]);
		expect(guest.entries(copy)).toEqual([
			["a", "1"],
			["b", "2"],
		]);
	});

	it.each(["", "a b", "a:b", "caf\u00c3\u00a9", "a\r\nb", "x\0", "(", "a/b"])("refuse the name %j", (name) => {
		const fields = guest.value("[constructor]fields");
		expect(guest.header(APPEND, fields, ...guest.put(name), ...guest.put("1"))).toBe("invalid-syntax");
		expect(guest.header(SET, fields, ...guest.put(name), ...guest.putValues(["1"]))).toBe("invalid-syntax");
		expect(guest.header(DELETE, fields, ...guest.put(name))).toBe("invalid-syntax");
		expect(get(fields, name)).toEqual([]);
		expect(guest.value("[method]fields.has", fields, ...guest.put(name))).toBe(0);
	});

	it.each(["a\rb", "a\nb", "\0", "\x7f", "\x1f"])("refuse the value %j", (value) => {
		const fields = guest.value("[constructor]fields");
		expect(guest.header(APPEND, fields, ...guest.put("a"), ...guest.put(value))).toBe("invalid-syntax");
		expect(guest.header(SET, fields, ...guest.put("a"), ...guest.putValues(["ok", value]))).toBe("invalid-syntax");
		expect(guest.own("[static]fields.from-list", ...guest.putEntries([["a", value]]))).toBeUndefined();
		expect(guest.entries(fields)).toEqual([]);
	});

	it.each(["", "+5", "-1", " 5", "5 ", "0x5", "18446744073709551616"])("refuse the content-length %j", (value) => {
		const fields = guest.value("[constructor]fields");
		expect(guest.header(APPEND, fields, ...guest.put("Content-Length"), ...guest.put(value))).toBe("invalid-syntax");
	});

	it("keep a content-length without leading zeros", () => {
		expect(guest.entries(guest.fields([["content-length", "007"]]))).toEqual([["content-length", "7"]]);
	});

	it.each([
		"Connection",
		"keep-alive",
		"Proxy-Authenticate",
		"proxy-authorization",
		"proxy-connection",
		"transfer-encoding",
		"upgrade",
		"HOST",
		"http2-settings",
	])("forbid %s", (name) => {
		const fields = guest.value("[constructor]fields");
		expect(guest.header(APPEND, fields, ...guest.put(name), ...guest.put("1"))).toBe("forbidden");
		expect(guest.header(SET, fields, ...guest.put(name), ...guest.putValues(["1"]))).toBe("forbidden");
		expect(guest.header(DELETE, fields, ...guest.put(name))).toBe("forbidden");
		const area = guest.result("[static]fields.from-list", ...guest.putEntries([[name, "1"]]));
		expect([guest.u8(area), guest.u8(area + 4)]).toEqual([1, 1]);
	});

	it("of a message are immutable, and their clones are not", () => {
		const { guest, open } = serve({ headers: [["a", "1"]] });
		const headers = guest.value("[method]incoming-request.headers", open.request);
		const response = guest.value("[constructor]outgoing-response", guest.fields([["b", "1"]]));
		for (const fields of [headers, guest.value("[method]outgoing-response.headers", response)]) {
			expect(guest.header(APPEND, fields, ...guest.put("c"), ...guest.put("2"))).toBe("immutable");
			expect(guest.header(SET, fields, ...guest.put("c"), ...guest.putValues([]))).toBe("immutable");
			expect(guest.header(DELETE, fields, ...guest.put("c"))).toBe("immutable");
			const copy = guest.value("[method]fields.clone", fields);
			expect(guest.header(APPEND, copy, ...guest.put("c"), ...guest.put("2"))).toBe("ok");
		}
	});

	it("of a request are shown without those that are the connection's", () => {
		const { guest, open } = serve({
			headers: [
				["host", "example.test"],
				["a", "1"],
				["connection", "close"],
				["transfer-encoding", "chunked"],
			],
		});
		expect(guest.entries(guest.value("[method]incoming-request.headers", open.request))).toEqual([["a", "1"]]);
	});
});

describe("hostile fields", () => {
	it("trap when they outgrow their limit, and count every entry", () => {
		const guest = new HttpGuest();
		const fields = guest.value("[constructor]fields");
		const grow = () => guest.header(APPEND, fields, ...guest.put("a"), ...guest.put(""));
		expect(() => {
			for (let i = 0; i < 2000; i++) grow();
		}).toThrow(Trap);
		expect(guest.test.guest.handles.get(fieldsKind, fields).bytes).toBeLessThanOrEqual(MAX_FIELDS_BYTES);
	});

	it("trap on lists of 2^31 elements before they read one", () => {
		const guest = new HttpGuest();
		const fields = guest.value("[constructor]fields");
		expect(() => guest.own("[static]fields.from-list", 1024, 2 ** 31)).toThrow(Trap);
		expect(() => guest.own("[static]fields.from-list", 1024, 2 ** 28)).toThrow(Trap);
		expect(() => guest.header(SET, fields, ...guest.put("a"), 1024, 2 ** 29)).toThrow(Trap);
		expect(() => guest.header(APPEND, fields, ...guest.put("a"), 0, 2 ** 32 - 1)).toThrow(Trap);
	});

	it("trap on pointers out of bounds, and on text that is no UTF-8", () => {
		const guest = new HttpGuest();
		const fields = guest.value("[constructor]fields");
		expect(() => guest.value("[method]fields.has", fields, 2 ** 32 - 1, 4)).toThrow(Trap);
		expect(() => guest.own("[static]fields.from-list", 2 ** 32 - 16, 1)).toThrow(Trap);
		expect(() => guest.value("[method]fields.has", fields, ...guest.put("\xff\xfe"))).toThrow(Trap);
	});

	it("trap on forged handles", () => {
		const { guest, open } = serve();
		for (const forged of [0, 77, 2 ** 32 - 1, open.request]) {
			expect(() => guest.entries(forged)).toThrow(Trap);
			expect(() => guest.value("[constructor]outgoing-response", forged)).toThrow(Trap);
		}
		const given = guest.fields();
		guest.value("[constructor]outgoing-response", given);
		expect(() => guest.entries(given)).toThrow(Trap);
	});

	it("are bounded together: many full ones trap, and dropped ones count no more", () => {
		const { test } = new HttpGuest();
		const held = heldBytes(test.guest);
		const fill = () => {
			const fields = Fields.mutable(held);
			fields.append(fieldName("a"), "x".repeat(100_000));
			return fields;
		};
		expect(() => {
			for (let i = 0; i < 1000; i++) fill().release();
		}).not.toThrow();
		expect(held.bytes).toBe(0);
		expect(() => {
			for (let i = 0; i < 1000; i++) fill();
		}).toThrow(Trap);
		expect(held.bytes).toBeLessThanOrEqual(MAX_HELD_BYTES);
	});

	it("are not counted twice when a message shares them", () => {
		const guest = new HttpGuest();
		const held = heldBytes(guest.test.guest);
		const response = guest.value("[constructor]outgoing-response", guest.fields([["a", "1"]]));
		const before = held.bytes;
		guest.test.drop(fieldsKind, guest.value("[method]outgoing-response.headers", response));
		expect(held.bytes).toBe(before);
		expect(before).toBeGreaterThan(0);
	});
});
