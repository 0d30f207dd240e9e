/** Reads a function's log: what is on disk, what waits, what comes. */
import type { FileHandle } from "node:fs/promises";
import type { FunctionLog, View } from "./log.ts";

export interface ReadOptions {
	follow: boolean;
	signal: AbortSignal;
	/** Of what is there, only the last so many; all if it is not given. */
	lastLines?: number;
}

/** Lines without newline, oldest first, each with its ISO time and a tab in front. Ends when the signal is aborted. */
export async function* readLog(log: FunctionLog, { follow, signal, lastLines }: ReadOptions): AsyncGenerator<string> {
	if (signal.aborted) return;
	const view = await log.view(follow);
	const stop = () => view.live?.end();
	signal.addEventListener("abort", stop);
	// It may have been aborted while the files were opened.
	if (signal.aborted) stop();
	try {
		for await (const line of linesOf(view, lastLines)) {
			if (signal.aborted) return;
			yield line;
		}
	} finally {
		signal.removeEventListener("abort", stop);
		if (view.live) log.leave(view.live);
		await Promise.all(view.files.map(({ handle }) => handle.close()));
	}
}

async function* linesOf(view: View, lastLines: number | undefined): AsyncGenerator<string> {
	const past = history(view);
	yield* lastLines === undefined ? past : last(past, lastLines);
	if (view.live) yield* view.live.lines();
}

async function* history(view: View): AsyncGenerator<string> {
	for (const { handle, size } of view.files) yield* fileLines(handle, size);
	yield* view.waiting;
}

async function* last(lines: AsyncIterable<string>, count: number): AsyncGenerator<string> {
	const kept: string[] = [];
	let seen = 0;
	if (count > 0) for await (const line of lines) kept[seen++ % count] = line;
	const oldest = seen > count ? seen % count : 0;
	for (let index = 0; index < kept.length; index++) yield kept[(oldest + index) % kept.length]!;
}

/** The first `size` bytes of a file, which may grow meanwhile. */
async function* fileLines(handle: FileHandle, size: number): AsyncGenerator<string> {
	if (size === 0) return;
	const stream = handle.createReadStream({ start: 0, end: size - 1, autoClose: false, encoding: "utf8" });
	let rest = "";
	for await (const chunk of stream as AsyncIterable<string>) {
		const lines = `${rest}${chunk}`.split("\n");
		rest = lines.pop() ?? "";
		yield* lines;
	}
	// The host was killed while it wrote this line.
	if (rest !== "") yield rest;
}
