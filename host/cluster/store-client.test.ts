import { expect, it } from "vitest";
import { storeClient } from "./store-client.ts";

/** Control with one function, `F`; counts what it is asked. */
function control() {
	const asked: string[] = [];
	const found: Record<string, unknown> = {
		"functionOf F": { name: "F", revisionId: "1" },
		"urlById id": { id: "id", functionName: "F", qualifier: null },
		"urlOf F": { id: "id", functionName: "F", qualifier: null },
		"sameLabel f": ["F"],
	};
	const call = async (name: string, args: unknown[]) => {
		const key = `${name} ${args[0]}`;
		asked.push(key);
		await new Promise(setImmediate);
		return found[key] ?? (name === "sameLabel" ? [] : null);
	};
	// biome-ignore lint/suspicious/noExplicitAny: stands for the calls of all functions.
	return { asked, found, store: storeClient({ call: call as any }) };
}

it("asks once for what is there, and each time for what is not", async () => {
	const { asked, store } = control();
	for (let count = 0; count < 3; count++) {
		await store.functions.get("F");
		await store.functions.sameLabel("f");
		await store.urls.byId("id");
		await store.urls.byFunction("F", null);
		await store.functions.get("none");
	}
	const none = "functionOf none";
	expect(asked).toEqual(["functionOf F", "sameLabel f", "urlById id", "urlOf F", none, none, none]);
});

it("forgets all of a function that changed, its shared host name too, and nothing of others", async () => {
	const { asked, found, store } = control();
	found["functionOf G"] = { name: "G" };
	const look = () =>
		Promise.all([
			store.functions.get("F"),
			store.functions.get("G"),
			store.functions.sameLabel("f"),
			store.urls.byId("id"),
			store.urls.byFunction("F", null),
		]);
	await look();
	const before = store.generation();
	store.forget("F");
	expect(store.generation()).not.toBe(before);
	asked.length = 0;
	await look();
	expect(asked.sort()).toEqual(["functionOf F", "sameLabel f", "urlById id", "urlOf F"]);
	store.forget("f");
	asked.length = 0;
	await store.functions.sameLabel("f");
	expect(asked).toEqual(["sameLabel f"]);
});

it("does not keep what a change has overtaken", async () => {
	const { asked, store } = control();
	const reading = store.functions.get("F");
	store.forget("F");
	await reading;
	await store.functions.get("F");
	expect(asked).toEqual(["functionOf F", "functionOf F"]);
});
