import { api } from "./rows/api.ts";
import { apiFunctions } from "./rows/api-functions.ts";
import { hello } from "./rows/hello.ts";
import { hostStart } from "./rows/host-start.ts";
import { inFlight } from "./rows/in-flight.ts";
import { inProcess } from "./rows/in-process.ts";
import { isolation } from "./rows/isolation.ts";
import { manyFunctions } from "./rows/many-functions.ts";
import { metering } from "./rows/metering.ts";
import { neighbours } from "./rows/neighbours.ts";
import { newInstance } from "./rows/new-instance.ts";
import { soak } from "./rows/soak.ts";
import type { Row } from "./types.ts";

/** The rows, in the order in which they run. */
export const rows: readonly Row[] = [
	inProcess,
	hello,
	isolation,
	newInstance,
	metering,
	neighbours,
	manyFunctions,
	inFlight,
	api,
	apiFunctions,
	soak,
	hostStart,
];
