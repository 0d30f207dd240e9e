/** A request-options default, as in wasmtime: 600 s. */
const DEFAULT_MS = 600_000;
/** node's timers hold 31 bits of ms and take anything longer for 1 ms. */
const LONGEST_MS = 2 ** 31 - 1;

/** A timer that is started perhaps, perhaps again, and cleared. */
export class Timeout {
	private readonly ms: number;
	private readonly expired: () => void;
	private timer: NodeJS.Timeout | undefined;

	/** `duration` in nanoseconds; undefined is the default. */
	constructor(duration: bigint | undefined, expired: () => void) {
		this.ms = duration === undefined ? DEFAULT_MS : Math.min(Math.ceil(Number(duration) / 1e6), LONGEST_MS);
		this.expired = expired;
	}

	start(): void {
		this.clear();
		this.timer = setTimeout(this.expired, this.ms);
	}

	clear(): void {
		clearTimeout(this.timer);
	}
}
