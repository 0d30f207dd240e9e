import { expect, it } from "vitest";
import { mayReach } from "./egress.ts";

it.each([
	[["a.test"], "http", "a.test"],
	[["a.test"], "https", "a.test"],
	[["a.test"], "http", "a.test:80"],
	[["a.test:443"], "https", "a.test"],
	[["b.test", "a.test:8080"], "http", "a.test:8080"],
	[["A.Test"], "http", "a.tesT"],
	[["127.0.0.1:9"], "http", "127.0.0.1:9"],
	[["[::1]:9"], "http", "[::1]:9"],
])("%j allows %s to %s", (egress, scheme, authority) => {
	expect(mayReach(egress, scheme, authority)).toBe(true);
});

it.each([
	[[], "http", "a.test"],
	[["a.test"], "http", "a.test:8080"],
	[["a.test"], "http", "a.test:443"],
	[["a.test:80"], "https", "a.test"],
	[["a.test"], "http", "b.a.test"],
	[["a.test"], "http", "a.test.b"],
	[["a.test"], "http", "a.test."],
	[["*"], "http", "a.test"],
	[["*.test"], "http", "a.test"],
	[["localhost"], "http", "127.0.0.1"],
	[["a.test"], "http", "x@a.test"],
	[["x@a.test", "http://a.test", ""], "http", "a.test"],
	[["a b", ""], "http", "a b"],
	[[""], "http", ""],
	[["1:9"], "http", "[1]:9"],
])("%j does not allow %s to %s", (egress, scheme, authority) => {
	expect(mayReach(egress, scheme, authority)).toBe(false);
});
