/** What is kept: a record of each kind. Strings are well-formed; times are ISO 8601 with ms unless said otherwise. */
import type { Statement } from "../auth/policy/statement.ts";
import type { ArtifactInfo, Init } from "../engine/types.ts";

export interface LoggingConfig {
	format: "Text" | "JSON";
	applicationLogLevel?: "TRACE" | "DEBUG" | "INFO" | "WARN" | "ERROR" | "FATAL";
	systemLogLevel?: "DEBUG" | "INFO" | "WARN";
	/** `/aws/lambda/NAME` unless configured. */
	group: string;
}

/** A function's `$LATEST`, as it is kept. */
export interface FunctionRecord {
	/** The account that made it, and the region of its ARN; the host's own unless given. */
	account?: string;
	region?: string;
	/** Names are case-sensitive: `Foo` and `foo` are two functions. */
	name: string;
	/** A UUID, new with every change. */
	revisionId: string;
	/** A UUID, new with every change of code or configuration: its instances are others then. Default: the revision. */
	updateId?: string;
	/** ISO 8601 with ms and `+0000`, as Lambda writes it. */
	lastModified: string;
	description: string;
	role: string;
	/** Null where none was given (package type `Image`, or a component). */
	handler: string | null;
	runtime: string;
	timeoutSeconds: number;
	memoryMb: number;
	/** Fuel an invocation may use; null is no limit. */
	fuel: number | null;
	/** `request`: an invocation leaves nothing for the next. Default: `reuse`. */
	isolation?: "reuse" | "request";
	/** Instances are kept apart by the caller's `TenantId`; never changed after creation. */
	tenancy?: "PER_TENANT";
	/** How often initialisation runs. Default: `once` a version. */
	init?: Init;
	/** `SnapStart.ApplyOn` as it was asked for; undefined if it was not. */
	snapStart?: "PublishedVersions" | "None";
	/** Its instances start from a snapshot. */
	snapshot?: boolean;
	environment: Record<string, string>;
	/** The caller gave an environment, even an empty one: then it is shown. */
	environmentGiven?: boolean;
	architectures: string[];
	ephemeralStorageMb: number;
	tracingMode: "Active" | "PassThrough";
	logging: LoggingConfig;
	tags: Record<string, string>;
	/** base64 of the SHA-256 of what was uploaded (the zip, if it was one), as `CodeSha256`. */
	codeSha256: string;
	/** Bytes uploaded, as `CodeSize`. */
	codeSize: number;
	artifact: ArtifactInfo;
	/** ARN of the signing profile version whose key has signed the code. */
	signer?: string;
	/** Its file systems; one at most. */
	fileSystems?: FileSystemReference[];
	/** ARN of the queue or topic for events that could not be processed (`DeadLetterConfig`). */
	deadLetterArn?: string;
	/** Its layers, in the order of their mounting; each as it was when it was added, whatever becomes of it. */
	layers?: LayerReference[];
	/** The number of the version that was published last, 0 if none was; it is never used again. */
	lastVersion?: number;
	/** What versions are compared by: a publication that changes nothing gives the last version. A hash of code and configuration. */
	fingerprint?: string;
}

/** A published version: the function's record as it was then, which stays as it is. */
export interface VersionRecord extends FunctionRecord {
	/** `1`, `2`, … */
	version: string;
}

/** A name for a version. */
export interface AliasRecord {
	functionName: string;
	name: string;
	/** `$LATEST` or a number. */
	version: string;
	description: string;
	/** Shares of invocations, 0 to 1, that go to other versions; `version` has the rest. */
	weights: Record<string, number>;
	revisionId: string;
}

/** What is set for a function as a whole, beside its code and configuration: no change of it is a new revision. */
export interface FunctionSettingsRecord {
	functionName: string;
	/** Invocations at once that are kept for it, and its most; 0 stops it, undefined is none. */
	reservedConcurrency?: number;
	/** ARN of its code signing config. */
	codeSigningConfig?: string;
	/** What happens to a loop of invocations that was detected. Default: `Terminate`. */
	recursiveLoop?: "Allow" | "Terminate";
}

/** Who else may do what with a function, a version, an alias or a layer version: a policy's statements, as IAM writes them. */
export interface PolicyRecord {
	/** Null for a layer version's, whose scope is `layer:NAME`. */
	functionName: string | null;
	/** The function's name, or `layer:NAME`. */
	scope: string;
	/** A function's version or alias, a layer's version number; `` is the function itself. */
	qualifier: string;
	revisionId: string;
	/** In the order of their making. */
	statements: Statement[];
	/** The members of the document beside its statements, where they are not the service's own. */
	header?: Record<string, unknown>;
}

/** Instances of a version or alias that are kept ready (`PutProvisionedConcurrencyConfig`). */
export interface ProvisionedRecord {
	functionName: string;
	/** A number or an alias. */
	qualifier: string;
	requested: number;
	lastModified: string;
}

/** Per version: how its runtime is kept up to date (`PutRuntimeManagementConfig`), and its scaling (`PutFunctionScalingConfig`). */
export interface VersionSettingsRecord {
	functionName: string;
	/** `$LATEST` or a number. */
	qualifier: string;
	updateRuntimeOn?: "Auto" | "Manual" | "FunctionUpdate";
	runtimeVersionArn?: string;
	scaling?: { min?: number; max?: number };
}

/** A layer version. Its files are in the data folder, under the digest of the zip. */
export interface LayerVersionRecord {
	/** The account that made it; the host's own unless given. */
	account?: string;
	layerName: string;
	version: number;
	description: string;
	licenseInfo: string | null;
	/** Null where none were given, which is not the same as none. */
	compatibleRuntimes: string[] | null;
	compatibleArchitectures: string[] | null;
	/** base64 of the SHA-256 of the zip. */
	codeSha256: string;
	/** Bytes of the zip. */
	codeSize: number;
	/** Bytes of its files. */
	unzippedSize: number;
	/** ISO 8601 with ms and `+0000`. */
	createdDate: string;
}

/** An access point that a function has a mount of. */
export interface FileSystemReference {
	arn: string;
	/** `fsap-` and 17 hex digits. */
	id: string;
	/** Where the function sees it: `/mnt/NAME`. */
	path: string;
}

/** A layer version that a function uses. */
export interface LayerReference extends Pick<LayerVersionRecord, "codeSha256" | "codeSize" | "unzippedSize"> {
	/** `arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION` */
	arn: string;
}

/** How many versions a layer had: numbers are never used again, also after their version was deleted. */
export interface LayerRecord {
	/** The account that made it; the host's own unless given. */
	account?: string;
	layerName: string;
	lastVersion: number;
	/** A UUID, new with every version. */
	revisionId: string;
}

/** Whose signatures code must have (`CreateCodeSigningConfig`). */
export interface CodeSigningConfigRecord {
	/** The account that made it; the host's own unless given. */
	account?: string;
	/** `csc-` and 17 characters. */
	id: string;
	description: string;
	/** ARNs of signing profile versions. */
	publishers: string[];
	untrusted: "Warn" | "Enforce";
	lastModified: string;
	tags: Record<string, string>;
}

/** An event source mapping, as the API keeps it. What reads the source is the bus. */
export interface EventSourceMappingRecord {
	/** The account that made it; the host's own unless given. */
	account?: string;
	uuid: string;
	functionName: string;
	/** Of the function: a version or an alias; null is `$LATEST`. */
	qualifier: string | null;
	eventSourceArn: string | null;
	state: "Enabled" | "Disabled" | "Creating" | "Enabling" | "Disabling" | "Updating" | "Deleting";
	stateTransitionReason: string;
	lastModified: string;
	/** All other settings, as the API has them. */
	settings: Record<string, unknown>;
	tags: Record<string, string>;
}

/** An access key that may call the API. */
export interface AccessKeyRecord {
	/** `AKIA` and 16 characters. */
	id: string;
	/** The account that it acts for, 12 digits. */
	account: string;
	/** The secret key, encrypted with a key that is not in the store. */
	sealedSecret: string;
	description: string;
	createdAt: string;
}
