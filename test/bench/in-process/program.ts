/** `program.ts SUBJECT FOLDER`: calls it until the code is warm, then times it. Prints us a call, a number. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { guest } from "../../support/guests.ts";
import { median } from "../figures.ts";
import { RUST_HTTP } from "../guests.ts";
import { artifactOf } from "./artifact.ts";
import { byHand } from "./by-hand.ts";
import { jcoEvent, jcoHttp } from "./jco.ts";
import { httpExport, invocation } from "./ours.ts";
import type { Subject } from "./subject.ts";

const [name, folder] = process.argv.slice(2) as [SubjectName, string];

const rust = () => readFileSync(RUST_HTTP);
const artifact = (code: Uint8Array) => artifactOf(code, folder);

const subjects = {
	"http jspi": async () => httpExport(await artifact(rust()), true),
	"http plain": async () => httpExport(await artifact(rust()), false),
	"http by hand": async () => byHand(await artifact(rust())),
	"http jco": async () => jcoHttp(rust(), join(folder, "jco-http")),
	"http invocation": async () => invocation(await artifact(rust())),
	"event jco": async () => jcoEvent(await guest("echo"), join(folder, "jco-event")),
	"event invocation": async () => invocation(await artifact(await guest("echo"))),
};
export type SubjectName = keyof typeof subjects;

const BATCH = 2000;
const WARM_MS = 1500;
const MEASURE_MS = 1000;

/** us a call, of a batch; the clock's own time is in it, and taken off below. */
async function batch(subject: Subject): Promise<number> {
	let total = 0;
	for (let i = 0; i < BATCH; i++) {
		subject.prepare?.();
		const started = performance.now();
		const result = subject.call();
		if (result instanceof Promise) await result;
		total += performance.now() - started;
		subject.finish();
	}
	return (total * 1000) / BATCH;
}

async function run(subject: Subject, ms: number): Promise<number> {
	const batches: number[] = [];
	for (const end = performance.now() + ms; performance.now() < end; ) batches.push(await batch(subject));
	return median(batches);
}

const empty: Subject = { call() {}, finish() {} };
await run(empty, 200);
const clock = await run(empty, 100);
const subject = await subjects[name]();
await run(subject, WARM_MS);
console.log((await run(subject, MEASURE_MS)) - clock);
// An engine's timers may keep a process.
process.exit();
