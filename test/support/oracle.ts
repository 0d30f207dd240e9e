/** The oracle: the same component run by jco's generated glue over preview2-shim. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { transpile } from "@bytecodealliance/jco";

/** Inside the project, so that the generated code finds the shim. */
const CACHE = new URL("../.cache/oracle/", import.meta.url).pathname;

export type OracleResult = { ok: string } | { error: string; message: string; stack: string[] } | { trap: true };

/** Transpiles a handler component; gives a function that calls it. All oracles of a process have one environment. */
export async function oracle(
	name: string,
	component: Uint8Array,
	env: Record<string, string> = {},
): Promise<(event: Uint8Array, context: object) => OracleResult> {
	const { files } = await transpile(Buffer.from(component), { name: "guest", noTypescript: true, nodejsCompat: true });
	const folder = join(CACHE, name);
	for (const [path, bytes] of Object.entries(files)) {
		await mkdir(dirname(join(folder, path)), { recursive: true });
		await writeFile(join(folder, path), bytes as Uint8Array);
	}
	// The guest's own instance of the shim, which the test's loader would not give.
	await writeFile(join(folder, "env.js"), `export { _setEnv } from "@bytecodealliance/preview2-shim/cli";`);
	const load = (file: string): Promise<unknown> =>
		import(/* @vite-ignore */ `${pathToFileURL(join(folder, file))}?${Date.now()}`);
	((await load("env.js")) as { _setEnv(env: Record<string, string>): void })._setEnv(env);
	const module = (await load("guest.js")) as Guest;
	return (event, context) => call(() => answer(module, event, context));
}

/** A guest exports one of the two. */
interface Guest {
	handler?: { handle(event: Uint8Array, context: object): Uint8Array };
	textHandler?: { handle(event: string, requestId: string, deadlineMs: bigint, more: string): string };
}

function answer({ handler, textHandler }: Guest, event: Uint8Array, context: object): string {
	if (handler !== undefined) return Buffer.from(handler.handle(event, context)).toString();
	const { requestId, deadlineMs, ...more } = context as { requestId: string; deadlineMs: bigint };
	return textHandler!.handle(Buffer.from(event).toString(), requestId, deadlineMs, JSON.stringify(more));
}

function call(handle: () => string): OracleResult {
	try {
		return { ok: handle() };
	} catch (error) {
		const { payload } = error as { payload?: { errorType: string; errorMessage: string; stackTrace: string[] } };
		if (payload === undefined) return { trap: true };
		return { error: payload.errorType, message: payload.errorMessage, stack: payload.stackTrace };
	}
}
