/** What every command has: options that may stand anywhere on the line, and how numbers and pairs are read. */
import { type Command, InvalidArgumentError } from "commander";
import { Client } from "./client.ts";

export interface GlobalOptions {
	endpoint: string;
	json?: boolean;
}

export const DEFAULT_ENDPOINT = "http://127.0.0.1:9000";

/** The command's own options with the global ones. */
export function optionsOf<T extends object>(command: Command): T & GlobalOptions {
	return command.optsWithGlobals<T & GlobalOptions>();
}

export function clientOf(options: GlobalOptions): Client {
	return new Client(options.endpoint);
}

/** A whole number from 1 on. The host says which of them a setting takes. */
export function parseCount(text: string): number {
	const value = Number(text);
	if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
		throw new InvalidArgumentError("It is a whole number from 1 on.");
	}
	return value;
}

/** `KEY=VALUE`, added to the pairs before it. */
export function parsePair(text: string, before: Record<string, string> = {}): Record<string, string> {
	const at = text.indexOf("=");
	if (at < 1) throw new InvalidArgumentError("It is KEY=VALUE.");
	return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Lines that follow a command's help. */
export function examples(...lines: readonly string[]): string {
	return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}\n`;
}
