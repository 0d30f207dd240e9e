/** What every store must do. A store's own tests call `storeContract`; reopening stands for a restart of the host. */
import { afterEach, beforeEach, describe } from "vitest";
import { functionsContract } from "./contract/functions.ts";
import { queueContract } from "./contract/queue.ts";
import { recordsContract } from "./contract/records.ts";
import { togetherContract } from "./contract/together.ts";
import { triggersContract } from "./contract/triggers.ts";
import { urlsContract } from "./contract/urls.ts";
import type { Store } from "./types.ts";

/** A store that one test has to itself. */
export interface TestStore {
	store: Store;
	/** Closes it and opens it again. */
	reopen(): Promise<Store>;
	/** Closes it and removes what it kept. */
	destroy(): Promise<void>;
}

/** How a test gets at its store. */
export interface Subject {
	readonly store: Store;
	/** `store` is another one afterwards. */
	reopen(): Promise<void>;
}

/** Registers the suite for one implementation. */
export function storeContract(name: string, open: () => Promise<TestStore>): void {
	describe(`${name} is a store`, () => {
		let current: TestStore;
		let store: Store;
		beforeEach(async () => {
			current = await open();
			store = current.store;
		});
		afterEach(() => current.destroy());
		const subject: Subject = {
			get store() {
				return store;
			},
			async reopen() {
				store = await current.reopen();
			},
		};
		describe("functions", () => functionsContract(subject));
		describe("urls", () => urlsContract(subject));
		describe("queue", () => queueContract(subject));
		describe("triggers", () => triggersContract(subject));
		describe("records", () => recordsContract(subject));
		describe("together", () => togetherContract(subject));
	});
}
