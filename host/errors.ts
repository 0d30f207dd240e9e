/**
 * One table of errors. A ServiceError is the caller's to mend: it has AWS's name and status, and its message says what
 * to do. Anything else that is thrown is a fault of the host: it keeps its cause, is logged, and reaches the caller as a
 * bare `ServiceException`.
 */

/** AWS's error names with their HTTP status (service model `lambda/2015-03-31`, and the common errors of AWS's APIs). */
export const ERRORS = {
	CodeSigningConfigNotFoundException: 404,
	CodeStorageExceededException: 400,
	CodeVerificationFailedException: 400,
	InvalidCodeSignatureException: 400,
	InvalidParameterValueException: 400,
	InvalidRequestContentException: 400,
	SerializationException: 400,
	UnrecognizedClientException: 403,
	MissingAuthenticationTokenException: 403,
	IncompleteSignatureException: 403,
	InvalidSignatureException: 403,
	AccessDeniedException: 403,
	RecursiveInvocationException: 400,
	ProvisionedConcurrencyConfigNotFoundException: 404,
	ResourceNotFoundException: 404,
	UnknownOperationException: 404,
	ResourceConflictException: 409,
	ResourceInUseException: 400,
	PolicyLengthExceededException: 400,
	PublicPolicyException: 400,
	PreconditionFailedException: 412,
	RequestTooLargeException: 413,
	UnsupportedMediaTypeException: 415,
	TooManyRequestsException: 429,
	ValidationException: 400,
	ServiceException: 500,
	NotImplementedException: 501,
	InvalidZipFileException: 502,
	ServiceUnavailableException: 503,
} as const satisfies Record<string, number>;

export type ErrorName = keyof typeof ERRORS;

/** An error that the caller caused and can mend. */
export class ServiceError extends Error {
	override readonly name: ErrorName;
	readonly status: number;
	/** Further members of the reply, such as `Reason` or `retryAfterSeconds`. */
	readonly members: Readonly<Record<string, string>>;

	constructor(name: ErrorName, message: string, members: Readonly<Record<string, string>> = {}) {
		super(message);
		this.name = name;
		this.status = ERRORS[name];
		this.members = members;
	}
}

/** A value that the service does not take: InvalidParameterValueException. */
export function invalid(message: string): ServiceError {
	return new ServiceError("InvalidParameterValueException", message);
}

/** What a caller is told when the host's disk is full; null for any other error. */
export function diskFull(error: unknown): ServiceError | null {
	if (!(error instanceof Error)) return null;
	const code = "code" in error ? error.code : "";
	if (error.name !== "StoreFull" && code !== "ENOSPC" && code !== "EDQUOT") return null;
	return new ServiceError(
		"ServiceUnavailableException",
		"The host's disk is full. Nothing was changed; try again once there is room.",
	);
}

/** The worker that was called is gone: it was killed, ended by itself, or was ended since it did not answer. */
export class WorkerGone extends Error {
	override name = "WorkerGone";
}
