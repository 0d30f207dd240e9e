/** Artifacts and snapshots on disk, each in a place that its digest names. What `save` returned from is on the disk. */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Artifact, type CompiledArtifact, ENGINE_VERSION } from "./artifact.ts";
import { type Built, build, digestOf } from "./build/build.ts";
import { writeWhole, writeWholeFolder } from "./disk.ts";
import { decodeSnapshot, encodeSnapshot, type Snapshot } from "./snapshot.ts";

const DIGEST = /^sha256:[0-9a-f]{64}$/;

export class ArtifactStore {
	private readonly artifacts: string;
	private readonly snapshots: string;

	private constructor(folder: string) {
		this.artifacts = join(folder, "artifacts");
		this.snapshots = join(folder, "snapshots");
	}

	/** Opens a folder, and clears away what a crash left half-written. */
	static async open(folder: string): Promise<ArtifactStore> {
		const store = new ArtifactStore(folder);
		for (const path of [store.artifacts, store.snapshots]) {
			await mkdir(path, { recursive: true, mode: 0o700 });
			const left = (await readdir(path)).filter((name) => name.endsWith(".tmp"));
			for (const name of left) await rm(join(path, name), { recursive: true, force: true });
		}
		return store;
	}

	private folderOf(digest: string): string {
		if (!DIGEST.test(digest)) throw new Error(`not a digest: ${digest}`);
		return join(this.artifacts, digest.slice("sha256:".length));
	}

	/** The artifact's description, if it is there and of this engine's version. */
	async find(digest: string): Promise<Artifact | null> {
		try {
			const artifact = JSON.parse(await readFile(join(this.folderOf(digest), "artifact.json"), "utf8")) as Artifact;
			return artifact.version === ENGINE_VERSION ? artifact : null;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
			throw error;
		}
	}

	async save(code: Uint8Array, { artifact, modules }: Built): Promise<void> {
		const files = new Map<string, Uint8Array>([["code.wasm", code]]);
		for (const [i, bytes] of modules.entries()) files.set(`module-${i}.wasm`, bytes);
		files.set("artifact.json", Buffer.from(JSON.stringify(artifact)));
		await writeWholeFolder(this.folderOf(artifact.info.digest), files);
	}

	/** The code as it was handed in. */
	code(digest: string): Promise<Uint8Array> {
		return readFile(join(this.folderOf(digest), "code.wasm"));
	}

	/** Loads an artifact for running. One of an older engine is built again from its code. */
	async load(digest: string): Promise<CompiledArtifact> {
		const artifact = (await this.find(digest)) ?? (await this.rebuild(digest));
		const modules = artifact.metas.map(async (_, i) => {
			const bytes = await readFile(join(this.folderOf(digest), `module-${i}.wasm`));
			return WebAssembly.compile(bytes);
		});
		return { ...artifact, modules: await Promise.all(modules) };
	}

	private async rebuild(digest: string): Promise<Artifact> {
		const code = await this.code(digest);
		if (digestOf(code) !== digest) throw new Error(`the code of ${digest} on disk is not what was uploaded`);
		const built = await build(code);
		await this.save(code, built);
		return built.artifact;
	}

	private snapshotPath(key: string): string {
		return join(this.snapshots, `${key}.snapshot`);
	}

	/** A snapshot holds what initialisation read from the environment: for its owner's eyes alone (0600). */
	async saveSnapshot(key: string, snapshot: Snapshot): Promise<void> {
		await writeWhole(this.snapshotPath(key), encodeSnapshot(snapshot), 0o600);
	}

	async loadSnapshot(key: string): Promise<Snapshot | null> {
		try {
			return decodeSnapshot(await readFile(this.snapshotPath(key)));
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
			throw error;
		}
	}

	/** Removes artifacts and snapshots that no function needs any more. */
	async sweep(digests: ReadonlySet<string>, snapshotKeys: ReadonlySet<string>): Promise<void> {
		const kept = new Set([...digests].map((it) => it.slice("sha256:".length)));
		for (const name of await readdir(this.artifacts)) {
			if (!kept.has(name)) await rm(join(this.artifacts, name), { recursive: true, force: true });
		}
		for (const name of await readdir(this.snapshots)) {
			if (!snapshotKeys.has(name.replace(/\.snapshot$/, ""))) await rm(join(this.snapshots, name), { force: true });
		}
	}
}
