/** What a host checks its callers with, out of its settings and its store. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Config, ConfigError } from "../config.ts";
import { type Callers, createCallers } from "./callers.ts";
import { type KeyRecords, Keyring } from "./keyring.ts";
import { isLoopback } from "./loopback.ts";
import { fileSeal, type Seal } from "./seal.ts";
import { openToken } from "./token.ts";

export interface Access {
	callers: Callers;
	keyring: Keyring;
	seal: Seal;
}

type Settings = Pick<Config, "data" | "host" | "keyFile">;

/** The seal of a host's secrets: its key is in the file that the settings name, or in the data folder. */
export function sealOf({ data, keyFile }: Pick<Settings, "data" | "keyFile">): Seal {
	return fileSeal(keyFile ?? join(data, "secrets.key"));
}

/** For the process that serves API and page; it makes the token of this machine's user. */
export function openAccess(settings: Settings, records: KeyRecords): Access {
	const seal = sealOf(settings);
	const keyring = new Keyring(records, seal);
	return { seal, keyring, callers: createCallers({ keyring, token: openToken(settings.data), host: settings.host }) };
}

/** For a process that serves function URLs alone: there, only signatures count. */
export function openUrlAccess(settings: Settings, records: KeyRecords): Callers {
	return createCallers({ keyring: new Keyring(records, sealOf(settings)), token: null, host: settings.host });
}

/** Before anything is opened: a host without a store has no key. Throws ConfigError. */
export function refuseWithoutStore({ data, host }: Settings): void {
	if (!isLoopback(host) && !existsSync(join(data, "pilot.db"))) throw needsKey(host);
}

/** Whether everybody may call. Throws ConfigError for a host that others would reach without a key. */
export async function checkOpenness({ host }: Settings, { keyring }: Pick<Access, "keyring">): Promise<boolean> {
	const any = await keyring.any();
	if (!any && !isLoopback(host)) throw needsKey(host);
	return !any;
}

function needsKey(host: string): ConfigError {
	return new ConfigError(
		`host (PILOT_HOST) is "${host}", which others reach, and there is no access key yet: make one with \`pilot keys create\`, or listen on the loopback`,
	);
}
