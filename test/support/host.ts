/** A whole host on a data folder of its own, and what clients need to talk to it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { loadConfig } from "../../host/config.ts";
import { startHost } from "../../host/main.ts";
import { WORKERS } from "./workers.ts";

export interface TestHost {
	/** API: `http://127.0.0.1:PORT`. */
	apiUrl: string;
	/** Function URLs by path. */
	urlPortUrl: string;
	/** AWS's SDK, which knows of this host nothing but its URL. */
	client: LambdaClient;
	close(): Promise<void>;
}

/** Credentials that mean nothing: the API takes every caller until it has keys. */
const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" };

/** Starts a host on free ports; `options` are settings as `loadConfig` takes them. */
export async function startTestHost(options: Record<string, unknown> = {}): Promise<TestHost> {
	const folder = mkdtempSync(join(tmpdir(), "pilot-host-"));
	const host = await startHost(
		loadConfig({ data: folder, port: 0, urlPort: 0, graceMs: 1000, workers: WORKERS, ...options }, {}),
	);
	const client = new LambdaClient({
		endpoint: host.apiUrl,
		region: "us-east-1",
		credentials: CREDENTIALS,
		maxAttempts: 1,
	});
	return {
		apiUrl: host.apiUrl,
		urlPortUrl: host.urlPortUrl,
		client,
		async close() {
			client.destroy();
			await host.close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** The environment in which AWS's command line and boto3 find the host, and no settings of the machine's user. */
export function awsEnvironment(apiUrl: string): NodeJS.ProcessEnv {
	const { AWS_PROFILE, AWS_DEFAULT_PROFILE, ...inherited } = process.env;
	return {
		...inherited,
		AWS_ENDPOINT_URL_LAMBDA: apiUrl,
		AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
		AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
		AWS_DEFAULT_REGION: "us-east-1",
		AWS_CONFIG_FILE: "/dev/null",
		AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
		AWS_EC2_METADATA_DISABLED: "true",
		AWS_PAGER: "",
		AWS_MAX_ATTEMPTS: "1",
	};
}
