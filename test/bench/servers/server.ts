/** A server under test, as a row sees it. */
import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { LoadPlan, Target } from "../load/plan.ts";
import { stop } from "../processes.ts";

/** What a load goes to, and what it must answer. */
export interface Subject extends Pick<LoadPlan, "port" | "body"> {
	name: string;
	targets: Target[];
}

export interface Server {
	pid: number;
	subject: Subject;
	stop(): Promise<void>;
}

/** A server that has one thing to say, once it says it. */
export async function whenUp(child: ChildProcess, subject: Subject): Promise<Server> {
	const server = { pid: child.pid!, subject, stop: () => stop(child) };
	for (let i = 0; i < 200; i++) {
		if (child.exitCode !== null) throw new Error(`${subject.name} ended with ${child.exitCode}`);
		if ((await bodyOf(subject)) === subject.body) return server;
		await sleep(50);
	}
	throw new Error(`${subject.name} does not answer ${JSON.stringify(subject.body)}: ${await bodyOf(subject)}`);
}

async function bodyOf({ port, targets }: Subject): Promise<string | undefined> {
	try {
		return await (await fetch(`http://127.0.0.1:${port}${targets[0]!.path}`)).text();
	} catch {
		return undefined;
	}
}

export const LOCAL: Target = { host: "localhost", path: "/" };
export const HELLO_TEXT = "Hello, world!\n";
export const HELLO_JSON = '{"message":"Hello, world!"}';
