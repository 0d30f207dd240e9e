/** Other people's data to test against. It is not part of the repository; without it the tests that need it are skipped. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

const BESIDE = fileURLToPath(new URL("../../../shared/acceptance", import.meta.url));

/** The folder of that name in `PILOT_ACCEPTANCE` (or in `../shared/acceptance`), or null if it is not there. */
export function acceptanceData(name: string): string | null {
	const path = resolve(process.env.PILOT_ACCEPTANCE || BESIDE, name);
	return existsSync(path) ? path : null;
}
