/** Errors on their way from one process of a host to another. */
import { AdmissionError, EngineBusy } from "../engine/types.ts";
import { ERRORS, type ErrorName, ServiceError } from "../errors.ts";

/** An error as a message holds it. */
export interface Described {
	name: string;
	message: string;
	members?: Readonly<Record<string, string>>;
	code?: string;
	stack?: string;
}

export function describe(error: unknown): Described {
	if (!(error instanceof Error)) return { name: "Error", message: String(error) };
	const { name, message, stack } = error;
	const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
	return { name, message, stack, code, ...(error instanceof ServiceError ? { members: error.members } : {}) };
}

/** The error again, of the class that its catchers look for. */
export function revive({ name, message, members, code, stack }: Described): Error {
	if (members !== undefined && name in ERRORS) return new ServiceError(name as ErrorName, message, members);
	const known = { AdmissionError, EngineBusy }[name];
	const error = known ? new known(message) : Object.assign(new Error(message), { name });
	if (code !== undefined) Object.assign(error, { code });
	if (stack !== undefined) error.stack = stack;
	return error;
}
