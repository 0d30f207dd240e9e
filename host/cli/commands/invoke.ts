/** `pilot invoke`. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { readAll } from "../client.ts";
import { clientOf, examples, optionsOf } from "../context.ts";
import { CliError, messageOf } from "../errors.ts";
import { invoke } from "../lambda.ts";
import { note, paint, print, printJson, withSpinner } from "../output.ts";

interface Options {
	data: string;
	log?: boolean;
	async?: boolean;
}

export function invokeCommand(): Command {
	return new Command("invoke")
		.description("call a function: its result goes to standard output, its log to standard error")
		.argument("<name>", "the function")
		.option("-d, --data <json>", "the event: JSON, @FILE, or - for standard input", "{}")
		.option("--log", "show the end of the invocation's log")
		.option("--async", "accept the event and do not wait for the result")
		.addHelpText(
			"after",
			examples(
				'pilot invoke hello --data \'{"queryStringParameters":{"name":"Ada"}}\' --log',
				"pilot invoke echo --data @event.json",
				"cat event.json | pilot invoke echo --data -",
			),
		)
		.action(async (name: string, _options, command: Command) => {
			const options = optionsOf<Options>(command);
			const { asynchronous, tail } = { asynchronous: options.async === true, tail: options.log === true };
			const payload = readEvent(options.data);
			const request = { payload, asynchronous, tail };
			const { headers, body } = await withSpinner(`Invoking ${name}`, () => invoke(clientOf(options), name, request));
			const result = await readAll(body);
			const requestId = String(headers["x-amzn-requestid"] ?? "");
			if (asynchronous) return options.json ? printJson({ requestId }) : print(requestId);
			const log = Buffer.from(String(headers["x-amz-log-result"] ?? ""), "base64").toString();
			const functionError = headers["x-amz-function-error"];
			if (functionError) process.exitCode = 1;
			if (options.json) return printJson({ requestId, ...parsed(result), ...(tail && { log }), functionError });
			process.stdout.write(result);
			if (process.stdout.isTTY && result.at(-1) !== LINE_FEED) print();
			if (log) process.stderr.write(log);
			if (functionError) note(`${paint("red", "error:", process.stderr)} the function failed (request ${requestId})`);
		});
}

const LINE_FEED = 0x0a;

function readEvent(data: string): Uint8Array {
	if (data !== "-" && !data.startsWith("@")) return Buffer.from(data);
	try {
		return readFileSync(data === "-" ? 0 : data.slice(1));
	} catch (error) {
		throw new CliError(`The event cannot be read: ${messageOf(error)}`);
	}
}

/** The result as JSON where it is some; else its bytes as base64. */
function parsed(result: Buffer): { payload: unknown } | { payloadBase64: string } {
	try {
		return { payload: result.length === 0 ? null : JSON.parse(result.toString()) };
	} catch {
		return { payloadBase64: result.toString("base64") };
	}
}
