/** The account: what it may use and what it uses. */
import type { GetAccountSettingsResponse } from "@aws-sdk/client-lambda";
import type { ApiDeps, Handlers } from "./operation.ts";
import { MAX_CODE_STORAGE } from "./publish.ts";
import { MAX_UNZIPPED, MAX_UPLOAD } from "./upload.ts";

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
					// Nothing is reserved: there is no reserved concurrency yet.
					UnreservedConcurrentExecutions: config.concurrency,
				},
				AccountUsage: { TotalCodeSize: codeBytes, FunctionCount: functions },
			};
			return { body };
		},
	};
}
