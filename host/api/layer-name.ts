/** Names of layers as AWS writes them: `arn:aws:lambda:REGION:ACCOUNT:layer:NAME[:VERSION]`. */
import type { Config } from "../config.ts";
import { ServiceError } from "../errors.ts";

type Scope = Pick<Config, "region" | "account">;

export interface LayerVersionName {
	layerName: string;
	version: number;
}

/** A layer's ARN, or that of one of its versions. */
export function layerArn({ region, account }: Scope, layerName: string, version?: number): string {
	const arn = `arn:aws:lambda:${region}:${account}:layer:${layerName}`;
	return version === undefined ? arn : `${arn}:${version}`;
}

/** The forms that the service model's patterns let through, which were checked before. */
const ARN = /^arn:[^:]*:lambda:(?<region>[^:]*):(?<account>[^:]*):(?:aws)?layer:(?<name>[^:]+)(?::(?<version>\d+))?$/;

/** Reads a layer's name or ARN. Throws ServiceError for another region or account. */
export function parseLayerName(text: string, scope: Scope): string {
	const { region, account, name } = ARN.exec(text)?.groups ?? {};
	if (name === undefined) return text;
	if (region !== scope.region) throw unreachable(region, scope);
	if (account !== scope.account) throw denied(text);
	return name;
}

/** Reads the ARN of a layer version; null if it names none (`awslayer`). Throws ServiceError for another region or account. */
export function parseLayerVersionArn(arn: string, scope: Scope): LayerVersionName | null {
	const { region, account, name, version } = ARN.exec(arn)?.groups ?? {};
	if (name === undefined || version === undefined) return null;
	if (region !== scope.region) throw unreachable(region, scope);
	if (account !== scope.account) throw denied(arn);
	return { layerName: name, version: Number(version) };
}

/** The same where a function is to have it. */
export function parseFunctionLayer(arn: string, scope: Scope): LayerVersionName | null {
	const { region, version } = ARN.exec(arn)?.groups ?? {};
	if (version !== undefined && region !== scope.region)
		throw new ServiceError(
			"InvalidParameterValueException",
			`Layers are not in the same region as the function. Layers are expected to be in region ${scope.region}.`,
		);
	return parseLayerVersionArn(arn, scope);
}

function unreachable(region: string | undefined, scope: Scope): ServiceError {
	return new ServiceError(
		"ResourceNotFoundException",
		`Layers from '${region}' are not reachable in this region ('${scope.region}')`,
	);
}

function denied(arn: string): ServiceError {
	return new ServiceError(
		"AccessDeniedException",
		`You are not authorized to perform: lambda:GetLayerVersion on resource: ${arn} because no resource-based policy allows the lambda:GetLayerVersion action`,
	);
}
