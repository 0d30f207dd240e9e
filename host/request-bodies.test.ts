import { describe, expect, it } from "vitest";
import { RequestBodies } from "./request-bodies.ts";

describe("the bodies of all requests", () => {
	it("are counted together, and refused where they are too many, until some are given back", () => {
		const bodies = new RequestBodies(100);
		bodies.take(60);
		expect(() => bodies.take(41)).toThrow("too many request bodies");
		expect(bodies.bytes).toBe(60);
		bodies.take(40);
		bodies.give(60);
		bodies.take(60);
		expect(() => bodies.take(1)).toThrow(expect.objectContaining({ name: "TooManyRequestsException", status: 429 }));
	});
});
