import { describe, expect, it } from "vitest";
import { Budget } from "./limits.ts";
import { LineAssembler, MAX_LINE } from "./lines.ts";

function assembler(room: () => boolean = () => true, memory = Number.POSITIVE_INFINITY) {
	const budget = new Budget(memory);
	const lines: string[] = [];
	const dropped: [number, number][] = [];
	const subject = new LineAssembler({
		hasRoom: room,
		line: (text) => lines.push(text),
		drop: (count, bytes) => dropped.push([count, bytes]),
		take: (bytes) => budget.take(bytes),
		give: (bytes) => budget.give(bytes),
	});
	return { lines, dropped, subject, budget };
}
const bytes = (text: string) => new TextEncoder().encode(text);

describe("lines", () => {
	it("come out the same however the output is cut", () => {
		const output = bytes("one\n\ntwo: größe 🕯\r\n\tthree\nfour");
		for (let size = 1; size <= output.length; size++) {
			const { lines, subject } = assembler();
			for (let at = 0; at < output.length; at += size) subject.push(output.subarray(at, at + size));
			subject.flush();
			expect(lines).toEqual(["one", "", "two: größe 🕯\r", "\tthree", "four"]);
		}
	});

	it("are given when their newline comes, the last one at the end", () => {
		const { lines, subject } = assembler();
		subject.push(bytes("one\ntw"));
		expect(lines).toEqual(["one"]);
		subject.flush();
		subject.flush();
		expect(lines).toEqual(["one", "tw"]);
		subject.push(bytes("three\n"));
		expect(lines).toEqual(["one", "tw", "three"]);
	});

	it("are none where there is no output", () => {
		const { lines, subject } = assembler();
		subject.push(new Uint8Array(0));
		subject.flush();
		expect(lines).toEqual([]);
	});

	it("have U+FFFD for what is not UTF-8, and keep all else, a byte order mark too", () => {
		const { lines, subject } = assembler();
		subject.push(Uint8Array.of(0x61, 0xff, 0x62, 0xc3, 10, 0xed, 0xa0, 0x80, 10, 0xef, 0xbb, 0xbf, 0x63, 0, 10));
		expect(lines).toEqual(["a\ufffdb\ufffd", "\ufffd\ufffd\ufffd", "\ufeffc\0"]);
	});

	it("are not changed by what the guest does to its memory afterwards", () => {
		const { lines, subject } = assembler();
		const piece = bytes("secret");
		subject.push(piece);
		piece.fill(0x78);
		subject.push(bytes("\n"));
		expect(lines).toEqual(["secret"]);
	});

	it("of the largest size are whole, in one piece or many", () => {
		for (const size of [MAX_LINE + 1, 4096, 1000]) {
			const { lines, subject } = assembler();
			const output = bytes(`${"x".repeat(MAX_LINE)}\n`);
			for (let at = 0; at < output.length; at += size) subject.push(output.subarray(at, at + size));
			expect(lines).toEqual(["x".repeat(MAX_LINE)]);
		}
	});

	it("that are longer are cut, and say how much is missing", () => {
		for (const size of [MAX_LINE * 2, 4096]) {
			const { lines, subject } = assembler();
			const output = bytes(`${"x".repeat(MAX_LINE + 5)}\nnext\n`);
			for (let at = 0; at < output.length; at += size) subject.push(output.subarray(at, at + size));
			expect(lines).toHaveLength(2);
			const [, kept, missing] = /^(x+) \[pilot\] ([0-9]+) bytes of this line were dropped here$/.exec(lines[0]!)!;
			expect(kept!.length + Number(missing)).toBe(MAX_LINE + 5);
			expect(kept!.length).toBeGreaterThan(MAX_LINE - 10);
			expect(lines[1]).toBe("next");
		}
	});

	it("are cut between characters", () => {
		const { lines, subject } = assembler();
		subject.push(bytes("🕯".repeat(MAX_LINE / 4 + 1)));
		subject.flush();
		expect(lines[0]).not.toContain("\ufffd");
		expect(lines[0]).toMatch(/🕯 \[pilot\] [48] bytes/u);
	});

	it("hold one line's memory, however long it is", () => {
		const { lines, subject, budget } = assembler();
		const piece = new Uint8Array(2 ** 20).fill(0x79);
		for (let count = 0; count < 64; count++) subject.push(piece);
		expect(budget.used).toBe(MAX_LINE);
		subject.flush();
		expect(budget.used).toBe(0);
		expect(lines[0]!.length).toBeLessThan(MAX_LINE + 100);
		expect(lines[0]).toContain(`${64 * 2 ** 20 - MAX_LINE}`.slice(0, 4));
	});

	it("are cut where no memory is left, and whole again when there is", () => {
		const { lines, subject, budget } = assembler(() => true, 1000);
		for (const text of ["a".repeat(300), "b".repeat(900), "\nshort ", "line\n"]) subject.push(bytes(text));
		expect(lines[0]).toMatch(/^a{299} \[pilot\] [0-9]+ bytes of this line were dropped here$/);
		expect(lines[1]).toBe("short line");
		subject.flush();
		expect(budget.used).toBe(0);
	});
});

describe("without room, lines", () => {
	it("are counted with their newlines, and the next one is whole", () => {
		let room = true;
		const { lines, dropped, subject } = assembler(() => room);
		subject.push(bytes("kept\nbegun "));
		room = false;
		subject.push(bytes("and lost\nlost\nbegun "));
		expect(dropped).toEqual([[2, "begun and lost\nlost\n".length]]);
		room = true;
		subject.push(bytes("and kept\n"));
		expect(lines).toEqual(["kept", "begun and kept"]);
	});

	it("are dropped from the first that has none, in the middle of a piece", () => {
		let left = 2;
		const { lines, dropped, subject } = assembler(() => left-- > 0);
		subject.push(bytes("a\nb\nc\nd\n"));
		expect(lines).toEqual(["a", "b"]);
		expect(dropped).toEqual([[2, 4]]);
	});

	it("at the end count as one", () => {
		const { dropped, subject } = assembler(() => false);
		subject.push(bytes("half"));
		subject.flush();
		expect(dropped).toEqual([[1, 4]]);
	});
});
