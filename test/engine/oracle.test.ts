/** The same component and calls, through this linker and through jco's glue: the same results. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build } from "../../host/cli/build/index.ts";
import { readProject } from "../../host/cli/build/project.ts";
import type { Outcome } from "../../host/engine/types.ts";
import { EVENT_GUESTS, TEXT } from "../conformance/languages.ts";
import { answer, CONTEXT, type TestEngine, testEngine } from "../support/engine.ts";
import { guest } from "../support/guests.ts";
import { type OracleResult, oracle } from "../support/oracle.ts";
import { guestCode, hasGuest } from "../support/toolchains.ts";

let test: TestEngine;

beforeAll(async () => {
	test = await testEngine();
});
afterAll(() => test.close());

async function example(name: string): Promise<Uint8Array> {
	const project = readProject(fileURLToPath(new URL(`../../components/${name}`, import.meta.url)));
	return readFileSync((await build(project)).path);
}

function resultOf(outcome: Outcome): OracleResult {
	if (outcome.ok) return { ok: answer(outcome) };
	const { kind, errorType, errorMessage, stackTrace } = outcome.failure;
	return kind === "handled" ? { error: errorType, message: errorMessage, stack: stackTrace } : { trap: true };
}

const EVENTS = [
	"",
	"null",
	'"text"',
	"[1,2,3]",
	'{"a":{"b":[true,false,null]},"c":"ü€𝄞"}',
	`{"long":"${"x".repeat(100_000)}"}`,
	'{"version":"2.0","rawPath":"/notes","headers":{},"requestContext":{"http":{"method":"GET","path":"/notes"}}}',
	"{not json",
];

describe.each([
	["echo.wat", () => guest("echo")],
	["count.wat", () => guest("count")],
	["fail.wat", () => guest("fail")],
	["result-not-text.wat", () => guest("result-not-text")],
	["realloc-trap.wat", () => guest("realloc-trap")],
	["TypeScript echo", () => example("echo")],
	["TypeScript hello", () => example("hello")],
	["TypeScript api", () => example("api")],
	["TypeScript fibonacci", () => example("fibonacci")],
] as [string, () => Promise<Uint8Array>][])("%s", (name, code) => {
	it("answers as under jco", async () => {
		const component = await code();
		const spec = await test.spec(component, { maxInstances: 1 });
		const reference = await oracle(name.replace(/\W/g, "-"), component);
		for (const event of EVENTS) {
			const expected = reference(Buffer.from(event), { ...CONTEXT, deadlineMs: 0n });
			expect(resultOf(await test.invoke(spec, event))).toEqual(expected);
			// A trap poisons jco's instance, and ends ours: what follows would compare two different things.
			if ("trap" in expected) break;
		}
	});
});

/** What the guests of every toolchain are asked; each answers `?` to what it does not know. */
const WORDS = [
	"echo ",
	`echo ${TEXT}`,
	`echo ${"x".repeat(100_000)}`,
	"context",
	`fail ${TEXT}`,
	"fail",
	"count",
	"count",
	"env NAME",
	"env NONE",
	"read /none",
	"time",
	"unknown",
	"",
	"trap",
];

describe.each(Object.keys(EVENT_GUESTS).filter(hasGuest))("%s", (name) => {
	it("answers as under jco", { timeout: 300_000 }, async () => {
		const component = await guestCode(name);
		const env = { NAME: TEXT };
		const settings = { maxInstances: 1, memoryBytes: 256 * 2 ** 20, env };
		const spec = await test.spec(component, settings);
		const reference = await oracle(name, component, env);
		for (const event of WORDS) {
			const expected = reference(Buffer.from(event), { ...CONTEXT, deadlineMs: BigInt(Date.now()) });
			expect(resultOf(await test.invoke(spec, event)), event).toEqual(expected);
		}
	});
});
