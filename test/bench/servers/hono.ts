import { fileURLToPath } from "node:url";
import { freePort, SERVER_CORE, start } from "../processes.ts";
import { HELLO_TEXT, LOCAL, type Server, whenUp } from "./server.ts";

const PROGRAM = fileURLToPath(new URL("hono-server.ts", import.meta.url));

/** Bare Hono, on the Node that runs the host. */
export async function startHono(): Promise<Server> {
	const port = await freePort();
	const child = start([process.execPath, PROGRAM, String(port)], { core: SERVER_CORE });
	child.stdout!.resume();
	return whenUp(child, { name: "bare Hono", port, targets: [LOCAL], body: HELLO_TEXT });
}
