/** One line a resource: what is served, from which file. */
import { accountHandlers } from "./account.ts";
import { eventInvokeHandlers } from "./event-invoke.ts";
import { functionHandlers } from "./functions.ts";
import { invokeHandlers } from "./invoke.ts";
import type { ApiDeps, Handlers } from "./operation.ts";
import { policyHandlers } from "./policy.ts";
import { resourcePolicyHandlers } from "./resource-policy.ts";
import { tagHandlers } from "./tags.ts";
import { urlHandlers } from "./urls.ts";

/** The handler of every served operation. */
export function handlersOf(deps: ApiDeps): Handlers {
	return {
		...functionHandlers(deps),
		...invokeHandlers(deps),
		...urlHandlers(deps),
		...eventInvokeHandlers(deps),
		...tagHandlers(deps),
		...accountHandlers(deps),
		...policyHandlers(deps),
		...resourcePolicyHandlers(deps),
	};
}
