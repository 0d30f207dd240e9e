import { beforeEach, describe, expect, it } from "vitest";
import { enqueue, runJobs } from "./jobs.ts";
import { GuestPromise, runAsync, takeUnhandledRejections } from "./promise.ts";

/** Runs one program over two kinds of promises and gives what each wrote, in order. */
type Program = (P: PromiseConstructor, log: (it: unknown) => void) => void;

/** A step of a chain: leaves a line and gives it on. */
function logged<T>(line: T, log: (it: unknown) => void): () => T {
	return () => {
		log(line);
		return line;
	};
}

async function native(program: Program): Promise<unknown[]> {
	const log: unknown[] = [];
	program(Promise, (it) => log.push(it));
	for (let i = 0; i < 50; i++) await null;
	return log;
}

function own(program: Program): unknown[] {
	const log: unknown[] = [];
	program(GuestPromise as unknown as PromiseConstructor, (it) => log.push(it));
	runJobs();
	return log;
}

beforeEach(() => void takeUnhandledRejections());

describe("a promise runs its jobs in the order that ECMAScript gives", () => {
	const programs: Record<string, Program> = {
		"two chains take turns": (P, log) => {
			for (const name of ["a", "b"]) {
				P.resolve(0)
					.then(logged(`${name}1`, log))
					.then(logged(`${name}2`, log))
					.then(log);
			}
		},
		"a promise that is returned takes two more turns": (P, log) => {
			P.resolve()
				.then(() => P.resolve("inner"))
				.then(log);
			let chain = P.resolve();
			for (let i = 0; i < 5; i++) chain = chain.then(() => log(i));
		},
		"a thenable is asked in a job of its own": (P, log) => {
			// biome-ignore lint/suspicious/noThenProperty: this is what is tested.
			const thenable = { then: (yes: (it: unknown) => void) => yes(logged("asked", log)()) };
			P.resolve(thenable as never).then(log);
			P.resolve().then(() => log("after"));
		},
		"what throws rejects, and a handler mends it": (P, log) => {
			new P(() => {
				throw new Error("executor");
			})
				.catch(logged("mended", log))
				.then(log);
		},
		"only the first settling counts": (P, log) => {
			new P<string>((yes, no) => {
				yes("first");
				no(new Error("second"));
				yes("third");
			}).then(log, log);
		},
		"finally passes the outcome on, unless it fails itself": (P, log) => {
			P.resolve("value")
				.finally(() => log("finally"))
				.then(log);
			P.reject(new Error("reason"))
				.finally(() => log("finally too"))
				.catch((error: Error) => log(error.message));
			P.resolve()
				.finally(() => P.reject(new Error("of finally")))
				.catch((error: Error) => log(error.message));
		},
		"all, allSettled, any and race": (P, log) => {
			const mixed = () => [P.resolve(1), 2, P.reject(new Error("3"))];
			P.all([P.resolve(1), 2]).then((it) => log(it));
			P.all(mixed()).catch((error: Error) => log(error.message));
			P.allSettled(mixed()).then((it) => log(it.map(({ status }) => status)));
			P.any([P.reject(new Error("a")), P.resolve("any")]).then(log);
			P.any([P.reject("a"), P.reject("b")]).catch((error: AggregateError) => log([error.name, error.errors]));
			P.race([new P(() => undefined), P.resolve("race")]).then(log);
			P.all([]).then((it) => log(it));
		},
		"an iterable that throws rejects": (P, log) => {
			function* broken() {
				yield 1;
				throw new Error("iterable");
			}
			P.all(broken()).catch((error: Error) => log(error.message));
		},
		"withResolvers and try": (P, log) => {
			const { promise, resolve } = P.withResolvers<string>();
			promise.then(log);
			resolve("resolved");
			P.try((a: number, b: number) => a + b, 1, 2).then(log);
			P.try(() => {
				throw new Error("try");
			}).catch((error: Error) => log(error.message));
		},
		"a promise that follows itself rejects": (P, log) => {
			const { promise, resolve } = P.withResolvers<unknown>();
			promise.catch((error: Error) => log(error.name));
			resolve(promise);
		},
	};

	it.each(Object.keys(programs))("%s", async (name) => {
		const wanted = await native(programs[name]!);
		expect(wanted.length).toBeGreaterThan(0);
		expect(own(programs[name]!)).toEqual(wanted);
	});
});

type Body = () => Generator<unknown, unknown, never>;
type Run = (body: Body) => PromiseLike<unknown>;

/** An `async` function of Node's that does what the generator does. */
const runNative: Run = async (body) => {
	const running = body();
	let step = running.next();
	while (!step.done) {
		let value: unknown;
		let failed = false;
		try {
			value = await step.value;
		} catch (error) {
			[value, failed] = [error, true];
		}
		step = failed ? running.throw(value) : running.next(value as never);
	}
	return step.value;
};

describe("an async function that was lowered runs as others do", () => {
	type Async = (P: PromiseConstructor, run: Run, log: (it: unknown) => void) => void;
	const programs: Record<string, Async> = {
		"until it waits, and on in a job": (P, run, log) => {
			run(function* () {
				log("begins");
				log(yield "plain");
				log(yield P.resolve("promise"));
				return "end";
			}).then(log);
			P.resolve().then(() => log("between"));
			log("goes on");
		},
		"takes turns with others": (_P, run, log) => {
			for (const name of ["a", "b"])
				run(function* () {
					for (let i = 0; i < 3; i++) log(`${name}${yield i}`);
				});
		},
		"a promise or a thenable that it returns is followed": (P, run, log) => {
			run(function* () {
				yield 1;
				return P.resolve("followed");
			}).then(log);
			run(function* () {
				yield 1;
				// biome-ignore lint/suspicious/noThenProperty: this is what is tested.
				return { then: (yes: (it: unknown) => void) => yes("asked") };
			}).then(log);
			let chain = P.resolve();
			for (let i = 0; i < 5; i++) chain = chain.then(() => log(i));
		},
		"throws, before and after it waited": (_P, run, log) => {
			const failed = (error: Error): void => log(error.message);
			run(function* () {
				yield* [];
				throw new Error("at once");
			}).then(log, failed);
			run(function* () {
				yield 1;
				throw new Error("later");
			}).then(log, failed);
		},
		"catches what it waited for": (P, run, log) => {
			run(function* () {
				try {
					yield P.reject(new Error("reason"));
				} catch (error) {
					log((error as Error).message);
				} finally {
					log(yield "in finally");
				}
			}).then(log);
		},
	};

	it.each(Object.keys(programs))("%s", async (name) => {
		const wanted = await native((P, log) => programs[name]!(P, runNative, log));
		expect(wanted.length).toBeGreaterThan(0);
		const run: Run = (body) => runAsync(body()) as unknown as PromiseLike<unknown>;
		expect(own((P, log) => programs[name]!(P, run, log))).toEqual(wanted);
	});

	it("whose rejection nobody handles is told", () => {
		runAsync(
			(function* () {
				yield 1;
				throw new Error("lost");
			})(),
		);
		runJobs();
		expect(takeUnhandledRejections()).toMatchObject([{ message: "lost" }]);
	});
});

describe("a promise", () => {
	it("is itself when it is resolved again, and shows no member", () => {
		const promise = GuestPromise.resolve(1);
		expect(GuestPromise.resolve(promise)).toBe(promise);
		expect(Object.keys(promise)).toEqual([]);
		expect(String(promise)).toBe("[object Promise]");
	});

	it("needs a function to begin with", () => {
		expect(() => new GuestPromise(undefined as never)).toThrow(TypeError);
	});

	it("of a subclass makes promises of that subclass", () => {
		class Mine extends GuestPromise {}
		expect(Mine.resolve(1)).toBeInstanceOf(Mine);
		expect(Mine.resolve(1).then()).toBeInstanceOf(Mine);
	});

	it("that was rejected counts as unhandled until somebody asks", () => {
		const lost = GuestPromise.reject("lost");
		const found = GuestPromise.reject("found");
		found.catch(() => undefined);
		runJobs();
		expect(takeUnhandledRejections()).toEqual(["lost"]);
		expect(takeUnhandledRejections()).toEqual([]);
		lost.catch(() => undefined);
	});

	it("passes its rejection on to what hangs on it", () => {
		GuestPromise.reject("reason").then(() => undefined);
		runJobs();
		expect(takeUnhandledRejections()).toEqual(["reason"]);
	});
});

describe("the queue", () => {
	it("keeps what waits when a job throws", () => {
		const log: string[] = [];
		GuestPromise.resolve().then(() => log.push("before"));
		enqueue(() => {
			throw new Error("job");
		});
		enqueue(() => log.push("after"));
		expect(runJobs).toThrow("job");
		runJobs();
		expect(log).toEqual(["before", "after"]);
	});
});
