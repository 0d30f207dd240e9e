import { describe, expect, it } from "vitest";
import { fileName } from "./names.ts";

const NAMES = ["echo", "Echo", "ECHO", "eCho", "a-b_c", "con", "CON", "nul", "com1", "a.b", "../../etc/passwd", "a/b"];
const ODD = ["", ".", "..", "~", "echo~", " ", "größe", "漢字", "a\0b", "-rf", "\ud83d", "\ud83e", "x".repeat(140)];

describe("the file of a function", () => {
	it("is its name where that is a file name everywhere", () => {
		expect(fileName("echo")).toBe("echo");
		expect(fileName("my-function_2")).toBe("my-function_2");
	});

	it("is another one for each name, even where file names know no case", () => {
		const files = [...NAMES, ...ODD].map((name) => fileName(name).toLowerCase());
		expect(new Set(files).size).toBe(files.length);
	});

	it("stays in its folder, is short, and no option or device", () => {
		for (const name of [...NAMES, ...ODD, "x".repeat(10_000), `A${"/".repeat(300)}`])
			expect(fileName(name)).toMatch(/^(?!-|(con|nul|com1)$)[a-z0-9_~-]{1,110}$/);
	});
});
