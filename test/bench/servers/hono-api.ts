import { fileURLToPath } from "node:url";
import { firstLine, freePort, SERVER_CORE, start, stop } from "../processes.ts";

const PROGRAM = fileURLToPath(new URL("hono-api-server.ts", import.meta.url));

/** Bare Hono with these answers by path, on the Node that runs the host. */
export async function startHonoApi(answers: Record<string, string>): Promise<{ port: number; stop(): Promise<void> }> {
	const port = await freePort();
	const command = [process.execPath, PROGRAM, String(port)];
	const child = start(command, { core: SERVER_CORE, input: JSON.stringify(answers) });
	await firstLine(child);
	return { port, stop: () => stop(child) };
}
