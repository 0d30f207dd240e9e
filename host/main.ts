/** Starts a host: in one process, or as control with workers. */
import { refuseWithoutStore } from "./auth/open.ts";
import type { Config } from "./config.ts";
import type { Host } from "./host.ts";

/** Opens the data folder, starts everything, and listens. Throws StoreBusy, StoreError, PortInUse, ConfigError. */
export async function startHost(config: Config): Promise<Host> {
	refuseWithoutStore(config);
	// Each loads what it needs: the workers' processes start before control has loaded the rest.
	if (config.workers === 1) {
		const { startAlone } = await import("./alone.ts");
		return startAlone(config);
	}
	const { startWithWorkers } = await import("./cluster/begin.ts");
	return startWithWorkers(config);
}
