/** The thread in which `builder.ts` builds: one code after the other, each answered with one message. */
import { parentPort } from "node:worker_threads";
import { AdmissionError } from "../types.ts";
import { build } from "./build.ts";
import type { BuildReply, BuildRequest } from "./builder.ts";
import { takeFreshTypes } from "./canonical-types.ts";
import { ToolsBroken } from "./validate.ts";

async function answer({ code, options }: BuildRequest): Promise<void> {
	try {
		const { artifact, modules } = await build(code, options);
		// Copies of their own, which can be handed over: a metered module is a view of a larger buffer.
		const exact = modules.map((bytes) => new Uint8Array(bytes));
		send(
			{ is: "built", built: { artifact, modules: exact }, types: takeFreshTypes() },
			new Set(exact.map((it) => it.buffer)),
		);
	} catch (error) {
		if (error instanceof AdmissionError)
			send({
				is: "refused",
				message: error.message,
				spent: error instanceof ToolsBroken,
				types: takeFreshTypes(),
			});
		else
			send({
				is: "error",
				message: error instanceof Error ? (error.stack ?? error.message) : String(error),
				types: takeFreshTypes(),
			});
	}
}

function send(reply: BuildReply, transfer: Iterable<ArrayBuffer> = []): void {
	parentPort!.postMessage(reply, [...transfer]);
}

parentPort!.on("message", (request: BuildRequest) => void answer(request));
