/** Guests for tests: components made of .wat files in test/guests, by wasm-tools inside jco. Nothing but npm is needed. */
import { readdirSync, readFileSync } from "node:fs";
import { componentEmbed, componentNew, parse } from "@bytecodealliance/jco";

const HOSTILE = new URL("../guests/hostile/", import.meta.url);
const WIT = readFileSync(new URL("../../wit/world.wit", import.meta.url), "utf8");

/** A core module of the function world, as a component. */
export async function handlerComponent(wat: string, stringEncoding: "utf8" | "utf16" = "utf8"): Promise<Uint8Array> {
	const binary = await parse(wat);
	return componentNew(await componentEmbed({ binary, witSource: WIT, world: "function", stringEncoding }), []);
}

/** A core module of another world than the function's, of `wit/` unless it is given. */
export async function worldComponent(wat: string, world: string, wit = WIT): Promise<Uint8Array> {
	const binary = await parse(wat);
	return componentNew(await componentEmbed({ binary, witSource: wit, world }), []);
}

const made = new Map<string, Promise<Uint8Array>>();

/** The code of test/guests/hostile/NAME.wat: a component, or a preview-1 command as it is. */
export function guest(name: string): Promise<Uint8Array> {
	const found = made.get(name);
	if (found !== undefined) return found;
	const wat = readFileSync(new URL(`${name}.wat`, HOSTILE), "utf8");
	const making = wat.includes('(export "_start")')
		? parse(wat)
		: handlerComponent(wat, wat.includes("UTF-16") ? "utf16" : "utf8");
	made.set(name, Promise.resolve(making));
	return making as Promise<Uint8Array>;
}

export function guestNames(): string[] {
	return readdirSync(HOSTILE)
		.filter((name) => name.endsWith(".wat"))
		.map((name) => name.slice(0, -".wat".length));
}

/** The code of test/guests/files/NAME.wat: a preview-1 command that works with the files of its first mount. */
export async function fileGuest(name: string): Promise<Uint8Array> {
	return parse(readFileSync(new URL(`../guests/files/${name}.wat`, import.meta.url), "utf8"));
}
