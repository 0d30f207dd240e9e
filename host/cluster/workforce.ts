/** All workers together, as the parts of control see them. */
import type { WorkerView } from "../console/types.ts";
import type { Engine, FunctionSpec, Prepared } from "../engine/types.ts";
import { ServiceError, WorkerGone } from "../errors.ts";
import type { SharedObserver } from "../observe/types.ts";
import type { WorkerProcess } from "./process.ts";
import type { WorkerStats } from "./protocol.ts";
import type { RemoteInvoker } from "./remote-invoker.ts";

interface Workers {
	/** Those that listen. */
	readonly ready: WorkerProcess[];
	/** Those too that do not listen yet. */
	readonly all: WorkerProcess[];
}

type Figures = { worker: WorkerProcess; stats: WorkerStats };

export function createWorkforce(workers: Workers) {
	let gathering: Promise<Figures[]> | null = null;

	/** Asks all for the rest of logs and figures. One that dies meanwhile has none. */
	async function gather(): Promise<Figures[]> {
		const answers = await Promise.allSettled(
			workers.ready.map(async (worker) => ({ worker, stats: await worker.rpc.call("sync", []) })),
		);
		return answers.flatMap((it) => (it.status === "fulfilled" ? it.value : []));
	}

	/** The same, once for all who ask in a turn of the event loop. */
	function sync(): Promise<Figures[]> {
		gathering ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
			gathering = null;
			return gather();
		});
		return gathering;
	}

	/** Resolves when all have answered or are gone. */
	async function all(ask: (worker: WorkerProcess) => Promise<unknown>): Promise<void> {
		await Promise.allSettled(workers.all.map(ask));
	}

	return {
		/** A function was changed: resolves when no worker uses what it knew before. */
		changed: (functionName: string) => all((it) => it.rpc.call("changed", [functionName])),

		/** Each worker, for the page and for tests. */
		async views(): Promise<WorkerView[]> {
			return (await sync()).map(({ worker: { slot, pid }, stats }) => ({ slot, pid, ...stats }));
		},

		/** The workers' engines as one. */
		engine(invoker: Pick<RemoteInvoker, "workerFor">) {
			return {
				async prepare(spec: FunctionSpec): Promise<Prepared> {
					// Where its first invocation will look for an instance.
					const worker = await invoker.workerFor(spec.env.AWS_LAMBDA_FUNCTION_NAME ?? spec.id);
					try {
						return await worker.rpc.call("prepare", [spec]);
					} catch (error) {
						if (!(error instanceof WorkerGone)) throw error;
						throw new ServiceError("ServiceException", `${error.message} It was initialising the function. Try again.`);
					}
				},
				retire: (specId: string) => void all((it) => it.rpc.call("retire", [specId])),
				async stats(): Promise<ReturnType<Engine["stats"]>> {
					const sum = { instances: 0, busy: 0, memoryBytes: 0 };
					for (const { stats } of await sync()) {
						sum.instances += stats.instances;
						sum.busy += stats.busy;
						sum.memoryBytes += stats.memoryBytes;
					}
					return sum;
				},
			};
		},

		/** Control's observer, which has what the workers have sent, made to wait for the rest. */
		observer(observer: SharedObserver) {
			return {
				async *read(...args: Parameters<SharedObserver["read"]>) {
					await sync();
					yield* observer.read(...args);
				},
				async stats(functionName: string) {
					await sync();
					return observer.stats(functionName);
				},
				note: observer.note.bind(observer),
				async remove(functionName: string): Promise<void> {
					await all((it) => it.rpc.call("removeLog", [functionName]));
					await observer.remove(functionName);
				},
			};
		},
	};
}
