import { expect, it } from "vitest";
import { createOutput } from "./output.ts";

function outputs() {
	const written: string[] = [];
	const output = createOutput((bytes) => void written.push(Buffer.from(bytes).toString()));
	return { written, output };
}

it("keeps lines until there is an invocation, and writes them first", () => {
	const { written, output } = outputs();
	output.print("one\n");
	output.print("zwei ü\n");
	expect(written).toEqual([]);
	expect(output.open()).toBe(0);
	output.print("three\n");
	expect(written.join("")).toBe("one\nzwei ü\nthree\n");
});

it("writes nothing where nothing was kept", () => {
	const { written, output } = outputs();
	expect(output.open()).toBe(0);
	expect(written).toEqual([]);
});

it("keeps 64 KB of whole lines, and counts those that it does not: all from the first that has no room", () => {
	const { written, output } = outputs();
	// 2 bytes a letter.
	const line = `${"ü".repeat(16_000)}\n`;
	for (const it of [line, line, line, "short\n"]) output.print(it);
	expect(output.open()).toBe(2);
	expect(written.join("")).toBe(line + line);
});
