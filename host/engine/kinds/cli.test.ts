import { describe, expect, it } from "vitest";
import { testTask } from "../testing.ts";
import { Trap } from "../trap.ts";
import { cli } from "./cli.ts";
import { type BoundExport, type CallResult, MAX_RESPONSE } from "./types.ts";

/** A call of a command that does `run`, and exits with a status if one is given. */
async function command(run: (stdout: (bytes: Uint8Array) => void) => number, exitStatus?: number): Promise<CallResult> {
	const call = cli.begin(testTask());
	const bound = { call: async () => run((bytes) => call.stdout!(bytes)) } as unknown as BoundExport;
	const result = await call.start(bound).catch((error: unknown) => {
		if (exitStatus === undefined) throw error;
	});
	return exitStatus === undefined ? call.finish(bound, result) : call.exited!(exitStatus);
}

describe("a command", () => {
	it("answers with what it wrote, in pieces of any size", async () => {
		const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i * 7);
		const result = await command((stdout) => {
			for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 3) % 4099)
				stdout(bytes.subarray(at, Math.min(at + size, bytes.length)));
			return 0;
		});
		expect(result.ok && Buffer.from(result.payload).equals(bytes)).toBe(true);
	});

	it("may use its buffer again: what it wrote is copied", async () => {
		const buffer = Uint8Array.of(1);
		const result = await command((stdout) => {
			for (const value of [1, 2, 3]) {
				buffer[0] = value;
				stdout(buffer);
			}
			return 0;
		});
		expect(result.ok && [...result.payload]).toEqual([1, 2, 3]);
	});

	it("that writes single bytes up to the limit takes little more memory than that", async () => {
		const before = process.memoryUsage();
		const result = await command((stdout) => {
			const byte = Uint8Array.of(65);
			for (let i = 0; i < MAX_RESPONSE; i++) stdout(byte);
			return 0;
		});
		const after = process.memoryUsage();
		expect(result.ok && result.payload.length).toBe(MAX_RESPONSE);
		const used = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
		expect(used).toBeLessThan(100 * 2 ** 20);
	});

	it("that writes more is told so, with how much it was", async () => {
		const result = await command((stdout) => {
			for (let i = 0; i < 7; i++) stdout(new Uint8Array(2 ** 20));
			return 0;
		});
		expect(result).toMatchObject({ failure: { kind: "response-too-large", stackTrace: [`${7 * 2 ** 20} bytes`] } });
	});

	it.each([
		["returns err", () => 1, undefined],
		["exits with 3", () => fail("exit"), 3],
	])("fails when it %s", async (_name, run, status) => {
		const errorMessage = `exit status ${status ?? 1}`;
		expect(await command(run, status)).toMatchObject({ ok: false, failure: { kind: "exit", errorMessage } });
	});

	it("that exits with 0 is well, and what it wrote before is the answer", async () => {
		const result = await command((stdout) => {
			stdout(Uint8Array.of(7));
			return fail("exit");
		}, 0);
		expect(result.ok && [...result.payload]).toEqual([7]);
	});

	it("that traps does not exit", async () => {
		await expect(command(() => fail("unreachable"))).rejects.toThrow("unreachable");
	});

	function fail(message: string): never {
		throw new Trap(message);
	}
});
