/** What the commands show a host that asks for keys: a signature with AWS's usual settings, or the token of this machine's host. */
import { hash } from "node:crypto";
import { TOKEN_HEADER } from "../auth/callers.ts";
import { isLoopback } from "../auth/loopback.ts";
import { Sha256 } from "../auth/sigv4/signature.ts";
import { readToken } from "../auth/token.ts";

export interface Outgoing {
	method: string;
	url: URL;
	headers: Record<string, string>;
	body: Uint8Array | undefined;
}

/** Gives the headers that a request goes with. */
export type Authorize = (outgoing: Outgoing) => Promise<Record<string, string>>;

/** A signature if there is a key; else the token, if the host is this machine's; else null. */
export async function findAuthorization(
	endpoint: URL,
	data: string,
	environment: NodeJS.ProcessEnv,
): Promise<Authorize | null> {
	return (await signing(environment)) ?? byToken(endpoint, data);
}

/** The token of a host on this machine: nobody else is to see it. */
export function byToken(endpoint: URL, data: string): Authorize | null {
	const token = isLoopback(endpoint.hostname.replace(/^\[|\]$/g, "")) ? readToken(data) : null;
	return token === null ? null : async ({ headers }) => ({ ...headers, [TOKEN_HEADER]: token });
}

interface Profile {
	accessKeyId: string;
	secretAccessKey: string;
	sessionToken?: string;
}

/** From the environment, or from AWS's shared files. https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html */
async function signing(environment: NodeJS.ProcessEnv): Promise<Authorize | null> {
	const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_DEFAULT_REGION } = environment;
	const files = await sharedFiles(environment);
	const credentials: Profile | null =
		AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY
			? { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN }
			: profileIn(files.settings);
	if (credentials === null) return null;
	const region = AWS_REGION || AWS_DEFAULT_REGION || files.settings.region || "us-east-1";
	return (outgoing) => sign(outgoing, credentials, region);
}

async function sharedFiles(environment: NodeJS.ProcessEnv): Promise<{ settings: Record<string, string | undefined> }> {
	const { loadSharedConfigFiles } = await import("@smithy/core/config");
	const { configFile, credentialsFile } = await loadSharedConfigFiles({
		filepath: environment.AWS_SHARED_CREDENTIALS_FILE,
		configFilepath: environment.AWS_CONFIG_FILE,
	});
	const profile = environment.AWS_PROFILE || "default";
	return { settings: { ...configFile[profile], ...credentialsFile[profile] } };
}

function profileIn(settings: Record<string, string | undefined>): Profile | null {
	const { aws_access_key_id, aws_secret_access_key, aws_session_token } = settings;
	if (!aws_access_key_id || !aws_secret_access_key) return null;
	return { accessKeyId: aws_access_key_id, secretAccessKey: aws_secret_access_key, sessionToken: aws_session_token };
}

async function sign({ method, url, headers, body }: Outgoing, credentials: Profile, region: string) {
	const { SignatureV4 } = await import("@smithy/signature-v4");
	const signer = new SignatureV4({ credentials, region, service: "lambda", sha256: Sha256 });
	const query: Record<string, string[]> = {};
	for (const [name, value] of url.searchParams) query[name] = [...(query[name] ?? []), value];
	const signed = await signer.sign({
		method,
		protocol: url.protocol,
		hostname: url.hostname,
		path: url.pathname,
		query,
		headers: { ...headers, host: url.host, "x-amz-content-sha256": hash("sha256", body ?? "", "hex") },
	});
	return signed.headers;
}
