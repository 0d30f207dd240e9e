/** A request's body, bounded before it is read. */
import { ServiceError } from "../errors.ts";
import { requestBodies } from "../request-bodies.ts";

/** Bodies up to this size, bytes, are not counted into what the host holds: the limit of invocations bounds them. */
const SMALL = 65_536;

/**
 * Bytes of buffers that wait for what was declared and has not come yet. Up to so many, a body is read to where it stays,
 * which takes half the memory of pieces that are put together in the end; beyond it callers who declare and send nothing
 * would make the host reserve what it does not need.
 */
const MAX_PROMISED = 128 * 2 ** 20;
let promised = 0;

/** What each request's body takes of what the host holds. */
const held = new WeakMap<Request, number>();

/** Bodies that were read already, since they are part of a signature. */
const known = new WeakMap<Request, Uint8Array>();

/** The request is answered: what `readBody` counted is given back. */
export function releaseBody(request: Request): void {
	requestBodies.give(held.get(request) ?? 0);
	held.delete(request);
}

/**
 * The body's bytes. A declared length over `limit` (bytes) is refused before anything is read, an undeclared one as soon
 * as it is passed: then `tooLarge` is thrown. A caller that goes away half-way gives InvalidRequestContentException. Where all
 * bodies together are too many, TooManyRequestsException. Call `releaseBody` when the request is answered. It may be read again.
 */
export async function readBody(request: Request, limit: number, tooLarge: () => ServiceError): Promise<Uint8Array> {
	const bytes = known.get(request) ?? (await readOnce(request, limit, tooLarge));
	if (bytes.length > limit) throw tooLarge();
	known.set(request, bytes);
	return bytes;
}

async function readOnce(request: Request, limit: number, tooLarge: () => ServiceError): Promise<Uint8Array> {
	const declared = request.headers.get("content-length");
	if (declared !== null && Number(declared) > limit) throw tooLarge();
	try {
		// The server ends a body at its declared length, so that this one cannot grow beyond it.
		if (declared !== null && Number(declared) <= SMALL) return new Uint8Array(await request.arrayBuffer());
		const size = Number(declared ?? 0);
		if (size === 0 || promised + size > MAX_PROMISED) return await readChunks(request, limit, tooLarge);
		promised += size;
		try {
			return await readInto(Buffer.allocUnsafeSlow(size), request);
		} finally {
			promised -= size;
		}
	} catch (error) {
		if (error instanceof ServiceError) throw error;
		throw new ServiceError("InvalidRequestContentException", "The request's body ended before its time.");
	}
}

/** Fills a buffer of the declared size. */
async function readInto(bytes: Buffer, request: Request): Promise<Uint8Array> {
	let size = 0;
	for await (const chunk of request.body ?? []) {
		requestBodies.take(chunk.byteLength);
		size += chunk.byteLength;
		held.set(request, size);
		bytes.set(chunk, size - chunk.byteLength);
	}
	if (size === bytes.length) return bytes;
	throw new Error("the body is shorter than it said");
}

async function readChunks(request: Request, limit: number, tooLarge: () => ServiceError): Promise<Uint8Array> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	// Leaving the loop early cancels the stream.
	for await (const chunk of request.body ?? []) {
		size += chunk.byteLength;
		if (size > limit) throw tooLarge();
		requestBodies.take(chunk.byteLength);
		held.set(request, size);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks, size);
}
