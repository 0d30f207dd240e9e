import { expect, it } from "vitest";
import type { Subject } from "../contract.ts";
import { eventInvokeRecord, functionRecord } from "../testing/records.ts";
import { Changed } from "../types.ts";

export function eventInvokeContract(subject: Subject): void {
	it("keeps the last record that was put, also over a restart", async () => {
		await subject.store.functions.create(functionRecord("echo"));
		await subject.store.eventInvoke.put(eventInvokeRecord("echo"));
		const record = eventInvokeRecord("echo", {
			maximumRetryAttempts: 0,
			maximumEventAgeSeconds: 60,
			onFailure: "arn:aws:lambda:us-east-1:000000000000:function:other",
		});
		await subject.store.eventInvoke.put(record);
		await subject.reopen();
		expect(await subject.store.eventInvoke.get("echo")).toEqual(record);
	});

	it("has null for a function without one", async () => {
		await subject.store.functions.create(functionRecord("echo"));
		expect(await subject.store.eventInvoke.get("echo")).toBeNull();
		expect(await subject.store.eventInvoke.get("nobody")).toBeNull();
	});

	it("refuses one for a function that is not there", async () => {
		await expect(subject.store.eventInvoke.put(eventInvokeRecord("nobody"))).rejects.toThrow(Changed);
		expect(await subject.store.eventInvoke.get("nobody")).toBeNull();
	});

	it("deletes one, and says whether there was one", async () => {
		await subject.store.functions.create(functionRecord("echo"));
		await subject.store.eventInvoke.put(eventInvokeRecord("echo"));
		expect(await subject.store.eventInvoke.delete("echo")).toBe(true);
		expect(await subject.store.eventInvoke.delete("echo")).toBe(false);
		await subject.reopen();
		expect(await subject.store.eventInvoke.get("echo")).toBeNull();
	});
}
