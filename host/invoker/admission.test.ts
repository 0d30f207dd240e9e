import { describe, expect, it } from "vitest";
import { createAdmission } from "./admission.ts";

describe("admission", () => {
	it("refuses one more than the limit, as Lambda does, and admits again after one has left", async () => {
		const admission = createAdmission(2);
		const first = admission.enter(undefined)!;
		admission.enter(undefined);
		expect(admission.enter(undefined)).toBeNull();
		await expect(admission.more()).rejects.toMatchObject({
			name: "TooManyRequestsException",
			status: 429,
			message: "Rate Exceeded.",
			members: { Reason: "ConcurrentInvocationLimitExceeded" },
		});
		first.release();
		expect(admission.enter(undefined)).not.toBeNull();
		expect(admission.running()).toBe(2);
	});

	it("passes on that the caller went away", () => {
		const caller = new AbortController();
		const permit = createAdmission(1).enter(caller.signal)!;
		expect(permit.aborted).toBe(false);
		caller.abort(new Error("gone"));
		expect(permit.aborted).toBe(true);
		expect(permit.stopped()).toBe(false);
	});

	it("passes on that the caller had gone before", () => {
		expect(createAdmission(1).enter(AbortSignal.abort())!.aborted).toBe(true);
	});

	it("leaves no listener at the caller's signal", () => {
		const caller = new AbortController();
		const permit = createAdmission(1).enter(caller.signal)!;
		let told = 0;
		permit.addEventListener("abort", () => told++);
		permit.release();
		caller.abort();
		expect(told).toBe(0);
	});

	it("closes at once when nothing runs, and admits no more", async () => {
		const admission = createAdmission(1);
		await admission.close(60_000);
		expect(() => admission.enter(undefined)).toThrow(expect.objectContaining({ name: "ServiceUnavailableException" }));
	});

	it("waits for what runs and does not abort it within the grace", async () => {
		const admission = createAdmission(1);
		const permit = admission.enter(undefined)!;
		let closed = false;
		const closing = admission.close(60_000).then(() => {
			closed = true;
		});
		await new Promise(setImmediate);
		expect(closed).toBe(false);
		permit.release();
		await closing;
		expect(permit.aborted).toBe(false);
	});

	it("aborts what runs longer than the grace, and waits for it to end", async () => {
		const admission = createAdmission(1);
		const permit = admission.enter(undefined)!;
		const aborted = new Promise<void>((resolve) => permit.addEventListener("abort", resolve));
		let closed = false;
		const closing = admission.close(0).then(() => {
			closed = true;
		});
		await aborted;
		await new Promise(setImmediate);
		expect(permit.stopped()).toBe(true);
		expect(closed).toBe(false);
		permit.release();
		await closing;
	});

	it("a second close shortens the grace", async () => {
		const admission = createAdmission(1);
		const permit = admission.enter(undefined)!;
		permit.addEventListener("abort", () => permit.release());
		const closing = admission.close(60_000);
		await admission.close(0);
		await closing;
		expect(permit.stopped()).toBe(true);
	});
});
