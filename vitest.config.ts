import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		include: ["host/**/*.test.ts", "sdk/**/*.test.ts", "scripts/**/*.test.ts", "test/**/*.test.ts"],
		exclude: ["node_modules/**"],
		// Processes, not threads: guests are endless loops and full memories, and an aborted thread takes its process along.
		pool: "forks",
		maxWorkers: 2,
		testTimeout: 120_000,
		hookTimeout: 240_000,
	},
});
