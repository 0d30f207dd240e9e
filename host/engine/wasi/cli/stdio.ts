import { inputStreamKind, outputStreamKind } from "../io/kinds.ts";
import { standardInput, standardOutput } from "../io/standard.ts";
import type { HostInterface } from "../types.ts";

export const stdin: HostInterface = {
	name: "wasi:cli/stdin",
	resources: {},
	functions: {
		"get-stdin": {
			core: "->i",
			make: (guest) => () => guest.handles.add(inputStreamKind, standardInput(guest)),
		},
	},
};

export const stdout = standard("stdout");
export const stderr = standard("stderr");

function standard(name: "stdout" | "stderr"): HostInterface {
	return {
		name: `wasi:cli/${name}`,
		resources: {},
		functions: {
			[`get-${name}`]: {
				core: "->i",
				make: (guest) => () => guest.handles.add(outputStreamKind, standardOutput(guest, name)),
			},
		},
	};
}
