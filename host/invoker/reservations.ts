/** Reserved concurrency of all functions: what is kept for each, and what is left for the others. */
import type { FunctionSettingsRecord, RecordTable } from "../store/types.ts";
import type { PermitLimits } from "./permits.ts";

/** What has to remain for functions without reserved concurrency (Lambda quotas). */
export const MIN_UNRESERVED = 100;

type Settings = Pick<RecordTable<FunctionSettingsRecord>, "get" | "list">;

const PAGE = 1000;

export class Reservations {
	/** Invocations at once over all functions. */
	readonly account: number;
	readonly #settings: Settings;
	readonly #limits: PermitLimits;
	readonly #reserved = new Map<string, number>();
	#total = 0;
	/** One look at the store at a time: an older one must not be heeded after a newer one. */
	#turn: Promise<void> = Promise.resolve();

	private constructor(settings: Settings, limits: PermitLimits, account: number) {
		this.#settings = settings;
		this.#limits = limits;
		this.account = account;
	}

	/** Reads what was reserved before. `account`: invocations at once over all functions. */
	static async open(settings: Settings, limits: PermitLimits, account: number): Promise<Reservations> {
		const it = new Reservations(settings, limits, account);
		for (let after: string | null = null; ; ) {
			const page = await settings.list(null, PAGE, after);
			for (const { functionName, reservedConcurrency } of page.items)
				await it.#apply(functionName, reservedConcurrency);
			after = page.next;
			if (after === null) return it;
		}
	}

	/** What functions without reserved concurrency have. */
	get unreserved(): number {
		return this.account - this.#total;
	}

	/** What would be left for the others if a function had so much reserved. */
	unreservedWith(functionName: string, reserved: number): number {
		return this.unreserved + (this.#reserved.get(functionName) ?? 0) - reserved;
	}

	/** The function, or what was set for it, may have changed. Resolves when its permits are as many as they are to be. */
	refresh(functionName: string): Promise<void> {
		const done = this.#turn.then(async () => {
			const settings = await this.#settings.get(functionName, "");
			await this.#apply(functionName, settings?.reservedConcurrency);
		});
		this.#turn = done.catch(() => {});
		return done;
	}

	async #apply(functionName: string, reserved: number | undefined): Promise<void> {
		const before = this.#reserved.get(functionName);
		if (before === reserved) return;
		this.#total += (reserved ?? 0) - (before ?? 0);
		if (reserved === undefined) this.#reserved.delete(functionName);
		else this.#reserved.set(functionName, reserved);
		await this.#limits.limit(null, Math.max(0, this.unreserved));
		await this.#limits.limit(functionName, reserved ?? 0);
	}
}
