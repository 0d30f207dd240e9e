/** Logs in a folder, one a function, and figures in memory. */
import { join } from "node:path";
import type { Usage } from "../engine/types.ts";
import { type LogFile, RotatedFile } from "./file.ts";
import { droppedText, hostText } from "./format.ts";
import { Gathering } from "./gathering.ts";
import { openInvocation } from "./invocation.ts";
import { jsonFormat } from "./json.ts";
import { Budget, LIMITS, type Limits } from "./limits.ts";
import { FunctionLog } from "./log.ts";
import { fileName } from "./names.ts";
import { OpenInvocations } from "./open-invocations.ts";
import { readLog } from "./read.ts";
import { Stats } from "./stats.ts";
import { textFormat } from "./text.ts";
import type { SharedObserver } from "./types.ts";

export interface ObserverOptions {
	/** Made with the first line, 0700. */
	folder: string;
	/** A log is rotated at this size, bytes. */
	maxBytes: number;
	/** ms since the epoch. */
	now?: () => number;
	limits?: Partial<Limits>;
	/** Told of each invocation that ended. */
	ended?(functionName: string, usage: Usage): void;
	/** Another process keeps the lines: given whole lines, it resolves when they are kept. Then nothing can be read here. */
	keeper?(functionName: string, lines: Buffer): Promise<void>;
}

interface Observed {
	log: FunctionLog;
	stats: Stats;
}

/** Never throws; what goes wrong with the files later is told in the logs themselves. */
export function openObserver(options: ObserverOptions): SharedObserver {
	const { folder, maxBytes, now = Date.now, keeper } = options;
	const limits = { ...LIMITS, ...options.limits };
	const total = new Budget(limits.total);
	const gathering = new Gathering();
	const functions = new Map<string, Observed>();
	/** Functions whose figures have changed since `deltas`. */
	const changed = new Set<string>();
	const removals = new Map<string, Promise<void>>();
	const time = isoClock(now);
	const open = new OpenInvocations();
	const invocations = { limit: limits.invocation, time, open };

	function make(functionName: string): Observed {
		const file = keeper
			? keptElsewhere(maxBytes, (lines) => keeper(functionName, lines))
			: new RotatedFile(join(folder, fileName(functionName)), maxBytes);
		const log = new FunctionLog(file, limits.function, total, gathering, removals.get(functionName));
		return { log, stats: new Stats() };
	}
	function observed(functionName: string): Observed {
		const found = functions.get(functionName) ?? make(functionName);
		functions.set(functionName, found);
		return found;
	}

	return {
		begin(start) {
			const { log, stats } = observed(start.functionName);
			const formatter = (start.logging.format === "JSON" ? jsonFormat : textFormat).invocation(start);
			const ended: Parameters<typeof openInvocation>[3] = (usage, failure) => {
				stats.add(start, now(), usage, failure);
				options.ended?.(start.functionName, usage);
				if (keeper) changed.add(start.functionName);
			};
			return openInvocation(invocations, log, formatter, ended);
		},
		note(functionName, { format }, message) {
			const { note } = format === "JSON" ? jsonFormat : textFormat;
			const stamped = (text: string) => `${time()}\t${note(time(), text)}`;
			const dropped = (lines: number, bytes: number) => stamped(droppedText(lines, bytes));
			const source = { budget: new Budget(limits.invocation), dropped };
			observed(functionName).log.appendOwn(stamped(hostText(message)), 1, source);
		},
		read(functionName, options) {
			open.flush();
			return readLog(observed(functionName).log, options);
		},
		stats: (functionName) => (functions.get(functionName)?.stats ?? new Stats()).read(),
		async remove(functionName) {
			const { log } = observed(functionName);
			functions.delete(functionName);
			const removal = log.remove();
			// A function that is created again under this name must not lose its first lines to this.
			const settled = removal.catch(() => {});
			removals.set(functionName, settled);
			await removal.finally(() => {
				if (removals.get(functionName) === settled) removals.delete(functionName);
			});
		},
		take: (functionName, lines) =>
			observed(functionName).log.take(Buffer.from(lines.buffer, lines.byteOffset, lines.length)),
		merge: (functionName, delta) => observed(functionName).stats.merge(delta),
		deltas() {
			const names = [...changed].filter((name) => functions.has(name));
			changed.clear();
			return names.map((name) => [name, functions.get(name)!.stats.drain()]);
		},
		async flush() {
			open.flush();
			await Promise.all([...functions.values()].map(({ log }) => log.flush()));
		},
		async close() {
			open.flush();
			await Promise.all([...functions.values()].map(({ log }) => log.close()));
		},
	};
}

/** A log whose lines another process keeps. */
function keptElsewhere(maxBytes: number, append: LogFile["append"]): LogFile {
	return {
		maxBytes,
		rest: async () => {},
		append,
		close: async () => {},
		view: async () => [],
		remove: async () => {},
	};
}

/** ISO 8601 with ms; a flood of lines asks for the same one many times. */
function isoClock(now: () => number): () => string {
	let at = Number.NaN;
	let text = "";
	return () => {
		const current = Math.floor(now());
		if (current !== at) {
			at = current;
			text = new Date(current).toISOString();
		}
		return text;
	};
}
