/** `pilot keys create | ls | rm`. */
import { Command } from "commander";
import { examples, optionsOf } from "../context.ts";
import { keysOf } from "../keys.ts";
import { note, print, printJson, table } from "../output.ts";

export function keysCommand(): Command {
	return new Command("keys")
		.description("access keys: once there is one, every call must be signed with one")
		.addCommand(createCommand())
		.addCommand(lsCommand())
		.addCommand(rmCommand())
		.addHelpText("after", examples("pilot keys create --description ci", "pilot keys ls"));
}

export interface KeyOptions {
	data?: string;
}

/** Keys are in a host's data folder, whether or not the host runs. */
function withData(command: Command): Command {
	return command.option("--data <folder>", "the host's data folder (PILOT_DATA; default: .pilot)");
}

function createCommand(): Command {
	return withData(new Command("create"))
		.description("make a key; its secret is shown this once")
		.option("--account <digits>", "the account that it acts for (default: the host's, 000000000000)")
		.option("--description <text>", "what it is for")
		.addHelpText("after", examples("pilot keys create", "pilot keys create --account 111122223333 --json"))
		.action(async (_options, command: Command) => {
			const options = optionsOf<KeyOptions & { account?: string; description?: string }>(command);
			const { account, description } = options;
			const key = await keysOf(options).create({ account, description });
			if (options.json) return printJson(key);
			print(`AWS_ACCESS_KEY_ID=${key.id}`);
			print(`AWS_SECRET_ACCESS_KEY=${key.secret}`);
			note(`For account ${key.account}. The secret is not shown again.`);
		});
}

const COLUMNS = ["ID", "ACCOUNT", "CREATED", "DESCRIPTION"];

function lsCommand(): Command {
	return withData(new Command("ls"))
		.description("list keys, without their secrets")
		.addHelpText("after", examples("pilot keys ls", "pilot keys ls --json"))
		.action(async (_options, command: Command) => {
			const options = optionsOf<KeyOptions>(command);
			const keys = await keysOf(options).list();
			if (options.json) return printJson(keys);
			if (keys.length === 0) return note("There is no key: the host accepts any, from this machine alone.");
			print(
				table(
					COLUMNS,
					keys.map(({ id, account, createdAt, description }) => [id, account, createdAt, description]),
				),
			);
		});
}

function rmCommand(): Command {
	return withData(new Command("rm"))
		.description("remove keys: what is signed with them is refused from then on")
		.argument("<id...>", "their ids, as `pilot keys ls` shows them")
		.addHelpText("after", examples("pilot keys rm AKIAQ3EGPIY5VUNXUYZQ"))
		.action(async (ids: string[], _options, command: Command) => {
			const options = optionsOf<KeyOptions>(command);
			const keys = keysOf(options);
			for (const id of ids) await keys.remove(id);
			if (options.json) return printJson({ removed: ids });
			print(`Removed ${ids.join(", ")}`);
			if ((await keys.list().catch(() => [null])).length === 0)
				note("That was the last key: the host accepts any again, from this machine alone.");
		});
}
