/** What a handler throws, as the function world's `failure` record. */
import { framesOf } from "./stack.ts";

/** `pilot:function/types.failure`. */
export interface Failure {
	errorType: string;
	errorMessage: string;
	stackTrace: string[];
}

/** An error by its name and message; anything else by its type and text, as Lambda's Node.js runtime does. Never throws. */
export function toFailure(thrown: unknown): Failure {
	try {
		if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: text(thrown), stackTrace: [] };
		return { errorType: text(thrown.name), errorMessage: text(thrown.message), stackTrace: framesOf(thrown) };
	} catch {
		return { errorType: "Error", errorMessage: "The handler threw a value that cannot be read", stackTrace: [] };
	}
}

function text(value: unknown): string {
	const plain = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
	return (plain ? JSON.stringify(value) : String(value)).toWellFormed();
}
