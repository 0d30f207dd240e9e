/** How many workers the hosts of tests have: one, or what `PILOT_TEST_WORKERS` says, so that the same suites run with more. */
export const WORKERS = Number(process.env.PILOT_TEST_WORKERS ?? 1);
