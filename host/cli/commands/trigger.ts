/** `pilot trigger add | ls | rm`. */
import { mkdirSync } from "node:fs";
import { basename, resolve } from "node:path";
import { Command } from "commander";
import { clientOf, examples, optionsOf } from "../context.ts";
import { UsageError } from "../errors.ts";
import { note, print, printJson, table } from "../output.ts";
import { addTrigger, listTriggers, removeTrigger } from "../pilot-api.ts";
import { describeSettings } from "../triggers.ts";

export function triggerCommand(): Command {
	return new Command("trigger")
		.description("what runs a function by itself: schedules and buckets")
		.addCommand(addCommand())
		.addCommand(lsCommand())
		.addCommand(rmCommand())
		.addHelpText("after", examples('pilot trigger add tick --schedule "rate(1 minute)"', "pilot trigger ls"));
}

interface AddOptions {
	schedule?: string;
	timezone?: string;
	bucket?: string;
}

function addCommand(): Command {
	return new Command("add")
		.description("add a trigger to a function")
		.argument("<name>", "the function")
		.option("--schedule <expression>", '"rate(5 minutes)", "cron(0 12 * * ? *)" or "0 12 * * *"')
		.option("--timezone <name>", "of the schedule, such as Europe/Berlin (default: UTC)")
		.option("--bucket <folder>", "a folder: each new file in it is an event")
		.addHelpText(
			"after",
			examples(
				'pilot trigger add tick --schedule "0 9 * * 1-5" --timezone Europe/Berlin',
				"pilot trigger add on-upload --bucket ./uploads",
			),
		)
		.action(async (name: string, _options, command: Command) => {
			const options = optionsOf<AddOptions>(command);
			const { kind, settings } = settingsOf(options);
			const trigger = await addTrigger(clientOf(options), name, kind, settings);
			if (options.json) printJson(trigger);
			else print(trigger.id);
		});
}

function settingsOf({ schedule, timezone, bucket }: AddOptions): { kind: string; settings: Record<string, unknown> } {
	if ((schedule === undefined) === (bucket === undefined)) throw new UsageError("Give either --schedule or --bucket");
	if (schedule !== undefined) return { kind: "schedule", settings: { expression: schedule, timezone } };
	if (timezone !== undefined) throw new UsageError("--timezone belongs to --schedule");
	const folder = resolve(bucket ?? "");
	mkdirSync(folder, { recursive: true });
	return { kind: "bucket", settings: { bucket: basename(folder), folder } };
}

function lsCommand(): Command {
	return new Command("ls")
		.description("list triggers")
		.argument("[name]", "only those of this function")
		.addHelpText("after", examples("pilot trigger ls", "pilot trigger ls tick --json"))
		.action(async (name: string | undefined, _options, command: Command) => {
			const options = optionsOf(command);
			const triggers = await listTriggers(clientOf(options), name);
			if (options.json) return printJson(triggers);
			if (triggers.length === 0) return note("There is no trigger.");
			const rows = triggers.map((it) => [
				it.id,
				it.kind,
				it.functionName,
				it.enabled ? "yes" : "no",
				describeSettings(it.settings),
			]);
			print(table(["ID", "KIND", "FUNCTION", "ENABLED", "SETTINGS"], rows));
		});
}

function rmCommand(): Command {
	return new Command("rm")
		.description("remove triggers")
		.argument("<id...>", "their ids, as `pilot trigger ls` shows them")
		.addHelpText("after", examples("pilot trigger rm 9f2c4a52-0d7b-4c49-a6a1-2f6f2a8a3a5e"))
		.action(async (ids: string[], _options, command: Command) => {
			const options = optionsOf(command);
			const client = clientOf(options);
			for (const id of ids) await removeTrigger(client, id);
			if (options.json) printJson({ removed: ids });
			else print(`Removed ${ids.join(", ")}`);
		});
}
