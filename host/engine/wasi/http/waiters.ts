/** Those who wait for a change of one thing. What has changed they ask the thing itself. */
export class Waiters {
	/** Made when somebody waits, which few do. */
	private waiting: Set<() => void> | undefined;

	/** Resolves at the next `wake`, or once `signal` is aborted. */
	wait(signal: AbortSignal): Promise<void> {
		if (signal.aborted) return Promise.resolve();
		this.waiting ??= new Set();
		const { waiting } = this;
		return new Promise((resolve) => {
			const done = () => {
				waiting.delete(done);
				signal.removeEventListener("abort", done);
				resolve();
			};
			waiting.add(done);
			signal.addEventListener("abort", done);
		});
	}

	wake(): void {
		if (this.waiting === undefined || this.waiting.size === 0) return;
		for (const done of [...this.waiting]) done();
	}
}
