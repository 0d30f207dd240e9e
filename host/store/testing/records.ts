/** Records for tests, valid and complete. */
import type {
	EventInvokeRecord,
	FunctionRecord,
	FunctionUrlRecord,
	QueuedEvent,
	TableName,
	Tables,
	TriggerRecord,
} from "../types.ts";

const TIME = "2026-11-22T10:00:00.000+0000";

export function functionRecord(name: string, changes: Partial<FunctionRecord> = {}): FunctionRecord {
	return {
		name,
		revisionId: "revision-1",
		lastModified: TIME,
		description: "",
		role: "arn:aws:iam::000000000000:role/pilot",
		handler: null,
		runtime: "provided.wasi",
		timeoutSeconds: 3,
		memoryMb: 128,
		fuel: null,
		environment: {},
		architectures: ["x86_64"],
		ephemeralStorageMb: 512,
		tracingMode: "PassThrough",
		logging: { format: "Text", group: `/aws/lambda/${name}` },
		tags: {},
		codeSha256: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
		codeSize: 100,
		artifact: { digest: `sha256:${"0".repeat(64)}`, kind: "handler", world: "pilot:function/handler@0.1.0", size: 100 },
		...changes,
	};
}

export function urlRecord(
	functionName: string,
	id: string,
	changes: Partial<FunctionUrlRecord> = {},
): FunctionUrlRecord {
	return {
		id,
		functionName,
		qualifier: null,
		authType: "NONE",
		invokeMode: "BUFFERED",
		cors: null,
		creationTime: TIME,
		lastModifiedTime: TIME,
		...changes,
	};
}

export function eventInvokeRecord(functionName: string, changes: Partial<EventInvokeRecord> = {}): EventInvokeRecord {
	return {
		functionName,
		qualifier: "$LATEST",
		maximumRetryAttempts: 2,
		maximumEventAgeSeconds: null,
		onSuccess: null,
		onFailure: null,
		lastModified: TIME,
		...changes,
	};
}

export function queuedEvent(id: string, changes: Partial<QueuedEvent> = {}): QueuedEvent {
	return {
		id,
		functionName: "f",
		qualifier: null,
		payload: new TextEncoder().encode(`{"id":${JSON.stringify(id)}}`),
		clientContext: null,
		traceId: null,
		acceptedAt: 1000,
		attempts: 0,
		dueAt: 1000,
		hops: 0,
		...changes,
	};
}

export function triggerRecord(id: string, functionName: string, changes: Partial<TriggerRecord> = {}): TriggerRecord {
	return {
		id,
		kind: "schedule",
		functionName,
		enabled: true,
		settings: { expression: "* * * * *" },
		createdAt: TIME,
		...changes,
	};
}

/** A record of each table, with this key or as near to it as the table has one; what goes with a function goes with `owner`. */
export const TABLE_RECORDS: { readonly [Name in TableName]: (owner: string, key: string) => Tables[Name] } = {
	versions: (owner, key) => ({ ...functionRecord(owner), version: key }),
	aliases: (functionName, name) => ({
		functionName,
		name,
		version: "1",
		description: "",
		weights: {},
		revisionId: "revision-1",
	}),
	settings: (functionName) => ({ functionName, reservedConcurrency: 5 }),
	policies: (functionName, qualifier) => ({
		functionName,
		scope: functionName,
		qualifier,
		revisionId: "revision-1",
		statements: [],
	}),
	provisioned: (functionName, qualifier) => ({ functionName, qualifier, requested: 2, lastModified: TIME }),
	versionSettings: (functionName, qualifier) => ({ functionName, qualifier, updateRuntimeOn: "Auto" }),
	layers: (_, layerName) => ({ layerName, lastVersion: 1, revisionId: "revision-1" }),
	layerVersions: (layerName, key) => ({
		layerName,
		version: Number(key),
		description: "",
		licenseInfo: "",
		compatibleRuntimes: [],
		compatibleArchitectures: [],
		codeSha256: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
		codeSize: 100,
		unzippedSize: 200,
		createdDate: TIME,
	}),
	codeSigningConfigs: (_, id) => ({
		id,
		description: "",
		publishers: [],
		untrusted: "Warn",
		lastModified: TIME,
		tags: {},
	}),
	mappings: (functionName, uuid) => ({
		uuid,
		functionName,
		qualifier: null,
		eventSourceArn: null,
		state: "Enabled",
		stateTransitionReason: "USER_INITIATED",
		lastModified: TIME,
		settings: {},
		tags: {},
	}),
	eventInvoke: (functionName, qualifier) => eventInvokeRecord(functionName, { qualifier }),
	deadLetters: (functionName, id) => ({
		functionName,
		id,
		createdAt: TIME,
		target: "arn:aws:sqs:us-east-1:000000000000:q",
		condition: "RetriesExhausted",
		body: "{}",
		event: { qualifier: null, payload: "e30=", clientContext: null },
	}),
	accessKeys: (_, id) => ({ id, account: "000000000000", sealedSecret: "sealed", description: "", createdAt: TIME }),
};
