/** What `deploy` and `dev` take as PATH: a .wasm, a .zip, or a project, which is built first. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { bundleName } from "../signing/sign.ts";
import { sha256 } from "./build/cache.ts";
import { build } from "./build/index.ts";
import { isProject, readProject } from "./build/project.ts";
import type { Deployment } from "./deploy.ts";
import { CliError, codeOf, UsageError } from "./errors.ts";
import { withSpinner } from "./output.ts";
import { zipOf } from "./zip.ts";

/** The code at a path, and how its project wants it to be deployed. Throws CliError; UsageError for what is no code. */
export async function loadCode(path: string): Promise<Deployment> {
	if (isFolder(path)) return loadProject(path);
	if (![".wasm", ".zip"].includes(extname(path))) {
		throw new UsageError(`${path} is neither a .wasm, a .zip nor a folder with a package.json or pilot.json`);
	}
	const bytes = withBundle(path, readFileSync(path));
	const name = basename(path, extname(path));
	return { name, sha256: sha256(bytes, "base64"), read: () => bytes, settings: {}, folder: process.cwd() };
}

async function loadProject(path: string): Promise<Deployment> {
	if (!isProject(path)) {
		throw new UsageError(`${path} has no package.json and no pilot.json: \`pilot new NAME\` makes a project`);
	}
	const project = readProject(path);
	const built = await withSpinner(`Building ${project.name}`, () => build(project));
	return {
		name: project.name,
		sha256: built.sha256,
		read: () => readFileSync(built.path),
		settings: project.settings,
		folder: project.folder,
	};
}

/** With the signature that `pilot sign` has put beside it, in a zip. */
function withBundle(path: string, code: Uint8Array): Uint8Array {
	const bundle = bundleName(path);
	if (extname(path) !== ".wasm" || !existsSync(bundle)) return code;
	return zipOf({ [basename(path)]: code, [basename(bundle)]: readFileSync(bundle) });
}

function isFolder(path: string): boolean {
	try {
		return statSync(path).isDirectory();
	} catch (error) {
		if (codeOf(error) === "ENOENT") throw new CliError(`There is no ${resolve(path)}`);
		throw error;
	}
}
