/** The account: what it may use and what it uses. */
import type { GetAccountSettingsResponse } from "@aws-sdk/client-lambda";
import type { Store } from "../store/types.ts";
import type { ApiDeps, Handlers } from "./operation.ts";
import { MAX_CODE_STORAGE } from "./publish.ts";
import { MAX_UNZIPPED, MAX_UPLOAD } from "./zip.ts";

export function accountHandlers({ config, store }: ApiDeps): Handlers<"GetAccountSettings"> {
	return {
		async GetAccountSettings() {
			const { functions, codeBytes } = await store.functions.count();
			const body: GetAccountSettingsResponse = {
				AccountLimit: {
					TotalCodeSize: MAX_CODE_STORAGE,
					CodeSizeUnzipped: MAX_UNZIPPED,
					CodeSizeZipped: MAX_UPLOAD,
					ConcurrentExecutions: config.concurrency,
					UnreservedConcurrentExecutions: config.concurrency - (await reservedConcurrency(store)),
				},
				AccountUsage: { TotalCodeSize: codeBytes, FunctionCount: functions },
			};
			return { body };
		},
	};
}

/** Settings that are read at a time. */
const PAGE = 1000;

/** Invocations at once that are kept for functions, all together. */
async function reservedConcurrency(store: Store): Promise<number> {
	let total = 0;
	let after: string | null = null;
	do {
		const page = await store.settings.list(null, PAGE, after);
		for (const { reservedConcurrency = 0 } of page.items) total += reservedConcurrency;
		after = page.next;
	} while (after !== null);
	return total;
}
