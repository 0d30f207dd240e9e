/** Runs code inside of a process that is tested, as a debugger does: for faults that no guest can cause. */
import type { HostProcess } from "./child-host.ts";

/** What the process has to be started with: SIGUSR1 opens the debugger's port, any free one. */
export const DEBUGGABLE = { NODE_OPTIONS: "--inspect-port=0" };

/** Evaluates `code` in process `pid`, whose stderr is the host's. Does not wait for its end, which may never come. */
export async function runInside(host: HostProcess, pid: number, code: string): Promise<void> {
	const before = host.output.stderr.length;
	process.kill(pid, "SIGUSR1");
	const url = await new Promise<string>((resolve, reject) => {
		const limit = setTimeout(() => reject(new Error(`no debugger: ${host.output.stderr}`)), 10_000);
		const look = (): void => {
			const found = /listening on (ws:\S+)\n/.exec(host.output.stderr.slice(before))?.[1];
			if (found === undefined) return void setTimeout(look, 20);
			clearTimeout(limit);
			resolve(found);
		};
		look();
	});
	const socket = new WebSocket(url);
	await new Promise((resolve, reject) => {
		socket.addEventListener("open", resolve);
		socket.addEventListener("error", reject);
	});
	const expression = `void setTimeout(() => { ${code} }, 0)`;
	const answered = new Promise((resolve) => socket.addEventListener("message", resolve));
	socket.send(
		JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression, includeCommandLineAPI: true } }),
	);
	await answered;
	socket.close();
}
