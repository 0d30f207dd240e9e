/** File systems of functions: an access point is a folder of this host's data folder, which all functions that name it share. */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { FileSystemConfig } from "@aws-sdk/client-lambda";
import { syncFolder } from "../engine/disk.ts";
import { invalid } from "../errors.ts";
import { accessPointFolder } from "../invoker/content.ts";
import type { FileSystemReference, FunctionRecord } from "../store/types.ts";
import type { ApiDeps } from "./operation.ts";

/** Of the forms that the service model's pattern lets through, those of Amazon EFS. */
const ACCESS_POINT =
	/^arn:aws[a-zA-Z-]*:elasticfilesystem:(?<region>[^:]+):(?<account>\d{12}):access-point\/(?<id>fsap-[a-f0-9]{17})$/;

/** Checks what a caller sends. Throws InvalidParameterValueException. */
export function readFileSystems(
	{ region, account }: ApiDeps["config"],
	configs: readonly FileSystemConfig[],
): FileSystemReference[] {
	return configs.map(({ Arn, LocalMountPath }) => {
		const found = ACCESS_POINT.exec(Arn!)?.groups;
		if (!found) throw invalid(`${Arn} is no access point of Amazon EFS, and others are not supported by this host.`);
		if (found.region !== region || found.account !== account)
			throw invalid(`EFS access point ${Arn} does not exist: it has to be in account ${account} and region ${region}.`);
		// The model's pattern takes dots, and these two names are no folder's.
		if (/^\/mnt\/\.{1,2}$/.test(LocalMountPath!)) throw invalid(`${LocalMountPath} cannot be a mount's path.`);
		return { arn: Arn!, id: found.id!, path: LocalMountPath! };
	});
}

/** Makes the folders that are not there yet; on disk when it resolves. */
export async function makeFileSystems({ config }: Pick<ApiDeps, "config">, record: FunctionRecord): Promise<void> {
	for (const { id } of record.fileSystems ?? []) {
		const folder = accessPointFolder(config, id);
		const made = await mkdir(folder, { recursive: true, mode: 0o700 });
		if (made !== undefined) await syncFolder(dirname(folder));
	}
}
