/** The account: what it may use and what it uses. */
import type { GetAccountSettingsResponse } from "@aws-sdk/client-lambda";
import type { ApiDeps, Handlers } from "./operation.ts";
import { MAX_CODE_STORAGE } from "./publish.ts";
import { MAX_UNZIPPED, MAX_UPLOAD } from "./zip.ts";

export function accountHandlers({ config, store, reservations }: ApiDeps): Handlers<"GetAccountSettings"> {
	return {
		async GetAccountSettings() {
			const { functions, codeBytes } = await store.functions.count();
			const body: GetAccountSettingsResponse = {
				AccountLimit: {
					TotalCodeSize: MAX_CODE_STORAGE,
					CodeSizeUnzipped: MAX_UNZIPPED,
					CodeSizeZipped: MAX_UPLOAD,
					ConcurrentExecutions: config.concurrency,
					UnreservedConcurrentExecutions: reservations.unreserved,
				},
				AccountUsage: { TotalCodeSize: codeBytes, FunctionCount: functions },
			};
			return { body };
		},
	};
}
