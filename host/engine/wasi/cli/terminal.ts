/** A function has no terminal: each of its standard streams says so. */
import { ResourceKind } from "../../handles.ts";
import type { HostInterface } from "../types.ts";

export const terminalInput: HostInterface = {
	name: "wasi:cli/terminal-input",
	resources: { "terminal-input": new ResourceKind("wasi:cli/terminal-input#terminal-input") },
	functions: {},
};
export const terminalOutput: HostInterface = {
	name: "wasi:cli/terminal-output",
	resources: { "terminal-output": new ResourceKind("wasi:cli/terminal-output#terminal-output") },
	functions: {},
};
export const terminalStdin = noTerminal("stdin");
export const terminalStdout = noTerminal("stdout");
export const terminalStderr = noTerminal("stderr");

function noTerminal(stream: string): HostInterface {
	return {
		name: `wasi:cli/terminal-${stream}`,
		resources: {},
		functions: {
			[`get-terminal-${stream}`]: {
				core: "i->",
				make: (_guest, memory) => (area: number) => memory.setU8(area, 0),
			},
		},
	};
}
