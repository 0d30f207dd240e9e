/**
 * For tests: a host that is killed. A process of its own on a real store, with a guest that writes down what it is given.
 * Arguments: the store's folder, the file of deliveries, a trigger as JSON (or "none"), how many events to accept, and how
 * many times faster its clock runs. Prints `ready`, then `accepted ID` for each event that was acknowledged.
 */
import { appendFileSync } from "node:fs";
import { answer, fakeEngine, fakeObserver, testConfig, testFunction } from "../invoker/fakes.ts";
import { createInvoker } from "../invoker/invoker.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { createBus } from "./bus.ts";
import type { Clock } from "./clock.ts";

const [folder, deliveries, trigger, count, rate] = process.argv.slice(2) as [string, string, string, string, string];

/** Runs fast, and on from where the last host's stopped. */
function fastClock(factor: number): Clock {
	const zero = Date.parse("2026-11-22T00:00:00Z");
	return {
		now: () => Math.floor(zero + (Date.now() - zero) * factor),
		after(ms, callback) {
			const timer = setTimeout(callback, Math.min(Math.max(ms / factor, 0), 1000));
			return () => clearTimeout(timer);
		},
	};
}

const store = await openSqliteStore(folder);
if (!(await store.functions.get("f"))) {
	await store.functions.create(testFunction("f"));
	await store.functions.create(testFunction("g"));
	const record = { functionName: "f", qualifier: "$LATEST", maximumRetryAttempts: 0, maximumEventAgeSeconds: null };
	await store.eventInvoke.put({ ...record, onSuccess: "g", onFailure: null, lastModified: "" });
}

const engine = fakeEngine((task) => {
	if (task.payload.kind !== "event") throw new Error("not an event");
	const { event, context } = task.payload;
	const payload: unknown = JSON.parse(Buffer.from(event).toString());
	appendFileSync(deliveries, `${JSON.stringify({ f: context.functionName, id: context.requestId, payload })}\n`);
	return answer('"done"');
});
const config = testConfig({ data: folder });
const invoker = createInvoker({ config, store, engine, observer: fakeObserver() });
const clock = Number(rate) === 1 ? undefined : fastClock(Number(rate));
const bus = createBus({ config, store, invoker, clock });
await bus.start();
if (trigger !== "none" && (await bus.triggers.list("f")).length === 0) await bus.triggers.add(JSON.parse(trigger));
console.log("ready");
for (let index = 0; index < Number(count); index++) {
	const id = await invoker.enqueue({ functionName: "f", payload: Buffer.from(JSON.stringify({ index })) });
	console.log(`accepted ${id}`);
}
