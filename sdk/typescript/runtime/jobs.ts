/**
 * The queue of jobs (microtasks). QuickJS keeps one of its own, but nothing runs it while a synchronous export is on the
 * stack: so promises are the runtime's own (`promise.ts`) and so is their queue.
 */
type Job = () => void;

let queue: Job[] = [];

/** Adds a job that runs after those that wait already. */
export function enqueue(job: Job): void {
	queue.push(job);
}

/** Runs jobs, and those that they add, until none is left. What a job throws passes through; the rest stay queued. */
export function runJobs(): void {
	while (queue.length > 0) {
		const batch = queue;
		queue = [];
		let done = 0;
		try {
			for (; done < batch.length; done++) batch[done]!();
		} catch (error) {
			queue = [...batch.slice(done + 1), ...queue];
			throw error;
		}
	}
}
