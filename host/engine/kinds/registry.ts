import { interfaceName } from "../build/component/interface-name.ts";
import type { ArtifactInfo } from "../types.ts";
import { cli } from "./cli.ts";
import { handler } from "./handler.ts";
import { http } from "./http.ts";
import { textHandler } from "./text-handler.ts";
import type { Kind } from "./types.ts";

/** The kinds of guests, in the order in which a component that exports several is taken. */
export const kinds: readonly Kind[] = [handler, textHandler, http, cli];

/** How an artifact's guest is called, by the export that decided its kind. */
export function kindOf({ world }: Pick<ArtifactInfo, "world">): Kind {
	const { name } = interfaceName(world);
	return kinds.find((it) => it.interface === name)!;
}
