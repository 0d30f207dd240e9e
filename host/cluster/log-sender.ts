/** A worker's log lines on their way to control: those of one turn of the event loop, of whichever functions, in one message. */

/** Whole lines of a function's log. */
export type SentLog = [functionName: string, lines: Uint8Array];

interface Waiting {
	resolve(): void;
	reject(error: Error): void;
}

export class LogSender {
	readonly #send: (logs: SentLog[]) => Promise<boolean[]>;
	#logs: SentLog[] = [];
	#waiting: Waiting[] = [];

	/** `send` answers for each of them whether it is kept. */
	constructor(send: (logs: SentLog[]) => Promise<boolean[]>) {
		this.#send = send;
	}

	/** Resolves when the lines are kept; rejects if they are not. */
	keep(functionName: string, lines: Uint8Array): Promise<void> {
		if (this.#logs.length === 0) setImmediate(this.#sendAll);
		this.#logs.push([functionName, lines]);
		return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
	}

	readonly #sendAll = (): void => {
		const waiting = this.#waiting;
		const logs = this.#logs;
		this.#waiting = [];
		this.#logs = [];
		this.#send(logs).then(
			(kept) => {
				for (const [i, it] of waiting.entries())
					kept[i] ? it.resolve() : it.reject(new Error("the lines were not kept"));
			},
			(error: Error) => {
				for (const it of waiting) it.reject(error);
			},
		);
	};
}
