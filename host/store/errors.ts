/** What can be wrong with the store itself. AlreadyExists and Changed, which are the caller's, are in types.ts. */

/** The store could not do what it was asked to. What it had acknowledged before is still there; `cause` is the reason. */
export class StoreError extends Error {
	override name = "StoreError";
}

/** No room: the disk, or a quota, is full. The change was not made; the same call works once there is room. */
export class StoreFull extends StoreError {
	override name = "StoreFull";
}

/** Another host has the data folder open. */
export class StoreBusy extends StoreError {
	override name = "StoreBusy";
}
