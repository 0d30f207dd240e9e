import { describe, expect, it } from "vitest";
import { Trap } from "../../trap.ts";
import { errorKind } from "../io/kinds.ts";
import { IoError } from "../io/types.ts";
import { testGuest } from "../testing.ts";
import { sockets } from "./index.ts";
import { ACCESS_DENIED, networkKind } from "./network.ts";

const network = (test: ReturnType<typeof testGuest>) =>
	test.call("wasi:sockets/instance-network", "instance-network") as number;

describe("sockets", () => {
	it.each(["tcp", "udp"])("of %s are not made", async (protocol) => {
		const test = testGuest();
		const create = (family: number) =>
			test.result(`wasi:sockets/${protocol}-create-socket`, `create-${protocol}-socket`, family);
		for (const family of [0, 1]) {
			const area = await create(family);
			expect([test.memory.getU8(area), test.memory.getU8(area + 4)]).toEqual([1, ACCESS_DENIED]);
		}
		await expect(create(2)).rejects.toThrow(Trap);
		expect(test.guest.handles.size).toBe(0);
	});

	it("do not resolve names", async () => {
		const test = testGuest();
		const resolve = (handle: number) =>
			test.result("wasi:sockets/ip-name-lookup", "resolve-addresses", handle, ...test.put("example.com"));
		const area = await resolve(network(test));
		expect([test.memory.getU8(area), test.memory.getU8(area + 4)]).toEqual([1, ACCESS_DENIED]);
		await expect(resolve(99)).rejects.toThrow(Trap);
	});

	it("have a network handle that passes through a snapshot", () => {
		const test = testGuest();
		const handle = network(test);
		const image = test.guest.handles.image()!;
		test.guest.handles.restore(image, new Map([[networkKind.name, networkKind as never]]), test.guest);
		expect(test.guest.handles.get(networkKind, handle)).toEqual({});
	});

	it("are behind no error", async () => {
		const test = testGuest();
		const error = test.guest.handles.add(errorKind, new IoError("lost"));
		const area = await test.result("wasi:sockets/network", "network-error-code", error);
		expect(test.memory.getU8(area)).toBe(0);
	});

	const methods = sockets.flatMap((it) =>
		Object.entries(it.functions)
			.filter(([name]) => name.startsWith("[method]"))
			.map(([name, { core }]) => [it.name, name, core] as const),
	);

	it.each(methods)("trap in %s %s, whatever handle is named", (name, method, core) => {
		const test = testGuest();
		const others = [...core.slice(1, core.indexOf("->"))].map((type) => (type === "I" ? 0n : 0));
		for (const handle of [0, 1, 2 ** 32 - 1, network(test)])
			expect(() => test.call(name, method, handle, ...others)).toThrow(Trap);
	});
});
