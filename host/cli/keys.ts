/** A host's access keys: through the host where it runs, which alone has its store open; else in its data folder. */
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { ApiError, Client, Unreachable } from "./client.ts";
import type { GlobalOptions } from "./context.ts";
import { CliError } from "./errors.ts";
import { createKey, type KeyView, listKeys, type NewKey, removeKey } from "./pilot-api.ts";

export interface Keys {
	create(wanted: { account?: string; description?: string }): Promise<NewKey>;
	list(): Promise<KeyView[]>;
	/** Throws CliError if there is no such key. */
	remove(id: string): Promise<void>;
}

export function keysOf({ endpoint, data }: GlobalOptions & { data?: string }): Keys {
	const folder = data ?? (process.env.PILOT_DATA || ".pilot");
	const client = new Client(endpoint, folder);
	// Who reads the data folder runs the host; everybody else signs.
	client.useToken();
	const either = async <T>(running: () => Promise<T>, stopped: () => Promise<T>): Promise<T> => {
		try {
			return await running();
		} catch (error) {
			// Nothing answers there, or a host that has another folder.
			const elsewhere = error instanceof ApiError && error.type === "UnrecognizedClientException";
			if (error instanceof Unreachable || elsewhere) return stopped();
			throw error;
		}
	};
	return {
		create: (wanted) =>
			either(
				() => createKey(client, wanted),
				() => createOffline(folder, wanted),
			),
		list: () =>
			either(
				() => listKeys(client),
				() => listOffline(folder),
			),
		remove: (id) =>
			either(
				() => removeKey(client, id),
				() => removeOffline(folder, id),
			),
	};
}

async function withStore<T>(folder: string, act: (parts: Offline) => Promise<T>): Promise<T> {
	const { loadConfig } = await import("../config.ts");
	const { openSqliteStore } = await import("../store/sqlite.ts");
	const keyring = await import("../auth/keyring.ts");
	const { sealOf } = await import("../auth/open.ts");
	const config = loadConfig({ data: folder, host: "127.0.0.1" });
	mkdirSync(config.data, { recursive: true });
	const store = await openSqliteStore(config.data).catch((error: unknown) => {
		if (!(error instanceof Error) || error.name !== "StoreBusy") throw error;
		throw new CliError(`A host has ${resolve(folder)} open, but not at this endpoint: name it with --endpoint`);
	});
	try {
		return await act({ store, seal: sealOf(config), keyring, account: config.account });
	} finally {
		await store.close();
	}
}

interface Offline {
	store: Awaited<ReturnType<typeof import("../store/sqlite.ts")["openSqliteStore"]>>;
	seal: ReturnType<typeof import("../auth/open.ts")["sealOf"]>;
	keyring: typeof import("../auth/keyring.ts");
	account: string;
}

function createOffline(folder: string, { account, description = "" }: Parameters<Keys["create"]>[0]): Promise<NewKey> {
	return withStore(folder, ({ store, seal, keyring, account: own }) =>
		keyring.createKey(store, seal, { account: account ?? own, description }),
	);
}

function listOffline(folder: string): Promise<KeyView[]> {
	return withStore(folder, ({ store, keyring }) => keyring.listKeys(store));
}

async function removeOffline(folder: string, id: string): Promise<void> {
	const removed = await withStore(folder, ({ store, keyring }) => keyring.removeKey(store, id));
	if (!removed) throw new CliError(`There is no key ${id}`);
}
