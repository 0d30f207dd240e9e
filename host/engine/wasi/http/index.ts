import type { HostInterface } from "../types.ts";
import { outgoingHandler } from "./outgoing-handler.ts";
import { types } from "./types.ts";

/** `wasi:http`. */
export const http: readonly HostInterface[] = [types, outgoingHandler];
