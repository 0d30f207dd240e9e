/** The functions of `request-options`, at core level. */
import type { HostFunction } from "../types.ts";
import { type RequestOptions, requestOptionsKind } from "./kinds.ts";
import { isSome } from "./layout.ts";

/** Reads an option<duration>: a tag, and nanoseconds at 8. */
function getter(timeout: keyof RequestOptions): HostFunction {
	return {
		core: "ii->",
		make: (guest, memory) => (self: number, area: number) => {
			const duration = guest.handles.get(requestOptionsKind, self)[timeout];
			memory.setU8(area, duration === undefined ? 0 : 1);
			if (duration !== undefined) memory.setU64(area + 8, duration);
		},
	};
}

/** Every timeout is supported, so that this never fails. */
function setter(timeout: keyof RequestOptions): HostFunction {
	return {
		core: "iiI->i",
		make: (guest) => (self: number, tag: number, duration: bigint) => {
			const options = guest.handles.get(requestOptionsKind, self);
			options[timeout] = isSome(tag) ? BigInt.asUintN(64, duration) : undefined;
			return 0;
		},
	};
}

export const optionsFunctions: Record<string, HostFunction> = {
	"[constructor]request-options": {
		core: "->i",
		make: (guest) => () =>
			guest.handles.add(requestOptionsKind, {
				connectTimeout: undefined,
				firstByteTimeout: undefined,
				betweenBytesTimeout: undefined,
			}),
	},
	"[method]request-options.connect-timeout": getter("connectTimeout"),
	"[method]request-options.set-connect-timeout": setter("connectTimeout"),
	"[method]request-options.first-byte-timeout": getter("firstByteTimeout"),
	"[method]request-options.set-first-byte-timeout": setter("firstByteTimeout"),
	"[method]request-options.between-bytes-timeout": getter("betweenBytesTimeout"),
	"[method]request-options.set-between-bytes-timeout": setter("betweenBytesTimeout"),
};
