import { constants } from "node:os";

/** `error-code` of `wasi:filesystem/types`, in its order. */
const CODES = [
	"access",
	"would-block",
	"already",
	"bad-descriptor",
	"busy",
	"deadlock",
	"quota",
	"exist",
	"file-too-large",
	"illegal-byte-sequence",
	"in-progress",
	"interrupted",
	"invalid",
	"io",
	"is-directory",
	"loop",
	"too-many-links",
	"message-size",
	"name-too-long",
	"no-device",
	"no-entry",
	"no-lock",
	"insufficient-memory",
	"insufficient-space",
	"not-directory",
	"not-empty",
	"not-recoverable",
	"unsupported",
	"no-tty",
	"no-such-device",
	"overflow",
	"not-permitted",
	"pipe",
	"read-only",
	"invalid-seek",
	"text-file-busy",
	"cross-device",
] as const;

export type ErrorCode = (typeof CODES)[number];

/** The system's errors in WASI's words. Any other is `io`. */
const BY_ERRNO: Readonly<Record<string, ErrorCode>> = {
	EACCES: "access",
	EAGAIN: "would-block",
	EALREADY: "already",
	EBADF: "bad-descriptor",
	EBUSY: "busy",
	EDEADLK: "deadlock",
	EDQUOT: "quota",
	EEXIST: "exist",
	EFBIG: "file-too-large",
	EILSEQ: "illegal-byte-sequence",
	EINPROGRESS: "in-progress",
	EINTR: "interrupted",
	EINVAL: "invalid",
	EISDIR: "is-directory",
	ELOOP: "loop",
	EMFILE: "insufficient-memory",
	EMLINK: "too-many-links",
	EMSGSIZE: "message-size",
	ENAMETOOLONG: "name-too-long",
	ENFILE: "insufficient-memory",
	ENODEV: "no-device",
	ENOENT: "no-entry",
	ENOLCK: "no-lock",
	ENOMEM: "insufficient-memory",
	ENOSPC: "insufficient-space",
	ENOTDIR: "not-directory",
	ENOTEMPTY: "not-empty",
	ENOTRECOVERABLE: "not-recoverable",
	ENOTSUP: "unsupported",
	ENOTTY: "no-tty",
	ENXIO: "no-such-device",
	EOPNOTSUPP: "unsupported",
	EOVERFLOW: "overflow",
	EPERM: "not-permitted",
	EPIPE: "pipe",
	EROFS: "read-only",
	ESPIPE: "invalid-seek",
	ETXTBSY: "text-file-busy",
	EXDEV: "cross-device",
};

/** A refusal of the host's own, in WASI's words. */
export class FsError extends Error {
	override name = "FsError";
	readonly code: ErrorCode;

	constructor(code: ErrorCode) {
		super(code);
		this.code = code;
	}
}

/** The errno's name of a failed system call (`ENOENT`); undefined for anything else that was thrown. */
export function errnoOf(error: unknown): string | undefined {
	const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
	return code !== undefined && Object.hasOwn(constants.errno, code) ? code : undefined;
}

/** WASI's word for an errno's name. */
export function codeOfErrno(errno: string): ErrorCode {
	return BY_ERRNO[errno] ?? "io";
}

/** The number of a code in the enum. */
export function numberOf(code: ErrorCode): number {
	return CODES.indexOf(code);
}

/** WASI's word for what an operation threw. Throws it on if it is neither a refusal nor a failed system call. */
export function codeOf(error: unknown): ErrorCode {
	if (error instanceof FsError) return error.code;
	const errno = errnoOf(error);
	if (errno === undefined) throw error;
	return codeOfErrno(errno);
}
