/**
 * Where busy guests wait for the event loop: one goes on at each turn of it, first come, first served. Between two, timers
 * and sockets are served; so a neighbour waits for one slice and not for a slice of each hog (`setImmediate` for each hog
 * of its own made neighbours wait 76 ms with 16 hogs, this 0.3 ms).
 */
export class FairQueue {
	private waiting: (() => void)[] = [];
	private scheduled = false;

	/** How many wait. */
	get length(): number {
		return this.waiting.length;
	}

	/** Resolves when it is this caller's turn. */
	turn(): Promise<void> {
		return new Promise((resolve) => {
			this.waiting.push(resolve);
			this.schedule();
		});
	}

	private schedule(): void {
		if (this.scheduled) return;
		this.scheduled = true;
		setImmediate(() => {
			this.scheduled = false;
			this.waiting.shift()?.();
			if (this.waiting.length > 0) this.schedule();
		});
	}
}
