/** Starts a host: in one process, or as control with workers. */
import { startAlone } from "./alone.ts";
import type { Config } from "./config.ts";
import type { Host } from "./host.ts";

/** Opens the data folder, starts everything, and listens. Throws StoreBusy, StoreError, PortInUse. */
export async function startHost(config: Config): Promise<Host> {
	if (config.workers === 1) return startAlone(config);
	// A host of one process need not load it.
	const { startControl } = await import("./cluster/control.ts");
	return startControl(config);
}
