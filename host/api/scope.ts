/** The handlers as a caller's account and region have them: in ARNs, and in what there is. */
import { accountStore, type View } from "../auth/account-store.ts";
import type { Caller } from "../auth/callers.ts";
import { ServiceError } from "../errors.ts";
import { functionArn } from "../invoker/arn.ts";
import type { InvokeRequest, Invoker } from "../invoker/types.ts";
import { handlersOf } from "./handlers.ts";
import type { ApiDeps, Handlers } from "./operation.ts";

/** Scopes whose handlers are kept at most. Callers who need no key may make regions up. */
const CAPACITY = 200;

export function scopedHandlers(deps: ApiDeps): (caller: Caller) => Handlers {
	const known = new Map<string, Handlers>();
	return (caller) => {
		const { account, region } = deps.config;
		const view: View = {
			account: caller.account ?? account,
			region: caller.region ?? region,
			ownAccount: account,
			all: caller.kind !== "key",
		};
		const key = `${view.account} ${view.region} ${view.all}`;
		let handlers = known.get(key);
		if (handlers === undefined) {
			if (known.size >= CAPACITY) known.clear();
			handlers = handlersOf(inView(deps, view));
			known.set(key, handlers);
		}
		return handlers;
	};
}

function inView(deps: ApiDeps, view: View): ApiDeps {
	const { account, region } = view;
	const store = accountStore(deps.store, view);
	const config = { ...deps.config, account, region };
	return { ...deps, config, store, invoker: ownInvoker(deps, { ...deps, config, store }) };
}

/** The invoker looks functions up for everybody: this one does so for the caller, and names them as the caller does. */
function ownInvoker({ invoker, config: host }: ApiDeps, { config, store }: ApiDeps): Invoker {
	const [theirs, ours] = [functionArn(host, ""), functionArn(config, "")];
	const asOwn = async <T>(
		{ functionName, qualifier }: Pick<InvokeRequest, "functionName" | "qualifier">,
		act: () => Promise<T>,
	): Promise<T> => {
		if ((await store.functions.get(functionName)) === null)
			throw new ServiceError(
				"ResourceNotFoundException",
				`Function not found: ${functionArn(config, functionName, qualifier)}`,
			);
		try {
			return await act();
		} catch (error) {
			if (!(error instanceof ServiceError) || theirs === ours) throw error;
			throw new ServiceError(error.name, error.message.replaceAll(theirs, ours), error.members);
		}
	};
	const own: Pick<Invoker, "invoke" | "enqueue"> = {
		invoke: (request) => asOwn(request, () => invoker.invoke(request)),
		enqueue: (request) => asOwn(request, () => invoker.enqueue(request)),
	};
	return new Proxy(invoker, {
		get(target, name) {
			const value: unknown = Reflect.get(Object.hasOwn(own, name) ? own : target, name);
			return typeof value === "function" && !Object.hasOwn(own, name) ? value.bind(target) : value;
		},
	});
}
