import { expect, it } from "vitest";
import type { Subject } from "../contract.ts";
import { functionRecord, urlRecord } from "../testing/records.ts";
import { AlreadyExists, Changed } from "../types.ts";

export function urlsContract(subject: Subject): void {
	it("keeps a record as it was given, also over a restart, and finds it by id and by function", async () => {
		const record = urlRecord("echo", "id-1", {
			cors: { allowOrigins: ["https://a.example"], allowCredentials: true, maxAge: 0 },
			invokeMode: "RESPONSE_STREAM",
		});
		await subject.store.functions.create(functionRecord("echo"));
		await subject.store.urls.create(record);
		await subject.reopen();
		expect(await subject.store.urls.byId("id-1")).toEqual(record);
		expect(await subject.store.urls.byFunction("echo", null)).toEqual(record);
		expect(await subject.store.urls.list("echo")).toEqual([record]);
	});

	it("has nothing for what is not there", async () => {
		await subject.store.functions.create(functionRecord("echo"));
		expect(await subject.store.urls.byId("id-1")).toBeNull();
		expect(await subject.store.urls.byFunction("echo", null)).toBeNull();
		expect(await subject.store.urls.list("echo")).toEqual([]);
		expect(await subject.store.urls.delete("echo", null)).toBe(false);
	});

	it("has one URL a function and qualifier", async () => {
		await subject.store.functions.create(functionRecord("echo"));
		await subject.store.urls.create(urlRecord("echo", "id-1"));
		await expect(subject.store.urls.create(urlRecord("echo", "id-2"))).rejects.toThrow(AlreadyExists);
		await subject.store.urls.create(urlRecord("echo", "id-3", { qualifier: "live" }));
		await expect(subject.store.urls.create(urlRecord("echo", "id-4", { qualifier: "live" }))).rejects.toThrow(
			AlreadyExists,
		);
		await subject.store.urls.create(urlRecord("echo", "id-5", { qualifier: "Live" }));
		expect((await subject.store.urls.list("echo")).map((it) => it.qualifier)).toEqual([null, "Live", "live"]);
		expect((await subject.store.urls.byFunction("echo", "live"))?.id).toBe("id-3");
		expect((await subject.store.urls.byFunction("echo", null))?.id).toBe("id-1");
		expect(await subject.store.urls.byId("id-2")).toBeNull();
	});

	it("refuses an id that another function's URL has", async () => {
		await subject.store.functions.create(functionRecord("echo"));
		await subject.store.functions.create(functionRecord("other"));
		await subject.store.urls.create(urlRecord("echo", "id-1"));
		await expect(subject.store.urls.create(urlRecord("other", "id-1"))).rejects.toThrow(AlreadyExists);
		expect((await subject.store.urls.byId("id-1"))?.functionName).toBe("echo");
	});

	it("refuses a URL of a function that is not there", async () => {
		await expect(subject.store.urls.create(urlRecord("nobody", "id-1"))).rejects.toThrow(Changed);
		expect(await subject.store.urls.byId("id-1")).toBeNull();
	});

	it("updates the URL it is told to, and no other", async () => {
		await subject.store.functions.create(functionRecord("echo"));
		await subject.store.urls.create(urlRecord("echo", "id-1"));
		await subject.store.urls.create(urlRecord("echo", "id-2", { qualifier: "live" }));
		const changed = urlRecord("echo", "id-1", { authType: "AWS_IAM" });
		await subject.store.urls.update(changed);
		await subject.reopen();
		expect(await subject.store.urls.byId("id-1")).toEqual(changed);
		expect((await subject.store.urls.byId("id-2"))?.authType).toBe("NONE");
		await expect(subject.store.urls.update(urlRecord("echo", "id-3"))).rejects.toThrow(Changed);
		await expect(subject.store.urls.update(urlRecord("other", "id-1"))).rejects.toThrow(Changed);
		await expect(subject.store.urls.update(urlRecord("echo", "id-1", { qualifier: "live" }))).rejects.toThrow(Changed);
	});

	it("deletes the URL of one qualifier", async () => {
		await subject.store.functions.create(functionRecord("echo"));
		await subject.store.urls.create(urlRecord("echo", "id-1"));
		await subject.store.urls.create(urlRecord("echo", "id-2", { qualifier: "live" }));
		expect(await subject.store.urls.delete("echo", null)).toBe(true);
		expect(await subject.store.urls.delete("echo", null)).toBe(false);
		await subject.reopen();
		expect((await subject.store.urls.list("echo")).map((it) => it.id)).toEqual(["id-2"]);
	});
}
