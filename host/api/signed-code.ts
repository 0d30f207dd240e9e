/** Whether code may be deployed: what a function's code signing config says to its signature. */
import type { Config } from "../config.ts";
import { ServiceError } from "../errors.ts";
import { verifyCode } from "../signing/verify.ts";
import { ACCOUNT_SCOPE } from "../store/tables.ts";
import type { CodeSigningConfigRecord } from "../store/types.ts";
import type { ApiDeps } from "./operation.ts";
import type { Upload } from "./upload.ts";

type Scope = Pick<Config, "region" | "account">;

export function configArn({ region, account }: Scope, id: string): string {
	return `arn:aws:lambda:${region}:${account}:code-signing-config:${id}`;
}

/** Null if there is no such config in this account and region. */
export async function findConfig(
	{ config, store }: Pick<ApiDeps, "config" | "store">,
	arn: string,
): Promise<CodeSigningConfigRecord | null> {
	const id = idOf(arn);
	return configArn(config, id) === arn ? store.codeSigningConfigs.get(ACCOUNT_SCOPE, id) : null;
}

/**
 * A function's own config, from whatever region a caller comes. Throws CodeSigningConfigNotFoundException: one that is gone is no
 * reason to let all code pass.
 */
export async function ownConfig(
	store: Pick<ApiDeps["store"], "codeSigningConfigs">,
	arn: string,
): Promise<CodeSigningConfigRecord> {
	return (await store.codeSigningConfigs.get(ACCOUNT_SCOPE, idOf(arn))) ?? Promise.reject(notFound(arn));
}

/** The same for a function that is to have it. Throws CodeSigningConfigNotFoundException. */
export async function expectConfig(
	deps: Pick<ApiDeps, "config" | "store">,
	arn: string,
): Promise<CodeSigningConfigRecord> {
	const record = await findConfig(deps, arn);
	if (record) return record;
	throw notFound(arn);
}

function idOf(arn: string): string {
	return arn.slice(arn.lastIndexOf(":") + 1);
}

function notFound(arn: string): ServiceError {
	return new ServiceError(
		"CodeSigningConfigNotFoundException",
		`The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${arn}.`,
	);
}

/** What came of looking at a signature. */
export interface Signed {
	/** ARN of the profile version whose key has signed the code. */
	signer?: string;
	/** What is to be said in the function's log: the config warns, and the code is not signed as it should be. */
	warning?: string;
}

/**
 * Checks code before a byte of it is compiled. Throws CodeVerificationFailedException if the config enforces signatures, and
 * InvalidCodeSignatureException for a signature that is broken, whatever the config says (API reference, CreateFunction).
 */
export async function checkSignature(
	functionName: string,
	config: CodeSigningConfigRecord,
	{ wasm, bundle }: Pick<Upload, "wasm" | "bundle">,
): Promise<Signed> {
	const verdict = await verifyCode(wasm, bundle, config.publishers);
	if (verdict.ok) return { signer: verdict.publisher };
	if (verdict.altered)
		throw new ServiceError(
			"InvalidCodeSignatureException",
			`The code signature failed the integrity check. ${verdict.reason} Check the provided signature for ${functionName}.`,
		);
	if (config.untrusted === "Warn")
		return {
			warning: `WARNING The code signature failed a check of ${config.id}, and the code was deployed: ${verdict.reason}`,
		};
	throw new ServiceError(
		"CodeVerificationFailedException",
		`Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept. Check the provided signature for ${functionName}. ${verdict.reason}`,
	);
}
