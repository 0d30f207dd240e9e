/** What event guests do, by the event's first word, whatever language they are written in. */
import { CONTEXT } from "../support/engine.ts";

/** Words that a guest may know; each guest knows at least those of `EVERYWHERE`. */
export type Word = "echo" | "context" | "fail" | "trap" | "count" | "env" | "say" | "read" | "time";

const EVERYWHERE: readonly Word[] = ["echo", "context", "fail", "trap", "count"];
const WITH_WASI: readonly Word[] = [...EVERYWHERE, "env", "say", "read", "time"];

/** Event guests and what they know: those without WASI, or without bindings for it, know less. */
export const EVENT_GUESTS: Readonly<Record<string, readonly Word[]>> = {
	"assemblyscript-event": EVERYWHERE,
	"c-event": WITH_WASI,
	"cpp-event": WITH_WASI,
	"go-event": WITH_WASI,
	"python-event": WITH_WASI,
	"quickjs-event": EVERYWHERE,
	"rust-event": WITH_WASI,
	"starlingmonkey-event": [...EVERYWHERE, "say"],
	"zig-event": EVERYWHERE,
};

/** HTTP guests: GET answers `Hello from LANGUAGE!`, POST echoes the body. */
export const HTTP_GUESTS: Readonly<Record<string, string>> = {
	"assemblyscript-http": "AssemblyScript",
	"c-http": "C",
	"cpp-http": "C++",
	"go-http": "Go",
	"python-http": "Python",
	"rust-wstd-http": "Rust with wstd",
	"starlingmonkey-http": "StarlingMonkey",
	"zig-http": "Zig",
};

/** A text with characters of one to four bytes in UTF-8, one and two units in UTF-16. */
export const TEXT = "plain, ü, €, 𝄞";

/** What `context` answers to `CONTEXT` with these three optional members. */
export function describedContext(optional: { clientContext?: string; tenantId?: string; traceId?: string }): string {
	const { requestId, functionName, functionVersion, invokedFunctionArn, memoryLimitInMb } = CONTEXT;
	const fields = [requestId, functionName, functionVersion, invokedFunctionArn, memoryLimitInMb, true];
	const { clientContext, tenantId, traceId } = optional;
	const options = [clientContext, tenantId, traceId].map((it) => it ?? "-");
	return [...fields, CONTEXT.logGroupName, CONTEXT.logStreamName, ...options].join("\n");
}
