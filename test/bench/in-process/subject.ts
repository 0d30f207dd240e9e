/** Something that is called in a loop in this process, and timed. */
export interface Subject {
	/** What a call needs and does not belong to it: an open exchange. Its end is in `call`'s `finish`. */
	prepare?(): void;
	/** The part that is timed. */
	call(): unknown;
	/** Checks the last call, and puts things away; not timed. Throws if it was no good. */
	finish(): void;
}

export const GREETING = "Hello, world!\n";
