import { describe, expect, it } from "vitest";
import { Sizes } from "./inlining.ts";
import { Guest, wat } from "./testing.ts";

const sizes = (small: number, large: number) => {
	const all = new Sizes();
	for (let i = 0; i < small; i++) all.add(49);
	for (let i = 0; i < large; i++) all.add(50);
	return all;
};

/** The bodies' lengths in a module. */
function bodyLengths(module: Uint8Array): number[] {
	const lengths: number[] = [];
	const leb = (at: number): [number, number] => {
		let value = 0;
		for (let i = 0; ; i++) {
			value += (module[at + i]! & 0x7f) * 128 ** i;
			if (module[at + i]! < 0x80) return [value, at + i + 1];
		}
	};
	for (let at = 8; at < module.length; ) {
		const [size, content] = leb(at + 1);
		if (module[at] === 10) {
			let [count, body] = leb(content);
			for (; count > 0; count--) {
				const [length, start] = leb(body);
				lengths.push(length);
				body = start + length;
			}
		}
		at = content + size;
	}
	return lengths;
}

const small = (lengths: number[]) => lengths.filter((it) => it < 50).length / lengths.length;

describe("Sizes", () => {
	it.each([
		["none when the share is as it was", [30, 70], [30, 70], 0],
		["none when it is higher", [30, 70], [40, 60], 0],
		["none when there were few anyway", [25, 75], [1, 99], 0],
		["as many as make the share the same", [40, 60], [20, 80], 34],
		["as many as make half, when it was more", [90, 10], [20, 80], 60],
	] as const)("miss %s", (_, [a, b], [c, d], missing) => {
		expect(sizes(c, d).missing(sizes(a, b))).toBe(missing);
	});

	it("are nothing in an empty module", () => {
		expect(new Sizes().missing(new Sizes())).toBe(0);
	});
});

it("a module whose functions metering makes longer has as large a share of small ones as before", async () => {
	const loop =
		"(loop $l (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if $l (i32.lt_u (local.get 0) (i32.const 50))))";
	const funcs = Array.from(
		{ length: 20 },
		(_, i) => `(func (export "f${i}") (param i32) (result i32) ${loop} (local.get 0))`,
	);
	const bytes = await wat(`(module ${funcs.join("\n")})`);
	const guest = new Guest(bytes);
	expect(small(bodyLengths(bytes))).toBe(1);
	expect(small(bodyLengths(guest.metered.bytes))).toBeGreaterThanOrEqual(0.5);
	expect(guest.call("f3", 1)).toBe(50);
});
