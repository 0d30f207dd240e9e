/** The page behind a real gateway, with an invented past: for looking at it and for clicking through it. */
import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { createConsole } from "../../host/console/console.ts";
import type { GuestKind } from "../../host/engine/types.ts";
import { createGateway, type NodeEnv } from "../../host/gateway/gateway.ts";
import { functionRecord, listen, result } from "../../host/gateway/testing.ts";
import type { InvocationSummary } from "../../host/observe/types.ts";
import { openSqliteStore } from "../../host/store/sqlite.ts";
import type { TriggerRecord } from "../../host/store/types.ts";
import { newUrlId } from "../../host/store/url-id.ts";

interface Past {
	name: string;
	kind: GuestKind;
	size: number;
	/** ms. */
	typical: number;
	invocations: number;
	failures?: Map<number, InvocationSummary["failure"]>;
	log?: string[];
}

/** What a stranger might call things, to get markup or their own words into the page. */
export const HOSTILE = {
	error: '<img src=x onerror="document.title=1"> \u202egnp.exe',
	line: '</p><script>document.title="taken"</script> \u001b[31mred\u001b[0m \u0000',
};

const TIMEOUT = { kind: "timeout", errorType: "Sandbox.Timedout", errorMessage: "Task timed out after 3.00 seconds" };
const PAST: Past[] = [
	{ name: "hello", kind: "handler", size: 1_410_000, typical: 0.42, invocations: 1834 },
	{ name: "Greeter_2", kind: "cli", size: 71_000, typical: 1.1, invocations: 12 },
	{
		name: "hostile",
		kind: "handler",
		size: 4096,
		typical: 2,
		invocations: 9,
		failures: new Map([[0, { kind: "handled", errorType: "<b>Error</b>", errorMessage: HOSTILE.error }]]),
		log: [HOSTILE.line],
	},
	{
		name: "image-resize",
		kind: "handler",
		size: 2_900_000,
		typical: 84,
		invocations: 412,
		failures: new Map([
			[3, TIMEOUT],
			[17, { kind: "memory", errorType: "Runtime.OutOfMemory", errorMessage: "memory grew beyond 128 MB" }],
		]),
	},
	{ name: "guestbook", kind: "http", size: 3_200_000, typical: 3.6, invocations: 267 },
	{ name: "never-called", kind: "http", size: 812_000, typical: 1, invocations: 0 },
];

/** The host that is looked at. */
export interface PageHost {
	port: number;
	/** Event bodies that the page sent to the Lambda API. */
	invoked: { name: string; body: string }[];
	/** Appends to a function's log. */
	write(name: string, line: string): void;
	deploy(name: string): Promise<void>;
	close(): Promise<void>;
}

export async function startPageHost(now = Date.now()): Promise<PageHost> {
	const folder = mkdtempSync(join(tmpdir(), "pilot-page-"));
	const store = await openSqliteStore(folder);
	const logs = new Map<string, string[]>();
	const waiting = new Set<() => void>();
	const stats = new Map(PAST.map((past) => [past.name, statsOf(past, now)]));
	const invoked: PageHost["invoked"] = [];
	const config = {
		host: "127.0.0.1",
		port: 9000,
		urlPort: 9001,
		region: "us-east-1",
		account: "000000000000",
		memoryBudget: 4 * 2 ** 30,
	};
	const triggers: TriggerRecord[] = [
		{
			id: "t1",
			kind: "schedule",
			functionName: "hello",
			enabled: true,
			settings: { schedule: "*/5 * * * *" },
			createdAt: "2026-11-22T10:00:00.000Z",
		},
	];
	for (const past of PAST) {
		logs.set(past.name, logOf(past, stats.get(past.name)!.recent));
		await deploy(past);
	}

	async function deploy({ name, kind, size }: Pick<Past, "name" | "kind" | "size">): Promise<void> {
		const world = {
			handler: "pilot:function/handler@0.1.0",
			http: "wasi:http/incoming-handler@0.2.3",
			cli: "wasi:cli/run@0.2.0",
		};
		await store.functions.create(
			functionRecord(name, kind, {
				artifact: { digest: `sha256:${"3f9a2c51".repeat(8)}`, kind, world: world[kind], size },
				environment: { LOG_LEVEL: "info", API_TOKEN: "not-for-the-page" },
			}),
		);
		const created = { creationTime: "2026-11-22T10:00:00.000Z", lastModifiedTime: "2026-11-22T10:00:00.000Z" };
		const settings = { authType: "NONE", invokeMode: "BUFFERED", cors: null, qualifier: null } as const;
		await store.urls.create({ id: newUrlId(), functionName: name, ...settings, ...created });
	}

	const page = createConsole({
		config,
		store,
		invoker: { enqueue: () => Promise.reject(new Error("not in these tests")) },
		engine: { stats: () => ({ instances: 7, busy: 1, memoryBytes: 58_300_000 }) },
		observer: {
			stats: (name) => stats.get(name) ?? { invocations: 0, errors: 0, recent: [] },
			async *read(name, { follow, signal, lastLines = 100 }) {
				const lines = logs.get(name) ?? [];
				let next = Math.max(0, lines.length - lastLines);
				while (!signal.aborted) {
					for (; next < lines.length; next++) yield `${new Date(now).toISOString()}\t${lines[next]}`;
					if (!follow) return;
					await new Promise<void>((resolve) => {
						waiting.add(resolve);
						signal.addEventListener("abort", () => resolve(), { once: true });
					});
				}
			},
		},
		triggers: {
			list: async (name) => triggers.filter((it) => name === undefined || it.functionName === name),
			add: async () => triggers[0]!,
			remove: async () => false,
		},
		version: "0.1.0",
	});
	const api = new Hono<NodeEnv>().post("/2015-03-31/functions/:name/invocations", async (c) => {
		const body = await c.req.text();
		invoked.push({ name: c.req.param("name"), body });
		if (c.req.param("name") !== "hostile") return c.json({ message: "Hello, pilot!", at: "2026-11-22T10:00:00.000Z" });
		return c.json({ errorType: "<b>Error</b>", errorMessage: HOSTILE.error }, 200, {
			"x-amz-function-error": "Unhandled",
		});
	});
	const gateway = createGateway({ config, store, invoker: { invoke: async () => result("{}") }, api, console: page });
	const server: Server = await listen(gateway.byHost);
	const wake = () => {
		for (const resolve of waiting) resolve();
		waiting.clear();
	};
	return {
		port: (server.address() as AddressInfo).port,
		invoked,
		write(name, line) {
			logs.get(name)!.push(line);
			wake();
		},
		deploy: (name) => deploy({ name, kind: "handler", size: 1000 }),
		async close() {
			server.closeAllConnections();
			server.close();
			wake();
			await store.close();
			rmSync(folder, { recursive: true });
		},
	};
}

function statsOf({ name, typical, invocations, failures }: Past, now: number) {
	const recent = Array.from({ length: Math.min(invocations, 60) }, (_, index): InvocationSummary => {
		const failure = failures?.get(index) ?? null;
		// Unevenness without chance: a picture taken twice is the same.
		const wave = 1 + 0.6 * Math.sin(index * 1.7) * Math.cos(index * 0.6);
		const initMs = index % 23 === 22 ? typical * 6 + 3 : null;
		const durationMs = failure?.kind === "timeout" ? 3000 : typical * wave + (initMs ?? 0) * 0.2;
		const usage = {
			durationMs,
			initMs,
			cpuMs: durationMs * 0.9,
			fuel: Math.round(durationMs * 910_000),
			memoryBytes: 4_600_000 + (index % 5) * 65_536,
		};
		const requestId = `8f5d${String(index).padStart(4, "0")}-21f1-4dc3-b5a3-8a4b4d2ff1a${index % 10}`;
		return { functionName: name, version: "$LATEST", requestId, endedAt: now - index * 41_000 - 2500, usage, failure };
	});
	return { invocations, errors: failures?.size ?? 0, recent };
}

function logOf({ log = [], name }: Past, recent: InvocationSummary[]): string[] {
	const lines = recent
		.slice(0, 12)
		.reverse()
		.flatMap(({ requestId, usage, failure }) => [
			`START RequestId: ${requestId} Version: $LATEST`,
			failure ? `${failure.errorType}: ${failure.errorMessage}` : `${name}: served in one go`,
			`END RequestId: ${requestId}`,
			`REPORT RequestId: ${requestId}\tDuration: ${usage.durationMs.toFixed(2)} ms\tBilled Duration: ${Math.ceil(usage.durationMs)} ms\tMemory Size: 128 MB\tMax Memory Used: 5 MB\tFuel Used: ${usage.fuel}`,
		]);
	return [...lines, ...log];
}
