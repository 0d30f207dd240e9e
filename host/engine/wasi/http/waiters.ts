/** Those who wait for a change of one thing. What has changed they ask the thing itself. */
export class Waiters {
	private readonly waiting = new Set<() => void>();

	/** Resolves at the next `wake`, or once `signal` is aborted. */
	wait(signal: AbortSignal): Promise<void> {
		if (signal.aborted) return Promise.resolve();
		return new Promise((resolve) => {
			const done = () => {
				this.waiting.delete(done);
				signal.removeEventListener("abort", done);
				resolve();
			};
			this.waiting.add(done);
			signal.addEventListener("abort", done);
		});
	}

	wake(): void {
		if (this.waiting.size === 0) return;
		for (const done of [...this.waiting]) done();
	}
}
