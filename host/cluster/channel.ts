/** The channel between a child process and its parent, as calls use it. */
import type { ChildProcess } from "node:child_process";
import type { Channel, Frame } from "./rpc.ts";

/** From the parent to a child that was started with `serialization: "advanced"`. */
export function toChild(child: ChildProcess): Channel {
	return {
		// A child that has just ended is told of by its `exit`.
		send: (frame) => void (child.connected && child.send(frame, () => {})),
		receive: (receiver) => void child.on("message", (message) => receiver(message as Frame)),
	};
}

/** From this process to the parent that started it so. */
export function toParent(): Channel {
	return {
		send: (frame) => void (process.connected && process.send!(frame, undefined, undefined, () => {})),
		receive: (receiver) => void process.on("message", (message) => receiver(message as Frame)),
	};
}
