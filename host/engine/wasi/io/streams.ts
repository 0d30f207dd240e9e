import type { HostInterface } from "../types.ts";
import { inputStream } from "./input.ts";
import { inputStreamKind, outputStreamKind } from "./kinds.ts";
import { outputStream } from "./output.ts";

export const streams: HostInterface = {
	name: "wasi:io/streams",
	resources: { "input-stream": inputStreamKind, "output-stream": outputStreamKind },
	functions: { ...inputStream, ...outputStream },
};
