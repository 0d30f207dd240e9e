/** QuickJS running a program, through the whole engine: as it is, and with modules that charge nothing. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as buildComponent } from "../../../host/cli/build/index.ts";
import { readProject } from "../../../host/cli/build/project.ts";
import { ArtifactStore } from "../../../host/engine/artifact-store.ts";
import { admit } from "../../../host/engine/build/admit.ts";
import { build } from "../../../host/engine/build/build.ts";
import { answer, type TestEngine, testEngine } from "../../support/engine.ts";
import { uncharged } from "./uncharged.ts";

const PROJECT = fileURLToPath(new URL("quickjs/", import.meta.url));
const EVENT = `{"times":4}`;

export interface EngineRun {
	/** Core time of one run, ms. */
	time(): Promise<number>;
	close(): Promise<void>;
}

export interface QuickjsRuns {
	plain: EngineRun;
	metered: EngineRun;
	/** Bytes of the metered modules by those of the modules. */
	growth: number;
}

async function runIn(test: TestEngine, code: Uint8Array, expected: { answer?: string }): Promise<EngineRun> {
	const spec = await test.spec(code, { maxInstances: 1 });
	const time = async (): Promise<number> => {
		const outcome = await test.invoke(spec, EVENT, { timeoutMs: 60_000 });
		expected.answer ??= answer(outcome);
		if (answer(outcome) !== expected.answer) throw new Error("QuickJS computes something else");
		return outcome.usage.cpuMs;
	};
	return { time, close: () => test.close() };
}

/** Both ways to run it, in folders of their own below `folder`. */
export async function quickjsRuns(folder: string): Promise<QuickjsRuns> {
	const code = new Uint8Array(readFileSync((await buildComponent(readProject(PROJECT))).path));
	const { artifact, modules } = await build(code);
	const original = (await admit(code)).linked.modules;
	const plain = original.map((bytes, i) => uncharged(bytes, artifact.metas[i]!));
	const plainFolder = join(folder, "quickjs-plain");
	await (await ArtifactStore.open(plainFolder)).save(code, { artifact, modules: plain });
	const sum = (list: readonly Uint8Array[]) => list.reduce((bytes, it) => bytes + it.length, 0);
	const expected = {};
	return {
		plain: await runIn(await testEngine({ folder: plainFolder }), code, expected),
		metered: await runIn(await testEngine({ folder: join(folder, "quickjs-metered") }), code, expected),
		growth: sum(modules) / sum(original),
	};
}
