import { pollableKind } from "../io/kinds.ts";
import type { Pollable } from "../io/types.ts";
import type { HostInterface } from "../types.ts";

/** The longest that a Node timer waits, ms; a pollable that is not ready by then is waited for again. */
const MAX_TIMER = 2 ** 31 - 1;
const U64_MAX = 2n ** 64n - 1n;

/**
 * Added to the monotonic clock, ns: it starts at the wall clock's time of this process' start. A guest that was
 * restored from a snapshot of an earlier process, or another host, so never sees its clock go back.
 */
const base = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();

/** The monotonic clock that guests see, ns. */
export function monotonicNow(): bigint {
	return process.hrtime.bigint() + base;
}

export const monotonicClock: HostInterface = {
	name: "wasi:clocks/monotonic-clock",
	resources: {},
	functions: {
		now: { core: "->I", make: () => () => monotonicNow() },
		resolution: { core: "->I", make: () => () => 1n },
		"subscribe-instant": {
			core: "I->i",
			make: (guest) => (when: bigint) => guest.handles.add(pollableKind, new Timer(BigInt.asUintN(64, when))),
		},
		"subscribe-duration": {
			core: "I->i",
			make: (guest) => (duration: bigint) => {
				const when = monotonicNow() + BigInt.asUintN(64, duration);
				return guest.handles.add(pollableKind, new Timer(when > U64_MAX ? U64_MAX : when));
			},
		},
	},
};

/** Ready from `deadline` on, ns of the monotonic clock. There is a timer only while somebody waits. */
class Timer implements Pollable {
	private readonly deadline: bigint;
	/** Ends each wait that goes on, without settling it. */
	private readonly waits = new Set<() => void>();

	constructor(deadline: bigint) {
		this.deadline = deadline;
	}

	ready(): boolean {
		return monotonicNow() >= this.deadline;
	}

	wait(signal: AbortSignal): Promise<void> {
		if (signal.aborted) return Promise.resolve();
		return new Promise((resolve) => {
			const end = () => {
				clearTimeout(timeout);
				signal.removeEventListener("abort", done);
				this.waits.delete(end);
			};
			const done = () => {
				end();
				resolve();
			};
			const timeout = setTimeout(done, this.left());
			signal.addEventListener("abort", done, { once: true });
			this.waits.add(end);
		});
	}

	/** Whoever waits still is given up with the instance: a wait that was woken would only be begun again. */
	dispose(): void {
		for (const end of [...this.waits]) end();
	}

	/** ms until the deadline, rounded up, since a timer that fires early would only have to be set again. */
	private left(): number {
		const ms = Number((this.deadline - monotonicNow() + 999_999n) / 1_000_000n);
		return Math.min(Math.max(ms, 0), MAX_TIMER);
	}
}
