import { expect, it } from "vitest";
import { once } from "./once.ts";

it("what is asked again is not worked out again, whatever the answer", () => {
	const asked: object[] = [];
	const of = once((key: { value: number | undefined }) => {
		asked.push(key);
		return key.value;
	});
	const [a, b] = [{ value: 1 }, { value: undefined }];
	expect([of(a), of(b), of(a), of(b)]).toEqual([1, undefined, 1, undefined]);
	expect(asked).toEqual([a, b]);
});
