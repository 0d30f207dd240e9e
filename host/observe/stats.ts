/** Figures of one function since the host was started; they are not kept on disk. */
import type { Failure, Usage } from "../engine/types.ts";
import type { FunctionStats, InvocationStart, InvocationSummary } from "./types.ts";

/** Invocations that are remembered. */
export const RECENT = 50;
/** Characters of an error's type and message; the log has more. */
const MAX_TEXT = 1024;

export class Stats {
	#invocations = 0;
	#errors = 0;
	/** Oldest first. */
	readonly #recent: InvocationSummary[] = [];

	add(start: InvocationStart, endedAt: number, usage: Usage, failure: Failure | null): void {
		this.#invocations++;
		if (failure) this.#errors++;
		this.#recent.push({
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
		});
		if (this.#recent.length > RECENT) this.#recent.shift();
	}

	read(): FunctionStats {
		return { invocations: this.#invocations, errors: this.#errors, recent: this.#recent.toReversed() };
	}
}
