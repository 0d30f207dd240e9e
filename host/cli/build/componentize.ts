/** JavaScript to a component: QuickJS with the script evaluated, exporting the function world. About a second. */
import { componentize } from "componentize-qjs";
import { CliError, messageOf } from "../errors.ts";
import { WIT, WORLD } from "./sdk.ts";

/**
 * Builds the component from a script that exports `handler` (`bundle` gives one). Throws CliError if the script does not
 * parse, or throws at its top level.
 */
export async function toComponent(code: string): Promise<Uint8Array> {
	try {
		const { component } = await componentize({ witPath: WIT, jsSource: code, world: WORLD, sync: true });
		return component;
	} catch (error) {
		throw new CliError(`The component cannot be made: ${messageOf(error)}`, { cause: error });
	}
}
