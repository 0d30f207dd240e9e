/** A guest's artifact, made in a folder of its own. */

import type { CompiledArtifact } from "../../../host/engine/artifact.ts";
import { ArtifactStore } from "../../../host/engine/artifact-store.ts";
import { build } from "../../../host/engine/build/build.ts";

export async function artifactOf(code: Uint8Array, folder: string): Promise<CompiledArtifact> {
	const built = await build(code);
	const store = await ArtifactStore.open(folder);
	await store.save(code, built);
	return store.load(built.artifact.info.digest);
}
