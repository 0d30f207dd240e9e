/** The beginning of a host with workers: ports and processes, which load their code while control loads its own. */
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../config.ts";
import type { Host } from "../host.ts";
import { bindPorts, closePorts } from "./ports.ts";
import { Supervisor } from "./supervisor.ts";

/** Starts control and its workers. Throws StoreBusy, StoreError, PortInUse. */
export async function startWithWorkers(settings: Config): Promise<Host> {
	// What is opened is closed in the opposite order.
	const opened = new AsyncDisposableStack();
	try {
		const ports = opened.adopt(await bindPorts(settings), closePorts);
		const config = { ...settings, port: ports.byHost.port, urlPort: ports.byPath.port };
		const run = runFolder(config.data);
		const supervisor = new Supervisor({ workers: config.workers, ports, run });
		opened.defer(() => supervisor.close(0));
		const { startControl } = await import("./control.ts");
		return await startControl({ config, ports, supervisor, run }, opened);
	} catch (error) {
		await opened.disposeAsync();
		throw error;
	}
}

/** The longest path of a socket (sockaddr_un: 104 bytes with its end on macOS, 108 on Linux). */
const MAX_PATH = 103;
const LONGEST_NAME = "/worker-4294967295.sock";

/** In the data folder, which nobody else has open; elsewhere, under a name that is this folder's, if its path is too long. */
function runFolder(data: string): string {
	const inData = join(data, "run");
	if (Buffer.byteLength(inData) + LONGEST_NAME.length <= MAX_PATH) return inData;
	const digest = createHash("sha256").update(`${process.getuid?.()} ${data}`).digest("hex").slice(0, 16);
	return join(tmpdir(), `pilot-${digest}`);
}
