import { describe, expect, it } from "vitest";
import { isFilterPattern } from "./filter.ts";

describe("a filter pattern", () => {
	it.each([
		"{}",
		'{"body":{"testItem":["test24","test45"],"test2":["go"]}}',
		'{"body":{"test2":[{"exists":true}]}}',
		'{"body":{"test2":[{"numeric":[">=",100,"<",200]}]}}',
		'{"body":{"test2":[{"prefix":"us-1"}]}}',
		'{"body":{"test2":[{"suffix":".png"}]}}',
		'{"body":{"test2":[{"prefix":{"equals-ignore-case":"us-1"}}]}}',
		'{"dynamodb":{"NewImage":{"n":{"N":[{"numeric":[">",100]},{"anything-but":"101"}]}}}}',
		'{"a":[{"anything-but":["x",1]}],"b":[{"anything-but":{"prefix":"x"}}]}',
		'{"a":[{"equals-ignore-case":"x"}]}',
		'{"a":[null,"",1,true]}',
		'{"$or":[{"a":["x"]},{"b":["y"]}]}',
		'{"__proto__":["x"]}',
	])("is %s", (text) => {
		expect(isFilterPattern(text)).toBe(true);
	});

	it.each([
		"",
		"null",
		"simple string",
		"[]",
		'[{"eventName": ["INSERT"=123}]',
		'{"eventSource":"aws:sqs"}',
		'{"eventSource":[]}',
		'{"eventSource":null}',
		'{"a":{"b":1}}',
		'{"a":[["x"]]}',
		'{"a":[{}]}',
		'{"a":[{"prefix":"x","suffix":"y"}]}',
		'{"a":[{"prefix":1}]}',
		'{"a":[{"exists":"true"}]}',
		'{"a":[{"numeric":[100]}]}',
		'{"a":[{"numeric":["!=",100]}]}',
		'{"a":[{"numeric":["<","100"]}]}',
		'{"a":[{"numeric":["<",1,">",2,"=",3]}]}',
		'{"a":[{"anything-but":[]}]}',
		'{"a":[{"anything-but":{"numeric":["<",1]}}]}',
		'{"a":[{"toString":1}]}',
		'{"a":[{"unheard-of":1}]}',
		'{"$or":[{"a":["x"]}]}',
		'{"$or":["x","y"]}',
	])("is not %s", (text) => {
		expect(isFilterPattern(text)).toBe(false);
	});

	it("may be nested as deep as a record, and not as deep as a stack", () => {
		const nested = (depth: number) => `${'{"a":'.repeat(depth)}["x"]${"}".repeat(depth)}`;
		expect(isFilterPattern(nested(40))).toBe(true);
		expect(isFilterPattern(nested(600))).toBe(false);
	});
});
