import { describe, expect, it } from "vitest";
import { addressesOf } from "./addresses.ts";
import { ownNames, siteOf } from "./host-name.ts";

const PORTS = { port: 9000, urlPort: 9001 };
const of = (functionName: string, qualifier: string | null = null) =>
	addressesOf({ id: "a".repeat(32), functionName, qualifier }, PORTS);

describe("addresses of a function URL", () => {
	it("are by id, by name and by path", () => {
		expect(of("Hello-1")).toEqual({
			byId: `http://${"a".repeat(32)}.lambda-url.localhost:9000/`,
			byName: "http://hello-1.localhost:9000/",
			byPath: "http://127.0.0.1:9001/Hello-1/",
		});
	});

	it.each(["under_score", "-a", "a-", "a".repeat(64)])("have no name form for %s", (name) => {
		expect(of(name).byName).toBeNull();
	});

	it("of an alias are not the function's", () => {
		expect(of("hello", "live")).toMatchObject({ byName: null, byPath: `http://127.0.0.1:9001/${"a".repeat(32)}/` });
	});

	it("are those that the gateway reads", () => {
		const own = ownNames({ host: "127.0.0.1" });
		const { byId, byName, byPath } = of("Hello");
		expect(siteOf(new URL(byId).host, own)).toEqual({ kind: "url", id: "a".repeat(32) });
		expect(siteOf(new URL(byName!).host, own)).toEqual({ kind: "name", label: "hello" });
		expect(siteOf(new URL(byPath).host, own)).toEqual({ kind: "own" });
	});

	it("a function named like the host's own names does not take them", () => {
		const own = ownNames({ host: "::1" });
		expect(siteOf(new URL(of("localhost").byName!).host, own)).toEqual({ kind: "name", label: "localhost" });
		expect(siteOf("[::1]:9000", own)).toEqual({ kind: "own" });
	});
});
