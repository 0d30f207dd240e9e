/** Figures of one function since the host was started; they are not kept on disk. */
import type { Failure, Usage } from "../engine/types.ts";
import type { FunctionStats, InvocationStart, InvocationSummary, StatsDelta } from "./types.ts";

/** Invocations that are remembered. */
export const RECENT = 50;
/** Characters of an error's type and message; the log has more. */
const MAX_TEXT = 1024;

export class Stats {
	#invocations = 0;
	#errors = 0;
	/** A ring: the next one takes the place of the oldest. */
	readonly #recent: InvocationSummary[] = [];

	add(start: InvocationStart, endedAt: number, usage: Usage, failure: Failure | null): void {
		if (failure) this.#errors++;
		this.#recent[this.#invocations++ % RECENT] = {
			functionName: start.functionName,
			version: start.version,
			requestId: start.requestId,
			endedAt,
			usage,
			failure: failure && {
				kind: failure.kind,
				errorType: failure.errorType.slice(0, MAX_TEXT),
				errorMessage: failure.errorMessage.slice(0, MAX_TEXT),
			},
		};
	}

	/** Adds what another process has counted. */
	merge({ invocations, errors, recent }: StatsDelta): void {
		this.#invocations += invocations;
		this.#errors += errors;
		this.#recent.push(...recent.toReversed());
		// Processes tell in lots: by their time the lots overlap.
		this.#recent.sort((a, b) => a.endedAt - b.endedAt);
		this.#recent.splice(0, this.#recent.length - RECENT);
	}

	/** What there is, and begins anew. */
	drain(): StatsDelta {
		const delta = this.read();
		this.#invocations = 0;
		this.#errors = 0;
		this.#recent.length = 0;
		return delta;
	}

	read(): FunctionStats {
		const oldest = this.#invocations < RECENT ? 0 : this.#invocations % RECENT;
		const recent = [...this.#recent.slice(oldest), ...this.#recent.slice(0, oldest)].reverse();
		return { invocations: this.#invocations, errors: this.#errors, recent };
	}
}
