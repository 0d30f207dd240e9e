import { cli } from "./cli.ts";
import { handler } from "./handler.ts";
import { http } from "./http.ts";
import { textHandler } from "./text-handler.ts";
import type { Kind } from "./types.ts";

/** The kinds of guests, in the order in which a component that exports several is taken. */
export const kinds: readonly Kind[] = [handler, textHandler, http, cli];

export function kindOf(name: Kind["name"]): Kind {
	return kinds.find((it) => it.name === name)!;
}
