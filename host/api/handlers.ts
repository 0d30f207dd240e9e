/** One line a resource: what is served, from which file. */
import { accountHandlers } from "./account.ts";
import { aliasHandlers } from "./aliases.ts";
import { codeSigningHandlers } from "./code-signing.ts";
import { concurrencyHandlers } from "./concurrency.ts";
import { eventInvokeHandlers } from "./event-invoke.ts";
import { functionHandlers } from "./functions.ts";
import { invokeHandlers } from "./invoke.ts";
import { layerPermissionHandlers } from "./layer-permissions.ts";
import { layerHandlers } from "./layers.ts";
import { mappingHandlers } from "./mappings/handlers.ts";
import type { ApiDeps, Handlers } from "./operation.ts";
import { policyHandlers } from "./policy.ts";
import { provisionedHandlers } from "./provisioned.ts";
import { recursionHandlers } from "./recursion.ts";
import { resourcePolicyHandlers } from "./resource-policy.ts";
import { runtimeManagementHandlers } from "./runtime-management.ts";
import { scalingHandlers } from "./scaling.ts";
import { tagHandlers } from "./tags.ts";
import { urlHandlers } from "./urls.ts";
import { versionHandlers } from "./versions.ts";

/** The handler of every served operation. */
export function handlersOf(deps: ApiDeps): Handlers {
	return {
		...functionHandlers(deps),
		...invokeHandlers(deps),
		...urlHandlers(deps),
		...eventInvokeHandlers(deps),
		...mappingHandlers(deps),
		...runtimeManagementHandlers(deps),
		...scalingHandlers(deps),
		...tagHandlers(deps),
		...accountHandlers(deps),
		...policyHandlers(deps),
		...resourcePolicyHandlers(deps),
		...layerHandlers(deps),
		...codeSigningHandlers(deps),
		...layerPermissionHandlers(deps),
		...versionHandlers(deps),
		...aliasHandlers(deps),
		...concurrencyHandlers(deps),
		...recursionHandlers(deps),
		...provisionedHandlers(deps),
	};
}
