/**
 * Whether a worker that gives no sign of life is to be ended. A machine that is overloaded makes every process late, so time alone says
 * little: what tells is that the process was stopped, or that its main thread has used the CPU all the while.
 */
import { readFileSync } from "node:fs";

/** Without a sign for so long, ms, a worker is looked at. */
export const LATE_MS = 300;
/** So much CPU time of its main thread without a sign, ms, and it is stuck: guests give way every few ms. */
const STUCK_CPU_MS = 400;
/** Longer than this, ms, nothing excuses. */
const SILENT_MS = 3000;
/** The same where the system does not tell of processes what Linux does. */
const UNKNOWN_SILENT_MS = 1500;
/** The clock of /proc: USER_HZ is 100 on all of Linux's architectures that Node.js runs on. */
const TICK_MS = 10;

/** What the system knows of a process's main thread. */
export interface ThreadState {
	/** `R`, `S`, `D`, `T` (stopped), … (proc_pid_stat(5)). */
	state: string;
	cpuMs: number;
}

/** Null where the system does not tell, or the process is gone. */
export function threadState(pid: number): ThreadState | null {
	try {
		const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, "latin1");
		// The name before it, in brackets, may hold anything.
		const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		return { state: state!, cpuMs: (Number(fields[10]) + Number(fields[11])) * TICK_MS };
	} catch {
		return null;
	}
}

/** Looks at one worker again and again, from its first sign on: to load its code takes what it takes. */
export class Watch {
	readonly #pid: number;
	readonly #look: (pid: number) => ThreadState | null;
	#lastSign: number | null = null;
	/** Its CPU time when it was first found to be late. */
	#cpuWhenLate: number | null = null;

	constructor(pid: number, look = threadState) {
		this.#pid = pid;
		this.#look = look;
	}

	/** A sign of life. */
	sign(now: number): void {
		this.#lastSign = now;
		this.#cpuWhenLate = null;
	}

	/** Why the worker has to be ended; null if it need not be. */
	verdict(now: number): string | null {
		const late = this.#lastSign === null ? 0 : now - this.#lastSign;
		if (late < LATE_MS) return null;
		const thread = this.#look(this.#pid);
		if (thread === null) return late > UNKNOWN_SILENT_MS ? "it gave no sign of life" : null;
		if (thread.state === "T" || thread.state === "t") return "it was stopped";
		this.#cpuWhenLate ??= thread.cpuMs;
		if (thread.cpuMs - this.#cpuWhenLate >= STUCK_CPU_MS) return "it was stuck";
		return late > SILENT_MS ? "it gave no sign of life" : null;
	}
}
