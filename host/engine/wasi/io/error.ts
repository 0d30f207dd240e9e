import type { HostInterface } from "../types.ts";
import { errorKind } from "./kinds.ts";

export const error: HostInterface = {
	name: "wasi:io/error",
	resources: { error: errorKind },
	functions: {
		"[method]error.to-debug-string": {
			core: "ii->",
			make: (guest, memory) => (handle: number, area: number) => {
				memory.writeString(area, guest.handles.get(errorKind, handle).message);
			},
		},
	},
};
