/**
 * The guest broke a rule of the component model or of the host: a bad pointer, a bad handle, a value that cannot be.
 * Thrown by host functions. The runtime ends the instance for good: a guest that catches the exception
 * (`catch_all` sees it) is stopped by a wasm trap at its next look at the fuel counter.
 */
export class Trap extends Error {
	override name = "Trap";
}
