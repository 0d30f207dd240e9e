/** What the host holds of request bodies, over all requests: each has a limit of its own, and a thousand come at once. */
import { ServiceError } from "./errors.ts";

/** Bytes of all bodies that are read whole, from their arrival until their request is answered. */
const LIMIT = 512 * 2 ** 20;

export class RequestBodies {
	private held = 0;
	private readonly limit: number;

	constructor(limit = LIMIT) {
		this.limit = limit;
	}

	/** Counts bytes in. Throws TooManyRequestsException where that would be too many; who sent them may try again. */
	take(bytes: number): void {
		if (this.held + bytes > this.limit) throw tooMany();
		this.held += bytes;
	}

	give(bytes: number): void {
		this.held -= bytes;
	}

	get bytes(): number {
		return this.held;
	}
}

function tooMany(): ServiceError {
	return new ServiceError("TooManyRequestsException", "The host holds too many request bodies now. Try again.", {
		Type: "User",
	});
}

/** Of this process. */
export const requestBodies = new RequestBodies();
