/** What makes a function ready to run. All of it is done before a change is acknowledged: nothing can fail later. */
import { randomUUID } from "node:crypto";
import type * as aws from "@aws-sdk/client-lambda";
import { keepUpload } from "../content.ts";
import { AdmissionError, EngineBusy, type FunctionSpec } from "../engine/types.ts";
import { invalid, ServiceError } from "../errors.ts";
import { mountsOf } from "../invoker/mounts.ts";
import { specOf } from "../invoker/spec.ts";
import {
	AlreadyExists,
	Changed,
	type CodeSigningConfigRecord,
	type FunctionRecord,
	type VersionRecord,
} from "../store/types.ts";
import { makeFileSystems } from "./file-systems.ts";
import { mountLayers } from "./function-layers.ts";
import type { ApiDeps } from "./operation.ts";
import { newVersion, published, sameVersion } from "./publication.ts";
import { refuseUnserved } from "./settings.ts";
import { checkSignature, type Signed } from "./signed-code.ts";
import { readUpload } from "./upload.ts";

/** Bytes of all functions' code together (Lambda quotas: 75 GB). */
export const MAX_CODE_STORAGE = 75 * 1024 ** 3;

/** The part of a record that code makes. */
export type Code = Pick<FunctionRecord, "codeSha256" | "codeSize" | "artifact" | "signer">;

/** Whose code it is, and whose signature it must have, if anybody's. */
export interface CodeOwner {
	functionName: string;
	codeSigningConfig: CodeSigningConfigRecord | null;
}

/**
 * Unpacks, verifies and builds code; gives what is to be said in the function's log, too. Throws InvalidParameterValueException,
 * CodeStorageExceededException, CodeVerificationFailedException, InvalidCodeSignatureException.
 */
export async function buildCode(
	deps: ApiDeps,
	code: aws.FunctionCode,
	{ functionName, codeSigningConfig }: CodeOwner,
): Promise<{ made: Code; warning: string | undefined }> {
	if (code.S3Bucket !== undefined || code.S3Key !== undefined)
		throw invalid(
			`Error occurred while GetObject. S3 is not reached from this host: send the code as ZipFile instead of S3Bucket ${code.S3Bucket ?? ""} and S3Key ${code.S3Key ?? ""}.`,
		);
	if (code.ImageUri !== undefined)
		throw invalid("Container images are not supported: send a WebAssembly component as ZipFile.");
	refuseUnserved({ SourceKMSKeyArn: code.SourceKMSKeyArn });
	if (code.ZipFile === undefined) throw invalid("Please provide a source for function code.");
	const upload = await readUpload(code.ZipFile);
	const { wasm, codeSha256, codeSize } = upload;
	const { signer, warning }: Signed = codeSigningConfig
		? await checkSignature(functionName, codeSigningConfig, upload)
		: {};
	await checkStorage(deps, codeSize);
	await keepUpload(deps.config, codeSha256, code.ZipFile);
	const artifact = await admit(() => deps.engine.build(wasm));
	return { made: { codeSha256, codeSize, artifact, signer }, warning };
}

/** Throws CodeStorageExceededException if there is no room for so many bytes. */
export async function checkStorage({ store }: Pick<ApiDeps, "store">, bytes: number): Promise<void> {
	const { codeBytes } = await store.functions.count();
	if (codeBytes + bytes > MAX_CODE_STORAGE)
		throw new ServiceError("CodeStorageExceededException", "Code storage limit exceeded.");
}

/**
 * Initialises a record's function and keeps its snapshot; gives the record with what came of it. Throws
 * InvalidParameterValueException.
 */
export async function prepare<R extends FunctionRecord>(
	deps: ApiDeps,
	record: R,
	version?: string,
): Promise<{ spec: FunctionSpec; prepared: R }> {
	await mountLayers(deps, record);
	await makeFileSystems(deps, record);
	const spec = specOf(record, mountsOf(await deps.store.triggers.list(record.name)), deps.config, version);
	const { snapshot } = await admit(() => deps.engine.prepare(spec));
	return { spec, prepared: { ...record, snapshot } };
}

async function admit<T>(work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		if (error instanceof AdmissionError) throw invalid(error.message);
		if (error instanceof EngineBusy)
			throw new ServiceError(
				"TooManyRequestsException",
				"The host has no memory for another instance. Try again later.",
			);
		throw error;
	}
}

/** A new revision of a record, with other code or configuration. */
export function revise(record: FunctionRecord, changes: Partial<FunctionRecord>): FunctionRecord {
	const id = randomUUID();
	return { ...record, ...changes, revisionId: id, updateId: id, lastModified: timestamp() };
}

/** ISO 8601 with ms and `+0000`, as the service writes `LastModified`. */
export function timestamp(): string {
	return new Date().toISOString().replace("Z", "+0000");
}

/**
 * Puts a revised record in the place of the one it was made from, once it is ready to run, and publishes it if that is
 * wanted. Throws Changed if somebody else was quicker. Gives the record as it is kept, or the version's.
 */
export async function replace(
	deps: ApiDeps,
	current: FunctionRecord,
	revised: FunctionRecord,
	publish = false,
): Promise<FunctionRecord | VersionRecord> {
	const last = publish ? await sameVersion(deps.store, revised) : null;
	const { spec, prepared } = await prepare(deps, revised);
	const version = publish && !last ? newVersion(revised) : null;
	const made = version && (await prepare(deps, version, version.version));
	const record = version ? published(prepared) : prepared;
	try {
		await deps.store.together([
			{ table: "functions", op: "update", record, expected: current.revisionId },
			...(made ? [{ table: "versions", op: "create", record: made.prepared } as const] : []),
		]);
	} catch (error) {
		deps.engine.retire(spec.id);
		if (made) deps.engine.retire(made.spec.id);
		throw error instanceof AlreadyExists ? new Changed(error.message) : error;
	}
	deps.invoker.changed(revised.name);
	return made?.prepared ?? last ?? record;
}

/** The caller named a revision, and it is not the current one. */
export function staleRevision(): ServiceError {
	return new ServiceError(
		"PreconditionFailedException",
		"The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
	);
}

/** Another change of the same function came in between. */
export function updateInProgress(arn: string): ServiceError {
	return new ServiceError(
		"ResourceConflictException",
		`The operation cannot be performed at this time. An update is in progress for resource: ${arn}`,
	);
}
