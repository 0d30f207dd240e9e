import { ResourceKind } from "../../handles.ts";
import { reviveOutput, standardInput } from "./standard.ts";
import type { InputStream, IoError, OutputStream, Pollable } from "./types.ts";

export const errorKind = new ResourceKind<IoError>("wasi:io/error#error");
export const pollableKind = new ResourceKind<Pollable>("wasi:io/poll#pollable", { dispose: (it) => it.dispose?.() });
export const inputStreamKind = new ResourceKind<InputStream>("wasi:io/streams#input-stream", {
	dispose: (it) => it.dispose?.(),
	image: (it) => it.standard,
	revive: (_image, guest) => standardInput(guest),
});
export const outputStreamKind = new ResourceKind<OutputStream>("wasi:io/streams#output-stream", {
	dispose: (it) => it.dispose?.(),
	image: (it) => it.standard,
	revive: reviveOutput,
});
