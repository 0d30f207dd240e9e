/** What an event source is. One folder a source, one line in `registry.ts`; `contract.ts` is what each has to pass. */
import { Ajv, type ErrorObject } from "ajv";
import type { Config } from "../config.ts";
import { ServiceError } from "../errors.ts";
import type { TriggerRecord } from "../store/types.ts";
import type { Clock } from "./clock.ts";

/** What the bus gives a source that runs for one trigger. */
export interface SourceContext {
	readonly trigger: TriggerRecord;
	readonly config: Config;
	readonly clock: Clock;
	/** What the source remembered, by key. */
	checkpoints(): Promise<Map<string, string>>;
	/** Remembers `value` (null forgets) and, in the same transaction, accepts an event for the trigger's function. Both are on disk
	 * when it resolves. Rejects when the store fails: then neither happened, and the source tries again. */
	advance(key: string, value: string | null, payload?: Uint8Array): Promise<void>;
	/** A fault that the source survives, for the host's operator. */
	warn(message: string, cause?: unknown): void;
}

export interface RunningSource {
	/** No event is accepted after it resolved. */
	stop(): Promise<void>;
}

/** What `admit` may look at. */
export interface AdmitContext {
	config: Config;
	/** ms since the epoch. */
	now: number;
	/** The function's other triggers. */
	others: readonly TriggerRecord[];
}

export interface SourceDefinition<S> {
	/** The trigger's `kind`. */
	kind: string;
	/** JSON schema of the settings; defaults are filled in. */
	schema: object;
	/** Checks what a schema cannot, and gives the settings as they are kept. Throws ServiceError. */
	admit(settings: S, context: AdmitContext): Promise<S>;
	/** Begins; resolves when no event can be missed any more. A fault that may pass (a folder that is not there) is the source's to wait out. */
	start(settings: S, context: SourceContext): Promise<RunningSource>;
}

/** A definition whose settings are checked: both take any value. */
export interface EventSource {
	readonly kind: string;
	/** Throws ServiceError, with ajv's words for settings that do not fit the schema. */
	admit(settings: unknown, context: AdmitContext): Promise<Record<string, unknown>>;
	start(context: SourceContext): Promise<RunningSource>;
}

const ajv = new Ajv({ allErrors: true, useDefaults: true });

export function defineSource<S extends object>(definition: SourceDefinition<S>): EventSource {
	const validate = ajv.compile<S>(definition.schema);

	function check(value: unknown): S {
		// ajv fills defaults in where they are missing, and the value is the caller's.
		const settings: unknown = structuredClone(value ?? {});
		if (validate(settings)) return settings;
		throw invalid(describe(`settings of a ${definition.kind}`, validate.errors ?? []));
	}

	return {
		kind: definition.kind,
		admit: async (settings, context) => (await definition.admit(check(settings), context)) as Record<string, unknown>,
		start: async (context) => definition.start(check(context.trigger.settings), context),
	};
}

/** Names each place and what is wrong there. */
export function describe(what: string, errors: readonly ErrorObject[]): string {
	return errors
		.map(({ instancePath, message, params }) => {
			const extra = "additionalProperty" in params ? `: ${JSON.stringify(params.additionalProperty)}` : "";
			return `${what}${instancePath.replaceAll("/", ".")} ${message}${extra}`;
		})
		.join("; ");
}

export function invalid(message: string): ServiceError {
	return new ServiceError("InvalidParameterValueException", message);
}
