/**
 * Makes a component of a core module whose toolchain knows no components, as .wat:
 * `node scripts/embed-component.ts IN.wat WORLD ENCODING INTERFACE OUT.wasm`. Its `handle` becomes the interface's.
 */
import { readFile, writeFile } from "node:fs/promises";
import { componentEmbed, componentNew, parse } from "@bytecodealliance/jco";
import { witText } from "./guest-wit.ts";

const [input, world, stringEncoding, exported, output] = process.argv.slice(2);
if (output === undefined) throw new Error("usage: embed-component.ts IN.wat WORLD ENCODING INTERFACE OUT.wasm");
const wat = (await readFile(input!, "utf8")).replace('(export "handle"', `(export "${exported}#handle"`);
// The version that the module imports is the version of its world.
const version = /"wasi:[a-z]+\/[a-z-]+@(0\.2\.[0-9]+)"/.exec(wat)?.[1] ?? "0.2.12";
const options = { binary: await parse(wat), witSource: witText(version), world: world!, stringEncoding };
await writeFile(output, await componentNew(await componentEmbed(options as never), []));
