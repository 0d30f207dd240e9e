/** `pilot dead-letters ls | show | retry | rm`. */
import { Command } from "commander";
import { clientOf, examples, optionsOf } from "../context.ts";
import { note, print, printJson, table } from "../output.ts";
import { listDeadLetters, removeDeadLetter, retryDeadLetter, showDeadLetter } from "../pilot-api.ts";

export function deadLettersCommand(): Command {
	return new Command("dead-letters")
		.description("what was to be sent to a queue, a topic, a bus or a bucket, which this host does not reach")
		.addCommand(lsCommand())
		.addCommand(showCommand())
		.addCommand(retryCommand())
		.addCommand(rmCommand())
		.addHelpText("after", examples("pilot dead-letters ls hello", "pilot dead-letters retry hello ID"));
}

function lsCommand(): Command {
	return new Command("ls")
		.description("list a function's, the oldest first; the last 100 are kept")
		.argument("<name>", "the function")
		.action(async (name: string, _options, command: Command) => {
			const options = optionsOf(command);
			const letters = await listDeadLetters(clientOf(options), name);
			if (options.json) return printJson(letters);
			if (letters.length === 0) return note("There is none.");
			print(
				table(
					["ID", "WHEN", "CONDITION", "FOR"],
					letters.map((it) => [it.id, it.createdAt, it.condition, it.target]),
				),
			);
		});
}

function showCommand(): Command {
	return new Command("show")
		.description("show one: what was to be sent, as it is; with --json all that is kept")
		.argument("<name>", "the function")
		.argument("<id>", "its id, as `pilot dead-letters ls` shows it")
		.action(async (name: string, id: string, _options, command: Command) => {
			const options = optionsOf(command);
			const letter = await showDeadLetter(clientOf(options), name, id);
			if (options.json) printJson(letter);
			else print(letter.body);
		});
}

function retryCommand(): Command {
	return new Command("retry")
		.description("invoke the function again with the events")
		.argument("<name>", "the function")
		.argument("<id...>", "their ids")
		.action(async (name: string, ids: string[], _options, command: Command) => {
			const options = optionsOf(command);
			const client = clientOf(options);
			const requestIds = [];
			for (const id of ids) requestIds.push((await retryDeadLetter(client, name, id)).requestId);
			if (options.json) printJson({ requestIds });
			else print(`Queued again as ${requestIds.join(", ")}`);
		});
}

function rmCommand(): Command {
	return new Command("rm")
		.description("remove some")
		.argument("<name>", "the function")
		.argument("<id...>", "their ids")
		.action(async (name: string, ids: string[], _options, command: Command) => {
			const options = optionsOf(command);
			const client = clientOf(options);
			for (const id of ids) await removeDeadLetter(client, name, id);
			if (options.json) printJson({ removed: ids });
			else print(`Removed ${ids.join(", ")}`);
		});
}
