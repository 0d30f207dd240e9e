/** Hints that something in a tree of folders changed. Hints only: what they miss, the next scan finds. */
import { type FSWatcher, watch } from "node:fs";

export interface TreeWatcher {
	/** Watches a folder, once. Call before the folder is read. */
	add(folder: Buffer): void;
	/** The scan is over: folders that were not added since the last call are gone. */
	prune(): void;
	/** False if some folder could not be watched: then look more often. */
	complete(): boolean;
	close(): void;
}

/** Each takes one of the user's inotify watches, of which there may be as few as 8,192. */
const MAX_FOLDERS = 2000;

/** A watcher a folder: Node's own recursive one takes a watch a file on Linux. */
export function createTreeWatcher(changed: () => void): TreeWatcher {
	const watchers = new Map<string, FSWatcher>();
	let added = new Set<string>();
	let failed = false;

	function remove(name: string): void {
		watchers.get(name)?.close();
		watchers.delete(name);
	}

	function add(folder: Buffer): void {
		const name = folder.toString("latin1");
		added.add(name);
		if (watchers.has(name)) return;
		if (watchers.size >= MAX_FOLDERS) {
			failed = true;
			return;
		}
		try {
			const watcher = watch(folder, { persistent: false, encoding: "latin1" });
			watchers.set(name, watcher);
			watcher.on("change", (kind, file) => {
				// Its own name: the folder was moved or removed, and the watch went along. The next scan sets a new one.
				if (kind === "rename" && name.endsWith(`/${file}`)) remove(name);
				changed();
			});
			watcher.on("error", () => remove(name));
		} catch {
			failed = true;
		}
	}

	return {
		add,
		prune() {
			for (const name of [...watchers.keys()]) if (!added.has(name)) remove(name);
			failed = added.size > watchers.size;
			added = new Set();
		},
		complete: () => !failed,
		close() {
			for (const name of [...watchers.keys()]) remove(name);
		},
	};
}
