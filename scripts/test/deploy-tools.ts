/**
 * Deployment tools that the tests use as clients: Ansible with amazon.aws, and Chalice. Installed once into `test/.cache`; of
 * PyPI's `ansible`, which holds a hundred collections, amazon.aws alone. Without Python, or a registry, they are skipped.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";

const ANSIBLE = "ansible==12.3.0";
const PACKAGES = ["ansible-core==2.19.14", "chalice==1.34.0", "boto3==1.44.5", "botocore==1.44.5"];

/** Takes one collection out of the archive: it has 30,000 files. */
const UNPACK = `import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
archive.extractall(sys.argv[2], [it for it in archive.namelist() if it.startswith("ansible_collections/amazon/aws/")])
`;

/** Environment variables for the tests, by what was found; and lines that say what is missing. */
export interface DeployTools {
	env: Record<string, string>;
	missing: string[];
}

/** Installs what is missing into `folder`. Never rejects. */
export async function prepareDeployTools(folder: string): Promise<DeployTools> {
	const stamp = join(folder, "installed.txt");
	const wanted = [ANSIBLE, ...PACKAGES].join("\n");
	if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
		const problem = await install(folder);
		if (problem !== null) return { env: {}, missing: [`skipped: Ansible and Chalice as clients (${problem})`] };
		writeFileSync(stamp, wanted);
	}
	return { env: { PILOT_DEPLOY_TOOLS: folder }, missing: [] };
}

const PIP = ["-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"];

/** Null, or why it did not work. */
async function install(folder: string): Promise<string | null> {
	rmSync(folder, { recursive: true, force: true });
	const archive = join(folder, "archive");
	mkdirSync(archive, { recursive: true });
	console.log("Installing Ansible and Chalice for the tests into test/.cache, once");
	const download = [...PIP, "download", "--no-deps", "--dest", archive, ANSIBLE];
	const python = async (args: readonly string[]) => {
		const { code, output } = await run("python3", args);
		return code === 0 ? null : `python3 failed: ${output.trim().split("\n").at(-1) ?? ""}`;
	};
	const problem = (await python([...PIP, "install", "--target", folder, ...PACKAGES])) ?? (await python(download));
	if (problem !== null) return problem;
	const unpacked = await python(["-c", UNPACK, join(archive, readdirSync(archive)[0]!), folder]);
	rmSync(archive, { recursive: true });
	return unpacked;
}
