import { describe, expect, it } from "vitest";
import { goalsIn, withPart } from "./document.ts";
import { absolute, relative } from "./figures.ts";
import { FINDINGS_HEADER, rowReport } from "./report.ts";

const one = {
	findings: [absolute("a", 2, " ms", { atMost: 3 })],
	details: [{ caption: "c", header: ["h"], rows: [[1]] }],
};
const two = { findings: [relative("b", 1, "/s", { name: "peer", value: 4 }, { atLeast: 0.5 })], details: [] };

describe("docs/benchmarks.md", () => {
	it("keeps what people wrote, and has a part replaced where it stands", () => {
		let text = "# Benchmarks\nwords\n";
		text = withPart(text, "one", "One", rowReport(one));
		text = withPart(text, "two", "Two", rowReport(two)).replace("## Two", "more words\n\n## Two");
		const renewed = withPart(text, "one", "One", "new");
		expect(renewed).toContain("words\n\n## One\n<!-- bench:one -->\nnew\n<!-- /bench:one -->\n\nmore words\n\n## Two");
		expect(withPart(renewed, "one", "One", rowReport(one))).toBe(text);
	});

	it("gathers the goals of all rows, whichever ran last, and nothing of their details", () => {
		let text = withPart("", "one", "One", rowReport(one));
		text = withPart(text, "two", "Two", rowReport(two));
		text = withPart(text, "empty", "Empty", "Not measured yet.");
		expect(goalsIn(text, ["two", "empty", "missing", "one"], FINDINGS_HEADER).split("\n")).toEqual([
			"| figure | measured | compared with | ratio | goal | met |",
			"|---|---|---|---|---|---|",
			"| b | 1.00/s | peer 4.00/s | 0.25 | at least 0.5 of it | **no** |",
			"| a | 2.00 ms |  |  | at most 3 ms | yes |",
		]);
	});

	it("that lost the end of a part is left as it is", () => {
		expect(() => withPart("<!-- bench:one -->", "one", "One", "new")).toThrow("<!-- bench:one -->");
	});
});
