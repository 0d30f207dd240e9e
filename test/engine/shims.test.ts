/** Components of every toolchain, with wit-component's shims and without them: the same answers. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ArtifactStore } from "../../host/engine/artifact-store.ts";
import { build } from "../../host/engine/build/build.ts";
import { shimOf } from "../../host/engine/build/shim-module.ts";
import { readSimple } from "../../host/engine/build/simple-module.ts";
import { type Planned, withoutShims } from "../../host/engine/build/without-shims.ts";
import { answer, type TestEngine, testEngine } from "../support/engine.ts";
import { guestCode, guestFolders, hasGuest } from "../support/toolchains.ts";

/** Building one with its toolchain takes most of a minute on a small machine. */
const BUILD_TIMEOUT = 300_000;
const MEMORY = 256 * 2 ** 20;
/** Components whose functions need no memory, or that are not made by wit-component. */
const WITHOUT = new Set(["assemblyscript-event", "zig-event"]);

let plain: TestEngine;
let without: TestEngine;

beforeAll(async () => {
	[plain, without] = await Promise.all([testEngine(), testEngine()]);
});
afterAll(async () => {
	await Promise.all([plain.close(), without.close()]);
});

/** Puts the artifact as it is with all its modules where the engine finds it. Gives the plan with and without its shims. */
async function buildPlain(code: Uint8Array): Promise<{ before: Planned; after: Planned }> {
	let before: Planned | undefined;
	const built = await build(code, {
		simplify: (it) => {
			before = it;
			return it;
		},
	});
	await (await ArtifactStore.open(plain.folder, true)).save(code, built);
	return { before: before!, after: withoutShims(before!) };
}

function shims({ plan, modules }: Planned): number {
	const found = plan.instances.map(({ module }) => readSimple(modules[module]!));
	return found.filter((it) => it !== null && shimOf(it) !== null).length;
}

const EVENTS = [
	"echo ü€𝄞",
	"context",
	"fail on purpose",
	"count",
	"count",
	"env NAME",
	"say hello",
	"time",
	"trap",
	"count",
];

describe.each(guestFolders("event").filter(hasGuest))("%s", (name) => {
	it(
		"answers alike",
		async () => {
			const code = await guestCode(name);
			const { before, after } = await buildPlain(code);
			expect([shims(before), shims(after)]).toEqual([WITHOUT.has(name) ? 0 : 1, 0]);
			const settings = { maxInstances: 1, env: { NAME: "ü" }, memoryBytes: MEMORY };
			const specs = [await plain.spec(code, settings), await without.spec(code, settings)] as const;
			for (const event of EVENTS) {
				const [a, b] = [await plain.invoke(specs[0], event), await without.invoke(specs[1], event)];
				const of = (it: typeof a) => ({
					ok: it.ok && event !== "time" && answer(it),
					failure: !it.ok && it.failure,
					log: it.log,
				});
				expect(of(b), event).toEqual(of(a));
			}
		},
		BUILD_TIMEOUT,
	);
});

describe.each(guestFolders("http").filter(hasGuest))("%s", (name) => {
	it(
		"answers alike",
		async () => {
			const code = await guestCode(name);
			const { before, after } = await buildPlain(code);
			expect([shims(before), shims(after)]).toEqual([1, 0]);
			const specs = [
				await plain.spec(code, { memoryBytes: MEMORY }),
				await without.spec(code, { memoryBytes: MEMORY }),
			] as const;
			for (const path of ["/", "/elsewhere?a=b"]) {
				const [a, b] = [
					await plain.request(specs[0], { pathWithQuery: path }),
					await without.request(specs[1], { pathWithQuery: path }),
				];
				expect([b.response?.status, b.body, b.outcome.ok]).toEqual([a.response?.status, a.body, a.outcome.ok]);
				if (path === "/") expect(b.outcome.ok).toBe(true);
			}
		},
		BUILD_TIMEOUT,
	);
});
