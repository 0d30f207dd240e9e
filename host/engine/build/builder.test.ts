import { parse } from "@bytecodealliance/jco";
import { describe, expect, it } from "vitest";
import { guest } from "../../../test/support/guests.ts";
import { AdmissionError } from "../types.ts";
import { build } from "./build.ts";
import { buildApart } from "./builder.ts";

describe("a build in a thread of its own", () => {
	it("makes what a build here makes", async () => {
		for (const name of ["echo", "cat"]) {
			const code = await guest(name);
			const [here, there] = [await build(code), await buildApart(code)];
			expect(there.artifact).toEqual(here.artifact);
			expect(there.modules.map((it) => Buffer.from(it).toHex())).toEqual(
				here.modules.map((it) => Buffer.from(it).toHex()),
			);
		}
	});

	it("leaves the code as it was", async () => {
		const code = await guest("echo");
		const before = Buffer.from(code);
		await buildApart(code);
		expect(before.equals(code)).toBe(true);
	});

	it("refuses in the same words", async () => {
		const code = await parse("(component)");
		const words = await build(code).catch((error: Error) => error.message);
		await expect(buildApart(code)).rejects.toThrow(new AdmissionError(String(words)));
	});

	it("that takes too long is ended and refused, and the next is built", async () => {
		const code = await guest("echo");
		await expect(buildApart(code, {}, 0)).rejects.toThrow(AdmissionError);
		expect((await buildApart(code)).artifact.info.kind).toBe("handler");
	});

	it("does not hold up the event loop", async () => {
		const code = await guest("echo");
		let turns = 0;
		const timer = setInterval(() => turns++, 1);
		await Promise.all(Array.from({ length: 10 }, () => buildApart(code)));
		clearInterval(timer);
		expect(turns).toBeGreaterThan(1);
	});

	it("answers each of many at once with its own", async () => {
		const codes = [await guest("echo"), await guest("cat"), await guest("fail"), await parse("(component)")];
		const results = await Promise.all(
			Array.from({ length: 20 }, (_, i) =>
				buildApart(codes[i % 4]!).then(
					(it) => it.artifact.info.size,
					() => "refused",
				),
			),
		);
		const expected = [...codes.slice(0, 3).map((it) => it.length), "refused"];
		expect(results).toEqual(Array.from({ length: 20 }, (_, i) => expected[i % 4]));
	});

	it("of large code waits until it is alone, and those behind it until it is done", async () => {
		const [small, large] = [await guest("echo"), new Uint8Array(65 * 2 ** 20)];
		const order: string[] = [];
		const note = (name: string, code: Uint8Array) =>
			buildApart(code).then(
				() => order.push(name),
				() => order.push(name),
			);
		await Promise.all([note("first", small), note("large", large), note("last", small)]);
		expect(order).toEqual(["first", "large", "last"]);
	});
});
