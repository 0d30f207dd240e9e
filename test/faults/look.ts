/** Loaded into a host that is tested: answers what the process holds. Keeps nothing alive itself. */
process.on("message", () => {
	globalThis.gc?.();
	const resources: Record<string, number> = {};
	for (const type of process.getActiveResourcesInfo()) resources[type] = (resources[type] ?? 0) + 1;
	const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
	const { heapUsed, external } = process.memoryUsage();
	process.send?.({ resources, heapUsed, external, listeners });
});
process.channel?.unref();
