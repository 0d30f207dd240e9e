/** The guests of test/guests/hostile, and what becomes of each. `docs/reference/limits.md` says the same in words. */
import type { FailureKind } from "../../host/engine/types.ts";

/** What a caller gets: the kind of failure, and words that its message has. */
export const FAILURES: Record<string, { kind: FailureKind; words: string }> = {
	loop: { kind: "timeout", words: "timed out" },
	"loop-catch-all": { kind: "timeout", words: "timed out" },
	grow: { kind: "timeout", words: "timed out" },
	"grow-then-trap": { kind: "memory", words: "out of memory" },
	fill: { kind: "timeout", words: "timed out" },
	"flood-stderr": { kind: "timeout", words: "timed out" },
	"flood-stdout": { kind: "timeout", words: "timed out" },
	"tiny-writes": { kind: "timeout", words: "timed out" },
	"table-grow": { kind: "timeout", words: "timed out" },
	"hidden-names": { kind: "timeout", words: "timed out" },
	"exceptions-kept": { kind: "timeout", words: "timed out" },
	"loop-calls": { kind: "timeout", words: "timed out" },
	"loop-tail-calls": { kind: "timeout", words: "timed out" },
	"loop-catch-all-legacy": { kind: "timeout", words: "timed out" },
	"throw-loop": { kind: "timeout", words: "timed out" },
	"bulk-memory": { kind: "timeout", words: "timed out" },
	"bulk-table": { kind: "timeout", words: "timed out" },
	"grow-memories": { kind: "timeout", words: "timed out" },
	"recursion-catch-all": { kind: "crash", words: "call stack exhausted" },
	"recursion-locals": { kind: "crash", words: "call stack exhausted" },
	"realloc-handle": { kind: "crash", words: "call stack exhausted" },
	"realloc-slow": { kind: "crash", words: "realloc ran longer" },
	"result-surrogate": { kind: "crash", words: "malformed text" },
	recursion: { kind: "crash", words: "call stack exhausted" },
	"realloc-trap": { kind: "crash", words: "unreachable" },
	"realloc-loop": { kind: "crash", words: "realloc ran longer" },
	"realloc-outside": { kind: "crash", words: "out of bounds" },
	"realloc-unaligned": { kind: "crash", words: "unaligned" },
	"result-outside": { kind: "crash", words: "out of bounds" },
	"result-huge": { kind: "crash", words: "out of bounds" },
	"result-discriminant": { kind: "crash", words: "discriminant 7" },
	"result-not-text": { kind: "crash", words: "malformed text" },
	"result-over-limit": { kind: "response-too-large", words: "exceeded maximum allowed payload size" },
	"stack-huge": { kind: "crash", words: "out of bounds" },
	"post-return-trap": { kind: "crash", words: "unreachable" },
	"post-return-loop": { kind: "timeout", words: "timed out" },
	"exit-3": { kind: "exit", words: "exit status 3" },
	"exit-catch-all": { kind: "exit", words: "exit status" },
	fail: { kind: "handled", words: "it is wrong" },
};

/** Those that do not get as far as a call. */
export const REFUSED: Record<string, string> = {
	"start-trap": "initialisation failed: unreachable",
	"start-loop": "initialisation took longer than 10 s",
	"start-recursion": "initialisation failed: call stack exhausted",
	"memory-large": "over the limit of 134217728",
};

export const HARMLESS = ["ok", "count", "echo", "cat", "exit-0", "result-overlapping"];
