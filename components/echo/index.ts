import type { Handler } from "@pilotlight/sdk";

/** What came in goes out, equal as JSON. */
export const handler: Handler = (event) => event;
