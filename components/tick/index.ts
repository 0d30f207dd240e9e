import type { Handler, ScheduledEvent } from "@pilotlight/sdk";

let ticks = 0;

/** Counts in its instance's memory: the count starts again when the instance was idle for so long that it ended. */
export const handler: Handler<Partial<ScheduledEvent>> = async (event) => {
	ticks++;
	console.log(`tick ${ticks}`, event.time ?? "by hand");
	return { ticks };
};
