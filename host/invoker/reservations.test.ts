import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryStore, testFunction } from "./fakes.ts";
import { Reservations } from "./reservations.ts";

describe("reservations", () => {
	let temporary: Awaited<ReturnType<typeof temporaryStore>>;
	let limits: [string | null, number][];
	const told = { limit: (name: string | null, limit: number) => void limits.push([name, limit]) };

	beforeEach(async () => {
		temporary = await temporaryStore();
		limits = [];
		for (const name of ["a", "b"]) await temporary.store.functions.create(testFunction(name));
	});
	afterEach(() => temporary.dispose());

	const reserve = (functionName: string, reservedConcurrency?: number) =>
		temporary.store.settings.put({ functionName, reservedConcurrency });
	const open = () => Reservations.open(temporary.store.settings, told, 1000);

	it("know what was reserved before, and tell who gives permits out", async () => {
		await reserve("a", 5);
		await reserve("b", 0);
		const reservations = await open();
		expect(reservations.unreserved).toBe(995);
		expect(new Map(limits)).toEqual(
			new Map([
				[null, 995],
				["a", 5],
				["b", 0],
			]),
		);
	});

	it("follow every change, and the end of the function", async () => {
		const reservations = await open();
		await reserve("a", 5);
		await reservations.refresh("a");
		expect(reservations.unreservedWith("a", 7)).toBe(993);
		await reserve("a", 10);
		await Promise.all([reservations.refresh("a"), reservations.refresh("a")]);
		expect(reservations.unreserved).toBe(990);
		await temporary.store.functions.delete("a");
		await reservations.refresh("a");
		expect(reservations.unreserved).toBe(1000);
		expect(limits.slice(-2)).toEqual([
			[null, 1000],
			["a", 0],
		]);
	});

	it("say nothing where nothing is reserved", async () => {
		const reservations = await open();
		await reservations.refresh("a");
		expect(limits).toEqual([]);
	});
});
