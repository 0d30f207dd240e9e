/** The operations of Lambda's API that the commands use, by their names in the service model. */
import { type Answer, ApiError, type Client } from "./client.ts";

/** What of `FunctionConfiguration` the commands read. */
export interface FunctionConfiguration {
	FunctionName: string;
	FunctionArn: string;
	CodeSha256: string;
	/** Bytes. */
	CodeSize: number;
	/** MB. */
	MemorySize: number;
	/** s. */
	Timeout: number;
	Environment?: { Variables: Record<string, string> };
	SnapStart?: { ApplyOn: SnapStartApplyOn };
}

type SnapStartApplyOn = "PublishedVersions" | "None";

/** What `deploy` may set; what is undefined stays, or is the service's default. */
export interface Configuration {
	MemorySize?: number;
	Timeout?: number;
	Environment?: { Variables: Record<string, string> };
	/** Fuel units an invocation; beyond Lambda's own members. */
	FuelLimit?: number;
	/** Beyond Lambda's own members. */
	Isolation?: "reuse" | "request";
	SnapStart?: { ApplyOn: SnapStartApplyOn };
}

const FUNCTIONS = "/2015-03-31/functions";
/** The names are Lambda's: something has to stand there, and nothing looks at it. */
const ROLE = "arn:aws:iam::000000000000:role/pilot";
const RUNTIME = "provided.wasi";

export function functionPath(name: string): string {
	return `${FUNCTIONS}/${encodeURIComponent(name)}`;
}

export function getConfiguration(client: Client, name: string): Promise<FunctionConfiguration | null> {
	return client.find(`${functionPath(name)}/configuration`);
}

export function createFunction(
	client: Client,
	name: string,
	code: Uint8Array,
	configuration: Configuration,
): Promise<FunctionConfiguration> {
	return client.json("POST", FUNCTIONS, {
		FunctionName: name,
		Role: ROLE,
		Runtime: RUNTIME,
		Handler: "index.handler",
		Code: { ZipFile: Buffer.from(code).toString("base64") },
		...configuration,
	});
}

export function updateCode(client: Client, name: string, code: Uint8Array): Promise<FunctionConfiguration> {
	return client.json("PUT", `${functionPath(name)}/code`, { ZipFile: Buffer.from(code).toString("base64") });
}

export function updateConfiguration(
	client: Client,
	name: string,
	configuration: Configuration,
): Promise<FunctionConfiguration> {
	return client.json("PUT", `${functionPath(name)}/configuration`, configuration);
}

export function deleteFunction(client: Client, name: string): Promise<void> {
	return client.json("DELETE", functionPath(name));
}

export interface InvokeOptions {
	payload: Uint8Array;
	asynchronous: boolean;
	/** The last 4 KB of the log come with the answer. */
	tail: boolean;
	signal?: AbortSignal;
}

export function invoke(client: Client, name: string, options: InvokeOptions): Promise<Answer> {
	const headers: Record<string, string> = { "content-type": "application/json" };
	if (options.asynchronous) headers["x-amz-invocation-type"] = "Event";
	if (options.tail && !options.asynchronous) headers["x-amz-log-type"] = "Tail";
	const { payload: body, signal } = options;
	return client.send("POST", `${functionPath(name)}/invocations`, { headers, body, signal });
}

/** Both are needed for a URL that anyone may call (https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html). */
const PUBLIC = [
	{ StatementId: "FunctionURLAllowPublicAccess", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" },
	{ StatementId: "FunctionURLInvokeAllowPublicAccess", Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true },
];

/** The function's URL, which is made if there is none; anyone who reaches the host may call it. */
export async function ensureUrl(client: Client, name: string): Promise<string> {
	const path = `/2021-10-31/functions/${encodeURIComponent(name)}/url`;
	const existing = await client.find<{ FunctionUrl: string }>(path);
	if (existing) return existing.FunctionUrl;
	const made = await unlessThere(() => client.json<{ FunctionUrl: string }>("POST", path, { AuthType: "NONE" }));
	for (const permission of PUBLIC)
		await unlessThere(() => client.json("POST", `${functionPath(name)}/policy`, { ...permission, Principal: "*" }));
	return (made ?? (await client.json<{ FunctionUrl: string }>("GET", path))).FunctionUrl;
}

/** Null if somebody else made it in between. */
async function unlessThere<T>(make: () => Promise<T>): Promise<T | null> {
	try {
		return await make();
	} catch (error) {
		if (error instanceof ApiError && error.type === "ResourceConflictException") return null;
		throw error;
	}
}
