import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Outcome, Task } from "../../engine/types.ts";
import { newQueuedEvent } from "../../invoker/enqueue.ts";
import { answer, failed, type Guest, temporaryStore, testConfig, testFunction } from "../../invoker/fakes.ts";
import { tagOf } from "../../invoker/lineage.ts";
import type { EventInvokeRecord, QueuedEvent, Store } from "../../store/types.ts";
import { type FakeClock, fakeClock, settle, type TestBus, testBus } from "../fakes.ts";
import { MAX_DEAD_LETTERS } from "./dead-letters.ts";
import { MAX_HOPS } from "./destination.ts";

const MINUTE = 60_000;
let store: Store;
let dispose: () => Promise<void>;
let clock: FakeClock;
let hosts: TestBus[];

beforeEach(async () => {
	({ store, dispose } = await temporaryStore());
	for (const name of ["f", "g", "h"]) await store.functions.create(testFunction(name));
	// Events that the invoker accepts have the system's time.
	clock = fakeClock(Date.now() + 10_000);
	hosts = [];
});
afterEach(async () => {
	await Promise.all(hosts.map((it) => it.stop()));
	await dispose();
});

async function boot(guest?: Guest, settings: Record<string, unknown> = {}): Promise<TestBus> {
	const host = testBus({ store, clock, guest, sources: [], config: testConfig(settings) });
	hosts.push(host);
	await host.bus.start();
	return host;
}

const bytes = (text: string): Uint8Array => Buffer.from(text);
const nameOf = (task: Task): string | undefined => task.spec.env.AWS_LAMBDA_FUNCTION_NAME;
const calls = (host: TestBus, name: string): Task[] => host.engine.tasks.filter((task) => nameOf(task) === name);
const enqueue = (host: TestBus, functionName = "f", payload = '{"n":1}') =>
	host.invoker.enqueue({ functionName, payload: bytes(payload) });

async function untilEmpty(): Promise<void> {
	await vi.waitFor(async () => expect(await store.queue.size()).toBe(0), { timeout: 60_000, interval: 5 });
}

function configure(functionName: string, changes: Partial<EventInvokeRecord>): Promise<void> {
	return store.eventInvoke.put({
		functionName,
		qualifier: "$LATEST",
		maximumRetryAttempts: null,
		maximumEventAgeSeconds: null,
		onSuccess: null,
		onFailure: null,
		lastModified: "",
		...changes,
	});
}

/** Puts an event on disk as if an earlier host had accepted it. */
async function accepted(changes: Partial<QueuedEvent> = {}): Promise<QueuedEvent> {
	const event = { ...newQueuedEvent({ functionName: "f", payload: bytes("1") }, clock.now()), ...changes };
	await store.queue.put(event);
	return event;
}

describe("an asynchronous invocation", () => {
	it("runs with the request id that its caller was given, and is then forgotten", async () => {
		const host = await boot();
		const id = await host.invoker.enqueue({
			functionName: "f",
			payload: bytes("[1]"),
			clientContext: "{}",
			traceId: "Root=1",
		});
		await host.untilDelivered(1);
		await untilEmpty();
		expect(host.engine.tasks[0]?.payload).toMatchObject({
			context: { requestId: id, clientContext: "{}", traceId: `Root=1;Lineage=${tagOf("f")}:1` },
		});
		expect(host.delivered()).toEqual([[1]]);
		expect(host.observer.notes).toEqual([]);
	});

	it("that was accepted by an earlier host runs at the start", async () => {
		await accepted();
		const host = await boot();
		await host.untilDelivered(1);
		await untilEmpty();
	});

	it("that fails is tried after one and after three minutes, with the same request id, and is then dropped with a note", async () => {
		const host = await boot(() => failed("handled", "no"));
		const id = await enqueue(host);
		await host.untilDelivered(1);
		await clock.advance(MINUTE - 1);
		expect(host.engine.tasks).toHaveLength(1);
		await clock.advance(1);
		await host.untilDelivered(2);
		await clock.advance(2 * MINUTE - 1);
		expect(host.engine.tasks).toHaveLength(2);
		await clock.advance(1);
		await host.untilDelivered(3);
		await untilEmpty();
		const ids = host.engine.tasks.map((it) => it.payload.kind === "event" && it.payload.context.requestId);
		expect(ids).toEqual([id, id, id]);
		expect(host.observer.notes).toEqual([
			{ functionName: "f", message: `Event ${id} dropped (RetriesExhausted) after 3 attempts` },
		]);
	});

	it("waits for its retry across a restart", async () => {
		const first = await boot(() => failed("crash", "unreachable"));
		await enqueue(first);
		await first.untilDelivered(1);
		await vi.waitFor(async () => expect(await store.queue.nextDue(new Set())).toBe(clock.now() + MINUTE));
		await first.stop();
		const second = await boot();
		await clock.advance(MINUTE - 1);
		expect(second.engine.tasks).toHaveLength(0);
		await clock.advance(1);
		await second.untilDelivered(1);
		await untilEmpty();
	});

	it("backs off as the host is set to", async () => {
		const host = await boot(() => failed("handled"), { asyncBackoffMs: 10 });
		await enqueue(host);
		for (let count = 1; count <= 3; count++) {
			await host.untilDelivered(count);
			await settle();
			await clock.advance(20);
		}
		await untilEmpty();
	});

	it("is tried as often as its function says", async () => {
		await configure("f", { maximumRetryAttempts: 0 });
		const host = await boot(() => failed("handled"));
		await enqueue(host);
		await untilEmpty();
		expect(host.engine.tasks).toHaveLength(1);
	});

	it("that was accepted too long ago is not run", async () => {
		await configure("f", { maximumEventAgeSeconds: 60, onFailure: "g" });
		await accepted({ acceptedAt: clock.now() - 61_000, dueAt: clock.now() - 61_000, attempts: 1 });
		const host = await boot();
		await host.untilDelivered(1);
		expect(calls(host, "f")).toHaveLength(0);
		expect(host.delivered()).toMatchObject([
			{ requestContext: { condition: "EventAgeExceeded", approximateInvokeCount: 1 }, requestPayload: 1 },
		]);
		await untilEmpty();
	});

	it("of a function that is gone, or of a qualifier that is none, is dropped and does not come back", async () => {
		await accepted({ qualifier: "nothing" });
		await accepted({ functionName: "gone" });
		const host = await boot();
		await untilEmpty();
		expect(host.engine.tasks).toHaveLength(0);
		expect(host.observer.notes).toMatchObject([{ functionName: "f" }]);
	});

	it("that meets faults of the host is put off, and runs when they are over", async () => {
		let faults = 3;
		const host = await boot(() => {
			if (faults-- > 0) throw new Error("no artifact");
			return answer("1");
		});
		await enqueue(host);
		for (const [index, seconds] of [1, 2, 4].entries()) {
			await vi.waitFor(() => expect(host.engine.tasks).toHaveLength(index + 1));
			await settle();
			await clock.advance(seconds * 1000 - 1);
			expect(host.engine.tasks).toHaveLength(index + 1);
			await clock.advance(1);
		}
		await untilEmpty();
		expect(host.engine.tasks).toHaveLength(4);
		expect(host.warnings).toHaveLength(3);
		expect(host.observer.notes).toEqual([]);
	});

	it("that meets faults of the host until its time is over ends so", async () => {
		await configure("f", { maximumEventAgeSeconds: 60, onFailure: "g" });
		const host = await boot((task) => {
			if (nameOf(task) === "f") throw new Error("no artifact");
			return answer("1");
		});
		await accepted();
		host.invoker.changed("f");
		await enqueue(host, "h");
		for (let second = 0; second < 61; second++) await clock.advance(1000);
		await untilEmpty();
		expect(
			calls(host, "g").map((it) => JSON.parse(Buffer.from((it.payload as { event: Uint8Array }).event).toString())),
		).toMatchObject([
			{
				requestContext: { condition: "EventAgeExceeded", approximateInvokeCount: 0 },
				responseContext: { statusCode: 500, executedVersion: "$LATEST" },
				responsePayload: { errorType: "ServiceException", errorMessage: "Internal error" },
			},
		]);
	});
});

describe("a destination", () => {
	const arn = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

	it.each(["g", arn("g"), `${arn("g")}:$LATEST`])("of success, %s, gets the record", async (onSuccess) => {
		await configure("f", { onSuccess, onFailure: arn("h") });
		const host = await boot((task) => answer(nameOf(task) === "f" ? '{"ok":1}' : "null"));
		const id = await enqueue(host);
		await host.untilDelivered(2);
		await untilEmpty();
		expect(calls(host, "h")).toHaveLength(0);
		expect(host.delivered()[1]).toMatchObject({
			version: "1.0",
			requestContext: {
				requestId: id,
				functionArn: `${arn("f")}:$LATEST`,
				condition: "Success",
				approximateInvokeCount: 1,
			},
			requestPayload: { n: 1 },
			responseContext: { statusCode: 200, executedVersion: "$LATEST" },
			responsePayload: { ok: 1 },
		});
		expect(calls(host, "g")[0]?.payload).not.toMatchObject({ context: { requestId: id } });
	});

	it("of failure gets the record after the last retry", async () => {
		await configure("f", { maximumRetryAttempts: 1, onFailure: arn("g"), onSuccess: arn("h") });
		const host = await boot((task) => (nameOf(task) === "f" ? failed("timeout") : answer("1")));
		const id = await enqueue(host);
		await host.untilDelivered(1);
		await settle();
		await clock.advance(MINUTE);
		await host.untilDelivered(3);
		await untilEmpty();
		expect(calls(host, "f")).toHaveLength(2);
		expect(calls(host, "h")).toHaveLength(0);
		expect(host.delivered()[2]).toMatchObject({
			requestContext: { condition: "RetriesExhausted", approximateInvokeCount: 2 },
			responseContext: { statusCode: 200, functionError: "Unhandled" },
			responsePayload: {
				errorType: "Sandbox.Timedout",
				errorMessage: `RequestId: ${id} Error: Task timed out after 3.00 seconds`,
			},
		});
		expect(host.observer.notes).toEqual([]);
	});

	it("is accepted in the same transaction that ends the event", async () => {
		await configure("f", { onSuccess: "g" });
		const finish = vi.spyOn(store.queue, "finish");
		const host = await boot();
		const id = await enqueue(host);
		await host.untilDelivered(2);
		await untilEmpty();
		expect(finish.mock.calls[0]).toEqual([id, [expect.objectContaining({ functionName: "g", hops: 1 })], []]);
	});

	it.each([
		["nobody", "there is no such function here"],
		["arn:aws:lambda:eu-west-1:000000000000:function:g", "there is no such function here"],
	])("that is %s is noted in the log, and the event ends", async (onSuccess, words) => {
		await configure("f", { onSuccess });
		const host = await boot();
		const id = await enqueue(host);
		await untilEmpty();
		await settle();
		expect(host.observer.notes).toEqual([
			{ functionName: "f", message: `Event ${id} not sent to its destination ${onSuccess} (Success): ${words}` },
		]);
	});

	it("whose record would be larger than an event may be gets none", async () => {
		await configure("f", { onSuccess: "g" });
		const host = await boot(() => answer(JSON.stringify("x".repeat(1024 * 1024))));
		await enqueue(host);
		await untilEmpty();
		await settle();
		expect(calls(host, "g")).toHaveLength(0);
		expect(host.observer.notes[0]?.message).toMatch(/its record has \d+ bytes, over 1048576/);
	});

	it("that leads back to its function is a loop that ends", async () => {
		await configure("f", { onSuccess: "g" });
		await configure("g", { onSuccess: "f" });
		const host = await boot(() => answer("1"));
		await enqueue(host);
		await host.untilDelivered(MAX_HOPS + 1);
		await untilEmpty();
		await settle();
		expect(host.engine.tasks).toHaveLength(MAX_HOPS + 1);
		expect(host.observer.notes).toHaveLength(1);
		expect(host.observer.notes[0]?.message).toContain("looks like a loop");
	});
});

describe("what this host does not reach", () => {
	const queue = "arn:aws:sqs:us-east-1:000000000000:q";
	const letters = async () => (await store.deadLetters.list("f", 1000)).items;
	const update = async (deadLetterArn: string) => {
		const record = (await store.functions.get("f"))!;
		await store.functions.update({ ...record, deadLetterArn }, record.revisionId);
	};

	it("as a destination has its record kept, and the log says so", async () => {
		await configure("f", { onSuccess: queue });
		const host = await boot(() => answer('"done"'));
		const id = await enqueue(host);
		await untilEmpty();
		await settle();
		const [letter, ...others] = await letters();
		expect(others).toEqual([]);
		expect(letter).toMatchObject({
			target: queue,
			condition: "Success",
			event: { payload: "eyJuIjoxfQ==", qualifier: null },
		});
		expect(JSON.parse(letter!.body)).toMatchObject({ requestContext: { requestId: id }, responsePayload: "done" });
		expect(host.observer.notes[0]?.message).toContain(`kept for ${queue} (Success)`);
	});

	it("as a dead-letter queue has the event kept, beside what the destination of failure gets", async () => {
		await update(queue);
		await configure("f", { maximumRetryAttempts: 0, onFailure: "g" });
		const host = await boot((task) => (nameOf(task) === "f" ? failed("handled", "no") : answer("1")));
		const id = await enqueue(host);
		await host.untilDelivered(2);
		await untilEmpty();
		expect(calls(host, "g")).toHaveLength(1);
		expect(await letters()).toMatchObject([
			{
				target: queue,
				condition: "RetriesExhausted",
				body: '{"n":1}',
				attributes: { RequestID: id, ErrorCode: "200", ErrorMessage: "no" },
			},
		]);
	});

	it("gets nothing of successes in a dead-letter queue", async () => {
		await update(queue);
		const host = await boot(() => answer("1"));
		await enqueue(host);
		await untilEmpty();
		expect(await letters()).toEqual([]);
	});

	it("has so many letters of a function, and the oldest go", async () => {
		await configure("f", { onSuccess: queue });
		const host = await boot(() => answer("1"));
		for (let index = 0; index < MAX_DEAD_LETTERS + 5; index++) {
			await enqueue(host, "f", String(index));
			await untilEmpty();
		}
		const kept = await letters();
		expect(kept).toHaveLength(MAX_DEAD_LETTERS);
		const numbers = kept.map((it) => Number(Buffer.from(it.event.payload, "base64").toString()));
		expect(Math.max(...numbers)).toBe(MAX_DEAD_LETTERS + 4);
	});
});

describe("a function that was stopped (reserved concurrency 0)", () => {
	it("has its events sent on at once, without an attempt, where they have somewhere to go", async () => {
		await store.settings.put({ functionName: "f", reservedConcurrency: 0 });
		await configure("f", { onFailure: "g" });
		const host = await boot(() => answer("1"));
		await enqueue(host);
		await host.untilDelivered(1);
		await untilEmpty();
		expect(host.delivered()[0]).toMatchObject({
			requestContext: { condition: "ZeroReservedConcurrency", approximateInvokeCount: 0 },
		});
		expect(host.delivered()[0]).not.toHaveProperty("responseContext");
		expect(calls(host, "f")).toEqual([]);
	});

	it("else has them wait, and they run when it may run again", async () => {
		await store.settings.put({ functionName: "f", reservedConcurrency: 0 });
		const host = await boot(() => answer("1"));
		await enqueue(host);
		await settle();
		await clock.advance(2000);
		expect(host.engine.tasks).toEqual([]);
		expect(await store.queue.size()).toBe(1);
		await store.settings.delete("f", "");
		host.invoker.changed("f");
		await clock.advance(300_000);
		await host.untilDelivered(1);
		await untilEmpty();
	});
});

describe("the settings of a qualifier", () => {
	it("are those that hold for events that were accepted for it", async () => {
		await configure("f", { maximumRetryAttempts: 0, onFailure: "g" });
		await configure("f", { qualifier: "$LATEST", maximumRetryAttempts: 0, onFailure: "g" });
		await configure("f", { qualifier: "other", maximumRetryAttempts: 0, onFailure: "h" });
		const host = await boot((task) => (nameOf(task) === "f" ? failed("handled", "no") : answer("1")));
		await accepted({ qualifier: "$LATEST" });
		// There is no such alias: the event cannot be run at all.
		await accepted({ qualifier: "other" });
		await enqueue(host);
		await untilEmpty();
		await vi.waitFor(() => expect([calls(host, "g").length, calls(host, "h").length]).toEqual([2, 1]));
	});
});

describe("a loop that was found in the trace header", () => {
	it("goes to the destination of failure, and no further attempt is made", async () => {
		await configure("f", { onFailure: "g" });
		await accepted({ traceId: `Root=1;Lineage=${tagOf("f")}:16` });
		const host = await boot(() => answer("1"));
		await host.untilDelivered(1);
		await untilEmpty();
		expect(calls(host, "f")).toEqual([]);
		expect(host.delivered()[0]).toMatchObject({
			requestContext: { condition: "RecursiveInvocation", approximateInvokeCount: 0 },
			responseContext: { statusCode: 400 },
		});
	});

	it("is none through destinations of a function that allows it", async () => {
		await configure("f", { onSuccess: "g" });
		await configure("g", { onSuccess: "f" });
		await store.settings.put({ functionName: "f", recursiveLoop: "Allow" });
		await store.settings.put({ functionName: "g", recursiveLoop: "Allow" });
		const host = await boot(() => answer("1"));
		await enqueue(host);
		await host.untilDelivered(3 * MAX_HOPS);
		expect(host.observer.notes).toEqual([]);
		await configure("g", {});
		await untilEmpty();
	});
});

describe("the consumer", () => {
	/** A guest that runs until it is let go. */
	function gate() {
		const waiting: (() => void)[] = [];
		const guest: Guest = (task) =>
			new Promise<Outcome>((resolve) => {
				const end = (): void => resolve(answer("1"));
				waiting.push(end);
				task.signal.addEventListener("abort", () => resolve(failed("cancelled")));
			});
		const open = (): void => {
			for (const end of waiting.splice(0)) end();
		};
		return { guest, waiting, open };
	}

	it("runs a bounded number at once, and all in the end", async () => {
		const { guest, waiting, open } = gate();
		const host = await boot(guest, { concurrency: 8 });
		for (let index = 0; index < 40; index++) await accepted({ functionName: `fn${index % 10}` });
		for (let index = 0; index < 10; index++) await store.functions.create(testFunction(`fn${index}`));
		await enqueue(host);
		await vi.waitFor(() => expect(waiting.length).toBe(8));
		await settle();
		expect(waiting.length).toBe(8);
		const drain = async (): Promise<void> => {
			open();
			expect(await store.queue.size()).toBe(0);
		};
		await vi.waitFor(drain, { timeout: 60_000, interval: 5 });
		expect(host.engine.tasks).toHaveLength(41);
	});

	it("leaves room for the others when one function has a thousand events and never ends", async () => {
		const host = await boot((task) => (nameOf(task) === "f" ? new Promise(() => {}) : answer("1")), {
			concurrency: 16,
		});
		const events = Array.from({ length: 1000 }, () => accepted());
		await Promise.all(events);
		await enqueue(host, "g");
		await vi.waitFor(() => expect(calls(host, "g")).toHaveLength(1), { timeout: 60_000 });
		expect(calls(host, "f")).toHaveLength(4);
		hosts = [];
	});

	it("does not let a throttled function hold up another", async () => {
		const { guest, waiting, open } = gate();
		const host = await boot((task) => (nameOf(task) === "f" ? guest(task) : answer("1")), { concurrency: 4 });
		// Callers who wait have taken all places.
		const callers = Array.from({ length: 4 }, () => host.invoker.invoke({ functionName: "f", payload: bytes("1") }));
		await vi.waitFor(() => expect(waiting.length).toBe(4));
		for (let index = 0; index < 20; index++) await accepted();
		await enqueue(host, "g");
		await settle();
		await settle();
		expect(calls(host, "g")).toHaveLength(0);
		open();
		await Promise.all(callers);
		await clock.advance(2000);
		await vi.waitFor(() => expect(calls(host, "g")).toHaveLength(1));
		const drain = async (): Promise<void> => {
			open();
			await clock.advance(1000);
			expect(await store.queue.size()).toBe(0);
		};
		await vi.waitFor(drain, { timeout: 60_000, interval: 5 });
	});

	it("does not run an event again because the store would not forget it", async () => {
		const finish = store.queue.finish.bind(store.queue);
		let refusals = 3;
		vi.spyOn(store.queue, "finish").mockImplementation(async (...args) => {
			if (refusals-- > 0) throw new Error("disk full");
			return finish(...args);
		});
		const host = await boot();
		await enqueue(host);
		await host.untilDelivered(1);
		for (let second = 0; second < 8; second++) await clock.advance(1000);
		await untilEmpty();
		expect(host.engine.tasks).toHaveLength(1);
		expect(host.warnings).toHaveLength(3);
	});

	it("goes on after the store could not be read", async () => {
		const due = store.queue.due.bind(store.queue);
		let refusals = 2;
		vi.spyOn(store.queue, "due").mockImplementation(async (...args) => {
			if (refusals-- > 0) throw new Error("disk");
			return due(...args);
		});
		const host = await boot();
		await accepted();
		for (let second = 0; second < 3; second++) await clock.advance(1000);
		await host.untilDelivered(1);
		await untilEmpty();
	});

	it("leaves what the host's end cut off for the next host, without counting it as a failure", async () => {
		const { guest, waiting } = gate();
		const first = await boot(guest);
		const id = await enqueue(first);
		await vi.waitFor(() => expect(waiting.length).toBe(1));
		await first.stop();
		const [event] = await store.queue.due(clock.now(), 10, new Set());
		expect(event).toMatchObject({ id, attempts: 0 });
		const second = await boot();
		await second.untilDelivered(1);
		await untilEmpty();
	});

	it("waits at its end for what runs, and keeps its result", async () => {
		const { guest, waiting, open } = gate();
		const host = await boot(guest);
		await enqueue(host);
		await vi.waitFor(() => expect(waiting.length).toBe(1));
		let closed = false;
		const closing = Promise.all([host.bus.close(), host.invoker.close(60_000)]).then(() => {
			closed = true;
		});
		await settle();
		expect(closed).toBe(false);
		open();
		await closing;
		expect(await store.queue.size()).toBe(0);
	});

	it("begins nothing once it is closed", async () => {
		const host = await boot();
		await host.stop();
		await accepted();
		await clock.advance(60_000);
		expect(host.engine.tasks).toHaveLength(0);
		expect(await store.queue.size()).toBe(1);
	});
});
