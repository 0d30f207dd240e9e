/** Makes instances of function versions: from the snapshot, which it takes where there is none, or by initialisation. */
import { createHash } from "node:crypto";
import { type CompiledArtifact, ENGINE_VERSION } from "./artifact.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { InitError, Instance, type Shared } from "./instance.ts";
import { Lru } from "./lru.ts";
import { once } from "./once.ts";
import { canSnapshot, capture, type Snapshot } from "./snapshot.ts";
import { runInTurns } from "./steps.ts";
import { EngineBusy, type FunctionSpec } from "./types.ts";
import { WholeImage } from "./whole-image.ts";

type Output = (stream: 1 | 2, bytes: Uint8Array) => void;

/** An image, and the snapshot that it is of. */
interface Kept {
	of: WeakRef<Snapshot>;
	image: WholeImage;
}

export class InstanceMaker {
	private readonly store: ArtifactStore;
	private readonly shared: Shared;
	private readonly evict: (bytes: number) => boolean;
	private readonly artifacts: Lru<CompiledArtifact>;
	private readonly snapshots: Lru<Snapshot | null>;
	private readonly images: Lru<Kept>;

	/**
	 * `evict` ends what has been idle longest; false if nothing is idle, or if all that is idle would make no room for so many
	 * bytes. `cacheBudget` is in bytes.
	 */
	constructor(store: ArtifactStore, shared: Shared, cacheBudget: number, evict: (bytes: number) => boolean) {
		this.store = store;
		this.shared = shared;
		this.evict = evict;
		// V8 keeps the module as it came, and the code that it made of it, which is about as large.
		this.artifacts = new Lru(cacheBudget / 2, ({ info }) => info.size * 2);
		this.snapshots = new Lru(cacheBudget / 4, (it) => it?.image.length ?? 0);
		this.images = new Lru(cacheBudget / 4, (it) => it.image.bytes);
	}

	/** Bytes of what is kept to make instances of. */
	get cachedBytes(): number {
		return this.artifacts.bytes + this.snapshots.bytes + this.images.bytes;
	}

	private artifact(spec: FunctionSpec): Promise<CompiledArtifact> {
		return this.artifacts.get(artifactKey(spec), () => this.store.load(spec.digest, isTracked(spec)));
	}

	/** Takes in an artifact that was loaded before anybody asked for it. */
	keep(artifact: CompiledArtifact): void {
		this.artifacts.set(artifact.info.digest, artifact);
	}

	/** An instance that can serve at once. `output` gets what its initialisation, or its hook, prints. Throws InitError, EngineBusy. */
	async create(spec: FunctionSpec, output?: Output): Promise<Instance> {
		const artifact = await this.artifact(spec);
		// To take a snapshot needs room for two: where there is only enough for one, it initialises itself.
		const snapshot = await this.snapshot(artifact, spec, output).catch(unlessBusy);
		if (snapshot === null)
			return this.withRoom(startBytes(artifact), () => Instance.initialise(artifact, spec, this.shared, output));
		const image = isTracked(spec) ? (it: Instance) => this.image(spec, snapshot, it) : undefined;
		const bytes = Math.max(startBytes(artifact), snapshotBytes(snapshot));
		return this.withRoom(bytes, () => Instance.restore(artifact, spec, this.shared, snapshot, image, output));
	}

	/** The snapshot of a version; null if its instances initialise one by one. */
	private async snapshot(artifact: CompiledArtifact, spec: FunctionSpec, output?: Output): Promise<Snapshot | null> {
		if (!mayHaveSnapshot(artifact, spec)) return null;
		const key = snapshotKey(spec);
		return this.snapshots.get(key, async () => {
			const found = await this.store.loadSnapshot(key);
			if (found !== null) return found;
			// Its configuration changed since it was published (a bucket was added), or its snapshot was lost.
			const instance = await this.initialise(artifact, spec, output);
			try {
				const taken = await this.takeSnapshot(artifact, spec, instance);
				// It serves without being kept, if the disk is full.
				if (taken !== null) await this.store.saveSnapshot(key, taken).catch(() => {});
				return taken;
			} finally {
				instance.end();
			}
		});
	}

	/**
	 * Initialises a version for the first time, and keeps its snapshot; on disk when it resolves. Gives the instance, if it can
	 * serve. Throws InitError, EngineBusy.
	 */
	async prepare(spec: FunctionSpec): Promise<{ instance: Instance | null; snapshot: boolean }> {
		const artifact = await this.artifact(spec);
		const instance = await this.initialise(artifact, spec);
		try {
			const snapshot = mayHaveSnapshot(artifact, spec) ? await this.takeSnapshot(artifact, spec, instance) : null;
			if (snapshot !== null) await this.store.saveSnapshot(snapshotKey(spec), snapshot);
			if (mayHaveSnapshot(artifact, spec)) this.snapshots.set(snapshotKey(spec), snapshot);
			// One that must start from the snapshot again and again, or be told of its restore, does not begin here.
			const serves = spec.isolation !== "request" && !(snapshot !== null && instance.hasHooks);
			if (!serves) instance.end();
			return { instance: serves ? instance : null, snapshot: snapshot !== null };
		} catch (error) {
			instance.end();
			throw error;
		}
	}

	/**
	 * An instance where its version's begin: initialised, and, where a snapshot may be taken of it, with all done that the guest does
	 * ahead. If that fails, it is another that knows nothing of it. What is printed meanwhile is in no log: a runtime's complaint would be
	 * in that of an invocation that goes well. Throws InitError, EngineBusy.
	 */
	private async initialise(artifact: CompiledArtifact, spec: FunctionSpec, output?: Output): Promise<Instance> {
		const make = (to?: Output): Promise<Instance> =>
			this.withRoom(startBytes(artifact), () => Instance.initialise(artifact, spec, this.shared, to));
		let isHeard = true;
		const heard = output && ((...said: Parameters<Output>): void => (isHeard ? output(...said) : undefined));
		const instance = await make(heard);
		if (!mayHaveSnapshot(artifact, spec) || instance.handleImage() === null) return instance;
		isHeard = false;
		if (!(await instance.prepare())) {
			instance.end();
			return make();
		}
		isHeard = true;
		return instance;
	}

	/** The snapshot of an instance that has just been initialised; null if it cannot pass through one. */
	private async takeSnapshot(
		artifact: CompiledArtifact,
		spec: FunctionSpec,
		instance: Instance,
	): Promise<Snapshot | null> {
		if (instance.handleImage() === null) return null;
		await instance.beforeSnapshot();
		const handles = instance.handleImage();
		const fresh = handles === null ? null : await this.blank(artifact, spec);
		if (handles === null || fresh === null) return null;
		try {
			return await this.inTurns(capture(artifact, instance.cores, fresh.cores, handles));
		} finally {
			fresh.end();
		}
	}

	/** Some modules cannot be instantiated unless the start functions before them have run: those have no snapshot. */
	private async blank(artifact: CompiledArtifact, spec: FunctionSpec): Promise<Instance | null> {
		try {
			return await this.withRoom(startBytes(artifact), () => Instance.blank(artifact, spec, this.shared));
		} catch (error) {
			if (error instanceof InitError) return null;
			throw error;
		}
	}

	/**
	 * What the instances of a snapshot are put back to after an invocation: all that the first of them had. Of another snapshot with the
	 * same key (it is taken anew whenever a version is prepared) it will not do: pages that nobody wrote to stay as they are.
	 */
	private async image(spec: FunctionSpec, snapshot: Snapshot, { artifact, cores }: Instance): Promise<WholeImage> {
		const key = snapshotKey(spec);
		const of = new WeakRef(snapshot);
		const take = async (): Promise<Kept> => ({ of, image: await this.inTurns(WholeImage.take(artifact, cores)) });
		const found = await this.images.get(key, take);
		if (found.of.deref() === snapshot) return found.image;
		const taken = await take();
		this.images.set(key, taken);
		return taken.image;
	}

	private inTurns<T>(steps: Parameters<typeof runInTurns<T>>[0]): Promise<T> {
		return runInTurns(steps, () => this.shared.queue.turn());
	}

	/** Makes room for so many bytes by ending what has been idle longest, as long as that helps. */
	private async withRoom<T>(bytes: number, make: () => Promise<T>): Promise<T> {
		for (;;) {
			try {
				return await make();
			} catch (error) {
				if (!(error instanceof EngineBusy) || !this.evict(bytes)) throw error;
			}
		}
	}

	/** Forgets what was not used since `before`, of all but these versions. */
	trim(before: number, specs: readonly FunctionSpec[]): void {
		const artifacts = new Set(specs.map(artifactKey));
		const keys = new Set(specs.map(snapshotKey));
		this.artifacts.trim(before, (key) => artifacts.has(key));
		this.snapshots.trim(before, (key) => keys.has(key));
		this.images.trim(before, (key) => keys.has(key));
	}
}

const PAGE = 65_536;

/** Bytes of linear memory that an instance has at its start. */
const startBytes = once(({ plan, metas }: CompiledArtifact): number => {
	const memories = plan.instances.flatMap(({ module }) => metas[module]!.memories);
	return memories.reduce((sum, it) => sum + it.initialPages * PAGE, 0);
});

/** Bytes of linear memory that an instance has where its initialisation ended. */
const snapshotBytes = once(({ memories }: Snapshot): number =>
	memories.flat().reduce((sum, it) => sum + it.pages * PAGE, 0),
);

const passesSnapshots = once(canSnapshot);

function unlessBusy(error: unknown): null {
	if (error instanceof EngineBusy) return null;
	throw error;
}

function mayHaveSnapshot(artifact: CompiledArtifact, spec: FunctionSpec): boolean {
	return spec.init !== "each" && passesSnapshots(artifact);
}

/** Its instances are put back to their snapshot, so that their modules mark what they write. */
export function isTracked(spec: FunctionSpec): boolean {
	return spec.isolation === "request" && spec.init !== "each";
}

function artifactKey(spec: FunctionSpec): string {
	return isTracked(spec) ? `${spec.digest} tracked` : spec.digest;
}

const keys = new WeakMap<FunctionSpec, string>();

/** All that initialisation could observe; whoever has the same may start from the same snapshot. */
export function snapshotKey(spec: FunctionSpec): string {
	let key = keys.get(spec);
	if (key === undefined) {
		key = newSnapshotKey(spec);
		keys.set(spec, key);
	}
	return key;
}

function newSnapshotKey(spec: FunctionSpec): string {
	const env = Object.entries(spec.env).sort(([a], [b]) => (a < b ? -1 : 1));
	const parts = [ENGINE_VERSION, spec.digest, env, spec.mounts, spec.memoryBytes, spec.egress ?? []];
	return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
