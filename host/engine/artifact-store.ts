/** Artifacts and snapshots on disk, each in a place that its digest names. What `save` returned from is on the disk. */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Artifact, type CompiledArtifact, ENGINE_VERSION } from "./artifact.ts";
import { type Built, digestOf } from "./build/build.ts";
import { buildApart } from "./build/builder.ts";
import { noteTypes } from "./build/canonical-types.ts";
import { typesOf } from "./build/shape.ts";
import { clearAside, isBeingWritten, writeWhole, writeWholeFolder } from "./disk.ts";
import { decodeSnapshot, encodeSnapshot, type Snapshot } from "./snapshot.ts";

const DIGEST = /^sha256:[0-9a-f]{64}$/;
/** Checksums of an artifact's files, as `sha256sum -c` reads them. */
const SUMS = "SHA256SUMS";
const SUM_BYTES = 32;
/** Bytes that are hashed without a pause: 2 ms. */
const SLICE = 4 * 2 ** 20;

/** Modules that mark what they write lie beside those that do not, without the code. */
function folderName(digest: string, tracked: boolean): string {
	return `${digest.slice("sha256:".length)}${tracked ? "-tracked" : ""}`;
}

function moduleName(index: number): string {
	return `module-${index}.wasm`;
}

/** Off the event loop: modules may have 100 MB. */
async function sha256(bytes: Uint8Array): Promise<Buffer> {
	return Buffer.from(await crypto.subtle.digest("SHA-256", bytes as BufferSource));
}

/** Of all the pieces, one after the other, in slices that give way to the event loop. */
async function sha256OfAll(pieces: readonly Uint8Array[]): Promise<Buffer> {
	const hash = createHash("sha256");
	for (const piece of pieces) {
		for (let at = 0; at < piece.length; at += SLICE) {
			hash.update(piece.subarray(at, at + SLICE));
			if (at + SLICE < piece.length) await new Promise(setImmediate);
		}
	}
	return hash.digest();
}

async function sumLine(name: string, bytes: Uint8Array): Promise<string> {
	return `${(await sha256(bytes)).toString("hex")}  ${name}\n`;
}

async function ifThere<T>(reading: Promise<T>): Promise<T | null> {
	try {
		return await reading;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
		throw error;
	}
}

async function compiled({ artifact, modules }: Built): Promise<CompiledArtifact> {
	for (const bytes of modules) noteTypes(typesOf(bytes));
	return {
		...artifact,
		modules: await Promise.all(modules.map((bytes) => WebAssembly.compile(bytes as BufferSource))),
	};
}

/** A file is missing, or not what was written. */
class Damaged extends Error {
	override name = "Damaged";
}

export class ArtifactStore {
	private readonly artifacts: string;
	private readonly snapshots: string;

	private constructor(folder: string) {
		this.artifacts = join(folder, "artifacts");
		this.snapshots = join(folder, "snapshots");
	}

	/** Opens a folder, and clears away what a crash left half-written, unless it is `shared`: then others may be writing. */
	static async open(folder: string, shared = false): Promise<ArtifactStore> {
		const store = new ArtifactStore(folder);
		if (shared) return store;
		for (const path of [store.artifacts, store.snapshots]) {
			await mkdir(path, { recursive: true, mode: 0o700 });
			await clearAside(path);
		}
		return store;
	}

	private folderOf(digest: string, tracked = false): string {
		if (!DIGEST.test(digest)) throw new Error(`not a digest: ${digest}`);
		return join(this.artifacts, folderName(digest, tracked));
	}

	/** The artifact's description, if all of it is there, undamaged and of this engine's version. */
	async find(digest: string): Promise<Artifact | null> {
		const found = await this.read(digest);
		return found !== null && (await this.isCodeWhole(digest)) ? found.artifact : null;
	}

	private async read(digest: string, tracked = false): Promise<Built | null> {
		const folder = this.folderOf(digest, tracked);
		const sums = await ifThere(readFile(join(folder, SUMS), "utf8"));
		const file = async (name: string): Promise<Buffer> => {
			const bytes = await ifThere(readFile(join(folder, name)));
			if (bytes === null || !sums?.includes(await sumLine(name, bytes))) throw new Damaged();
			return bytes;
		};
		try {
			const artifact = JSON.parse((await file("artifact.json")).toString()) as Artifact;
			if (artifact.version !== ENGINE_VERSION) return null;
			return { artifact, modules: await Promise.all(artifact.metas.map((_, i) => file(moduleName(i)))) };
		} catch (error) {
			if (error instanceof Damaged) return null;
			throw error;
		}
	}

	private async isCodeWhole(digest: string): Promise<boolean> {
		const code = await ifThere(this.code(digest));
		return code !== null && digestOf(code) === digest;
	}

	save(code: Uint8Array, built: Built): Promise<void> {
		return this.write(this.folderOf(built.artifact.info.digest), built, [["code.wasm", code]]);
	}

	private async write(
		folder: string,
		{ artifact, modules }: Built,
		first: readonly [name: string, bytes: Uint8Array][],
	): Promise<void> {
		const files = new Map(first);
		for (const [i, bytes] of modules.entries()) files.set(moduleName(i), bytes);
		files.set("artifact.json", Buffer.from(JSON.stringify(artifact)));
		const lines = [...files].map(([name, bytes]) => sumLine(name, bytes));
		// Last: what is replaced half-way does not agree with it, and is built again.
		files.set(SUMS, Buffer.from((await Promise.all(lines)).join("")));
		await writeWholeFolder(folder, files);
	}

	/** The code as it was handed in. */
	code(digest: string): Promise<Uint8Array> {
		return readFile(join(this.folderOf(digest), "code.wasm"));
	}

	/**
	 * Loads an artifact for running; `tracked`, with modules that mark what they write, which are built when they are first asked
	 * for. One that is damaged, or of an older engine, is built again from its code.
	 */
	async load(digest: string, tracked = false): Promise<CompiledArtifact> {
		return compiled((await this.read(digest, tracked)) ?? (await this.rebuild(digest, tracked)));
	}

	/** Loads an artifact if that is no more than reading it. Null if it would have to be built. */
	async loadReady(digest: string): Promise<CompiledArtifact | null> {
		const built = await this.read(digest);
		return built === null ? null : compiled(built);
	}

	/** What is there, the smallest code first, with its bytes. It looks at a hundred artifacts at most. */
	async smallest(): Promise<{ digest: string; size: number }[]> {
		const found: { digest: string; size: number }[] = [];
		for (const name of (await readdir(this.artifacts)).slice(0, 100)) {
			const stats = await ifThere(stat(join(this.artifacts, name, "code.wasm")));
			if (stats !== null) found.push({ digest: `sha256:${name}`, size: stats.size });
		}
		return found.sort((a, b) => a.size - b.size);
	}

	private async rebuild(digest: string, tracked: boolean): Promise<Built> {
		const code = await ifThere(this.code(digest));
		if (code === null) throw new Error(`the code ${digest} is not in the data folder: deploy it again`);
		if (digestOf(code) !== digest) throw new Error(`the code ${digest} in the data folder is damaged: deploy it again`);
		const built = await buildApart(code, { tracked });
		// It runs without being kept, if the disk is full.
		await this.write(this.folderOf(digest, tracked), built, tracked ? [] : [["code.wasm", code]]).catch(() => {});
		return built;
	}

	private snapshotPath(key: string): string {
		return join(this.snapshots, `${key}.snapshot`);
	}

	/**
	 * A snapshot holds what initialisation read from the environment: for its owner's eyes alone (0600). Its SHA-256 comes
	 * first.
	 */
	async saveSnapshot(key: string, snapshot: Snapshot): Promise<void> {
		const pieces = encodeSnapshot(snapshot);
		await writeWhole(this.snapshotPath(key), [await sha256OfAll(pieces), ...pieces], 0o600);
	}

	/** Null if there is none, or not what was written: it can be taken again. */
	async loadSnapshot(key: string): Promise<Snapshot | null> {
		const file = await ifThere(readFile(this.snapshotPath(key)));
		if (file === null) return null;
		const bytes = file.subarray(SUM_BYTES);
		return file.subarray(0, SUM_BYTES).equals(await sha256OfAll([bytes])) ? decodeSnapshot(bytes) : null;
	}

	/** Removes artifacts and snapshots that no function needs any more. `tracked` are those whose tracked modules are needed. */
	async sweep(
		digests: ReadonlySet<string>,
		snapshotKeys: ReadonlySet<string>,
		tracked: ReadonlySet<string> = new Set(),
	): Promise<void> {
		const names = (which: ReadonlySet<string>, tracked: boolean): string[] =>
			Array.from(which, (it) => folderName(it, tracked));
		const kept = new Set([...names(digests, false), ...names(tracked, true)]);
		for (const name of await readdir(this.artifacts)) {
			if (!kept.has(name) && !isBeingWritten(name))
				await rm(join(this.artifacts, name), { recursive: true, force: true });
		}
		for (const name of await readdir(this.snapshots)) {
			const needed = snapshotKeys.has(name.replace(/\.snapshot$/, "")) || isBeingWritten(name);
			if (!needed) await rm(join(this.snapshots, name), { force: true });
		}
	}
}
