/**
 * A process that changes a store until it is killed: `writer.ts FOLDER PREFIX MUTATION…`. Several changes at once, so that
 * some share a transaction. It writes `ready`, then for each change `begun NAME KEY` before and `done NAME KEY` after.
 */
import { writeSync } from "node:fs";
import { openSqliteStore } from "../sqlite.ts";
import { MUTATIONS } from "./mutations.ts";

const LANES = 4;

const [folder, prefix, ...names] = process.argv.slice(2);
const store = await openSqliteStore(folder!);
// Written at once, not buffered: what was acknowledged was read by the other side, or lies in the pipe.
const say = (line: string) => writeSync(1, `${line}\n`);
say("ready");

async function lane(index: number): Promise<never> {
	for (let round = 0; ; round++) {
		for (const name of names) {
			const key = `${prefix}-${name.replace(".", "-")}-${index}-${round}`;
			const mutation = MUTATIONS.get(name)!;
			await mutation.prepare(store, key);
			say(`begun ${name} ${key}`);
			await mutation.act(store, key);
			say(`done ${name} ${key}`);
		}
	}
}
await Promise.all(Array.from({ length: LANES }, (_, index) => lane(index)));
