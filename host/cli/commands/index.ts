/** Every command, in the order of the help: one file and one line each. */
import type { Command } from "commander";
import { buildCommand } from "./build.ts";
import { deadLettersCommand } from "./dead-letters.ts";
import { deployCommand } from "./deploy.ts";
import { devCommand } from "./dev.ts";
import { inspectCommand } from "./inspect.ts";
import { invokeCommand } from "./invoke.ts";
import { keysCommand } from "./keys.ts";
import { logsCommand } from "./logs.ts";
import { lsCommand } from "./ls.ts";
import { newCommand } from "./new.ts";
import { rmCommand } from "./rm.ts";
import { serveCommand } from "./serve.ts";
import { signCommand } from "./sign.ts";
import { startCommand } from "./start.ts";
import { triggerCommand } from "./trigger.ts";

export const commands: readonly (() => Command)[] = [
	startCommand,
	serveCommand,
	newCommand,
	devCommand,
	buildCommand,
	signCommand,
	deployCommand,
	invokeCommand,
	lsCommand,
	inspectCommand,
	logsCommand,
	rmCommand,
	triggerCommand,
	keysCommand,
	deadLettersCommand,
];
