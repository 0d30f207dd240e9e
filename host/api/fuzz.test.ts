import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codeOf, openTestApi, ROLE, type TestApi, wasm } from "../../test/support/api.ts";
import { inputSchema, planOf, resolveSchema, type Schema } from "./model/schema.ts";
import { SERVED } from "./model/served.ts";
import { OPERATIONS } from "./operations.ts";

let api: TestApi;
beforeAll(async () => {
	api = await openTestApi();
});
afterAll(async () => {
	await api.close();
});

/** Numbers from a seed, so that a failure comes again. */
function randomFrom(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
}

const ARN = "arn:aws:lambda:us-east-1:000000000000:function:one";
const ODD: unknown[] = [
	...[null, true, 0, -1, 1, 1.5, 900, 1e308, 2 ** 53, "", " ", "one", "two", "$LATEST", "1", "a/b", "../x", "%2F", "%"],
	...["\u0000", "\ud800", "é😀", "x".repeat(300), "x".repeat(70_000), "__proto__", "constructor", "toString", ARN],
	...[`${ARN}:v`, ROLE, "provided.wasi", "python3.12", "NONE", "JSON", "AGFzbQEAAAA=", "AGFzbQ", "UEsFBg==", [], {}],
	...[
		[null],
		[[]],
		["x86_64"],
		JSON.parse('{"__proto__":{"a":1}}'),
		{ Variables: { AB: "c" } },
		{ Size: 512 },
		codeOf(wasm()),
	],
];

type Random = ReturnType<typeof randomFrom>;

/** A value that mostly fits its schema, and sometimes does not. */
function valueFor(schema: Schema, random: Random, depth = 0): unknown {
	const shape = resolveSchema(schema);
	if (random(3) === 0 || depth > 4) return ODD[random(ODD.length)];
	if (shape.enum) return shape.enum[random(shape.enum.length)];
	if (shape.type === "integer") return (shape.minimum ?? 0) + random(20) - 2;
	if (shape.type === "array") return [valueFor(shape.items!, random, depth + 1)];
	if (shape.properties) return membersFor(shape, random, depth + 1);
	return ODD[random(ODD.length)];
}

function membersFor(shape: Schema, random: Random, depth: number): Record<string, unknown> {
	const members = Object.entries(shape.properties ?? {}).filter(() => random(2) === 0);
	return Object.fromEntries(members.map(([name, schema]) => [name, valueFor(schema, random, depth)]));
}

/** Text that can be in a path, a query or a header of a real request. */
function textFor(schema: Schema, random: Random): string {
	const value = valueFor(schema, random);
	const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
	return text.slice(0, 1000).toWellFormed();
}

describe("odd requests", () => {
	it.each(SERVED)("to %s are answered, and are never a fault of the host", async (name) => {
		const route = OPERATIONS.find((it) => it.name === name)!;
		const { located, body } = planOf(name);
		const schema = inputSchema(name);
		const random = randomFrom(name.length * 7919);
		if (!(await api.store.functions.get("one"))) await api.create("one");
		for (let round = 0; round < 150; round++) {
			let path: string = route.path;
			const query = new URLSearchParams();
			const headers = new Headers();
			for (const [member, place] of Object.entries(located)) {
				const text = random(2) ? "one" : textFor(schema.properties![member]!, random);
				if (place.in === "uri") path = path.replace(`{${place.name}}`, encodeURIComponent(text) || "one");
				else if (place.in === "querystring" && random(2)) query.append(place.name, text);
				else if (place.in === "header" && random(3) === 0)
					headers.set(place.name, text.replaceAll(/[^\x21-\x7e]/g, "x"));
			}
			const members = body ? membersFor(schema, random, 0) : undefined;
			const response = await api.send(route.method, `${path}?${query}`, members, headers);
			expect(response.status, `${path}?${query} ${JSON.stringify(members)}`).toBeLessThan(500);
			expect(api.faults).toEqual([]);
		}
	});
});
