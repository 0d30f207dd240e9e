/** The layers of a function: which it may have, and that their files are there. */
import { invalid } from "../errors.ts";
import type { FunctionRecord, LayerReference } from "../store/types.ts";
import { mergeLayers } from "./layer-content.ts";
import { parseFunctionLayer } from "./layer-name.ts";
import type { ApiDeps } from "./operation.ts";
import { MAX_UNZIPPED } from "./zip.ts";

/** Layers of one function (Lambda quotas). */
const MAX_LAYERS = 5;

/** Finds the layer versions of these ARNs. Throws ServiceError in the service's words. */
export async function findLayers({ config, store }: ApiDeps, arns: readonly string[]): Promise<LayerReference[]> {
	if (arns.length > MAX_LAYERS) throw invalid(`Cannot reference more than ${MAX_LAYERS} layers.`);
	const names = arns.map((arn) => parseFunctionLayer(arn, config));
	refuseTwice(arns);
	const found: LayerReference[] = [];
	for (const [index, name] of names.entries()) {
		const arn = arns[index]!;
		const record = name && (await store.layerVersions.get(name.layerName, String(name.version)));
		if (!record) throw invalid(`Layer version ${arn} does not exist.`);
		const { codeSha256, codeSize, unzippedSize } = record;
		found.push({ arn, codeSha256, codeSize, unzippedSize });
	}
	return found;
}

function refuseTwice(arns: readonly string[]): void {
	const layerOf = (arn: string) => arn.replace(/:\d+$/, "");
	for (const [index, arn] of arns.entries()) {
		const other = arns.slice(index + 1).find((it) => layerOf(it) === layerOf(arn));
		if (other !== undefined)
			throw invalid(
				`Two different versions of the same layer are not allowed to be referenced in the same function. ${arn} and ${other} are versions of the same layer.`,
			);
	}
}

/** Puts the files of a function's layers where its instances find them. Throws InvalidParameterValueException if they are too large. */
export async function mountLayers({ config }: Pick<ApiDeps, "config">, record: FunctionRecord): Promise<void> {
	const { layers = [], artifact } = record;
	if (layers.length === 0) return;
	const size = layers.reduce((sum, it) => sum + it.unzippedSize, artifact.size);
	if (size > MAX_UNZIPPED)
		throw invalid(
			`Function code combined with layers exceeds the maximum allowed size of ${MAX_UNZIPPED} bytes. The actual size is ${size} bytes.`,
		);
	await mergeLayers(
		config,
		layers.map((it) => it.codeSha256),
	);
}
