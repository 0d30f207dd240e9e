/**
 * What the first callers after a start would wait for is done before the host listens, as far as there is time: Node.js and V8 use parts
 * of themselves for the first time (digests, compilation, suspension), and the artifacts that are used are read from the disk, compared with
 * their checksums and compiled. No code of a guest's runs here.
 */
import type { CompiledArtifact } from "./artifact.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { Instance, type Shared } from "./instance.ts";
import type { InstanceMaker } from "./maker.ts";

/** No artifact is begun later than this, ms. */
const TIME_MS = 150;
/** Code of all that are loaded, bytes. */
const MAX_BYTES = 32 * 2 ** 20;

/** Loads artifacts, the smallest first. Never rejects: what is wrong with one is told when its function is invoked. */
export async function warmUp(store: ArtifactStore, maker: InstanceMaker, shared: Shared): Promise<void> {
	const end = performance.now() + TIME_MS;
	let bytes = 0;
	let first = true;
	for (const { digest, size } of await store.smallest()) {
		bytes += size;
		if (performance.now() > end || bytes > MAX_BYTES) break;
		try {
			const artifact = await store.loadReady(digest);
			if (artifact === null) continue;
			maker.keep(artifact);
			if (first) await instantiate(artifact, shared);
			first = false;
		} catch {
			// Said above.
		}
	}
}

async function instantiate(artifact: CompiledArtifact, shared: Shared): Promise<void> {
	const { digest, kind } = artifact.info;
	const limits = { memoryBytes: 2 ** 32, fuel: null, maxInstances: 1 };
	const spec = { id: "warm-up", digest, kind, env: {}, mounts: [], ...limits };
	(await Instance.blank(artifact, spec, shared)).end();
}
