/** Triggers as the API and the CLI handle them: checked, kept, then run. */
import { randomUUID } from "node:crypto";
import { Ajv } from "ajv";
import type { Config } from "../config.ts";
import { ServiceError } from "../errors.ts";
import { functionArn } from "../invoker/arn.ts";
import type { HostInvoker } from "../invoker/invoker.ts";
import type { Store, TriggerRecord } from "../store/types.ts";
import type { Clock } from "./clock.ts";
import type { Runner } from "./runner.ts";
import { describe, type EventSource, invalid } from "./types.ts";

export interface Triggers {
	list(functionName?: string): Promise<TriggerRecord[]>;
	/** Takes `{kind, functionName, settings, enabled?}`; the trigger is on disk and runs when it resolves. Throws ServiceError. */
	add(input: unknown): Promise<TriggerRecord>;
	/** False if there is none. No event of it is accepted any more when it resolves. */
	remove(id: string): Promise<boolean>;
}

interface Input {
	kind: string;
	functionName: string;
	enabled: boolean;
	settings: unknown;
}

const validate = new Ajv({ allErrors: true, useDefaults: true }).compile<Input>({
	type: "object",
	additionalProperties: false,
	required: ["kind", "functionName"],
	properties: {
		kind: { type: "string" },
		functionName: { type: "string", pattern: "^[a-zA-Z0-9-_]{1,64}$" },
		enabled: { type: "boolean", default: true },
		settings: { type: "object", default: {} },
	},
});

export interface TriggersDeps {
	config: Config;
	store: Store;
	invoker: HostInvoker;
	clock: Clock;
	sources: readonly EventSource[];
	runner: Runner;
}

export function createTriggers(deps: TriggersDeps): Triggers {
	const { config, store, invoker, runner } = deps;

	function check(value: unknown): Input {
		const input: unknown = structuredClone(value);
		if (validate(input)) return input;
		throw invalid(describe("trigger", validate.errors ?? []));
	}

	function sourceOf(kind: string): EventSource {
		const source = deps.sources.find((it) => it.kind === kind);
		if (source) return source;
		throw invalid(
			`trigger.kind is ${JSON.stringify(kind)}, but must be one of: ${deps.sources.map((it) => it.kind).join(", ")}`,
		);
	}

	async function add(value: unknown): Promise<TriggerRecord> {
		const { kind, functionName, enabled, settings } = check(value);
		const source = sourceOf(kind);
		if (!(await store.functions.get(functionName))) {
			const arn = functionArn(config, functionName);
			throw new ServiceError("ResourceNotFoundException", `Function not found: ${arn}`);
		}
		const now = deps.clock.now();
		const admitted = await source.admit(settings, { config, now, others: await store.triggers.list(functionName) });
		const createdAt = new Date(now).toISOString();
		const record = { id: randomUUID(), kind, functionName, enabled, settings: admitted, createdAt };
		await store.triggers.create(record);
		await changed(functionName);
		return record;
	}

	/** The function's mounts are made of its triggers; then the sources follow. */
	async function changed(functionName: string): Promise<void> {
		invoker.changed(functionName);
		await runner.reconcile(functionName);
	}

	return {
		list: (functionName) => store.triggers.list(functionName),
		add,
		async remove(id) {
			const trigger = await store.triggers.get(id);
			if (!trigger || !(await store.triggers.delete(id))) return false;
			await changed(trigger.functionName);
			return true;
		},
	};
}
