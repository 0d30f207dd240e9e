/** What an operation of the API is: a name with a route, an input that was checked, and a handler that gives a reply. */
import type * as aws from "@aws-sdk/client-lambda";
import type { Callers } from "../auth/callers.ts";
import type { Config } from "../config.ts";
import type { Engine } from "../engine/types.ts";
import type { Provisioner } from "../invoker/provisioner.ts";
import type { Reservations } from "../invoker/reservations.ts";
import type { Invoker } from "../invoker/types.ts";
import type { Observer } from "../observe/types.ts";
import type { Store } from "../store/types.ts";
import type { ServedOperation } from "./model/served.ts";

/** What the API works with; `createApi` takes it. */
export interface ApiDeps {
	config: Config;
	store: Store;
	engine: Pick<Engine, "build" | "prepare" | "retire">;
	invoker: Invoker;
	observer: Pick<Observer, "remove" | "note">;
	reservations: Reservations;
	provisioner: Pick<Provisioner, "progressOf">;
	/** Where a function URL answers, with a slash at its end: `http://ID.lambda-url.localhost:9000/`. */
	functionUrl(id: string): string;
	/** Who may call; without it everybody may. */
	callers?: Callers;
	/** A fault of the host, which the caller sees only as a `ServiceException`. Written to stderr unless given. */
	onFault?(fault: { operation: string; requestId: string; error: unknown }): void;
}

/** Accepted beyond AWS's members, and never in a reply. */
export interface OwnMembers {
	/** Fuel units that an invocation may use; null is no limit. */
	FuelLimit?: number | null;
	/** What an invocation leaves for the next: all, or nothing. */
	Isolation?: "reuse" | "request";
}

/** An operation's input as AWS's SDK types it, after it was checked against the service model. */
export interface Inputs {
	CreateFunction: aws.CreateFunctionRequest & OwnMembers;
	GetFunction: aws.GetFunctionRequest;
	GetFunctionConfiguration: aws.GetFunctionConfigurationRequest;
	ListFunctions: aws.ListFunctionsRequest;
	UpdateFunctionCode: aws.UpdateFunctionCodeRequest;
	UpdateFunctionConfiguration: aws.UpdateFunctionConfigurationRequest & OwnMembers;
	DeleteFunction: aws.DeleteFunctionRequest;
	Invoke: Omit<aws.InvocationRequest, "Payload">;
	CreateFunctionUrlConfig: aws.CreateFunctionUrlConfigRequest;
	GetFunctionUrlConfig: aws.GetFunctionUrlConfigRequest;
	UpdateFunctionUrlConfig: aws.UpdateFunctionUrlConfigRequest;
	DeleteFunctionUrlConfig: aws.DeleteFunctionUrlConfigRequest;
	ListFunctionUrlConfigs: aws.ListFunctionUrlConfigsRequest;
	PutFunctionEventInvokeConfig: aws.PutFunctionEventInvokeConfigRequest;
	UpdateFunctionEventInvokeConfig: aws.UpdateFunctionEventInvokeConfigRequest;
	GetFunctionEventInvokeConfig: aws.GetFunctionEventInvokeConfigRequest;
	DeleteFunctionEventInvokeConfig: aws.DeleteFunctionEventInvokeConfigRequest;
	ListFunctionEventInvokeConfigs: aws.ListFunctionEventInvokeConfigsRequest;
	GetAccountSettings: aws.GetAccountSettingsRequest;
	ListTags: aws.ListTagsRequest;
	TagResource: aws.TagResourceRequest;
	UntagResource: aws.UntagResourceRequest;
	AddLayerVersionPermission: aws.AddLayerVersionPermissionRequest;
	AddPermission: aws.AddPermissionRequest;
	CreateAlias: aws.CreateAliasRequest;
	CreateCodeSigningConfig: aws.CreateCodeSigningConfigRequest;
	CreateEventSourceMapping: aws.CreateEventSourceMappingRequest;
	DeleteAlias: aws.DeleteAliasRequest;
	DeleteCodeSigningConfig: aws.DeleteCodeSigningConfigRequest;
	DeleteEventSourceMapping: aws.DeleteEventSourceMappingRequest;
	DeleteFunctionCodeSigningConfig: aws.DeleteFunctionCodeSigningConfigRequest;
	DeleteFunctionConcurrency: aws.DeleteFunctionConcurrencyRequest;
	DeleteLayerVersion: aws.DeleteLayerVersionRequest;
	DeleteProvisionedConcurrencyConfig: aws.DeleteProvisionedConcurrencyConfigRequest;
	DeleteResourcePolicy: aws.DeleteResourcePolicyRequest;
	GetAlias: aws.GetAliasRequest;
	GetCodeSigningConfig: aws.GetCodeSigningConfigRequest;
	GetEventSourceMapping: aws.GetEventSourceMappingRequest;
	GetFunctionCodeSigningConfig: aws.GetFunctionCodeSigningConfigRequest;
	GetFunctionConcurrency: aws.GetFunctionConcurrencyRequest;
	GetFunctionRecursionConfig: aws.GetFunctionRecursionConfigRequest;
	GetFunctionScalingConfig: aws.GetFunctionScalingConfigRequest;
	GetLayerVersion: aws.GetLayerVersionRequest;
	GetLayerVersionByArn: aws.GetLayerVersionByArnRequest;
	GetLayerVersionPolicy: aws.GetLayerVersionPolicyRequest;
	GetPolicy: aws.GetPolicyRequest;
	GetProvisionedConcurrencyConfig: aws.GetProvisionedConcurrencyConfigRequest;
	GetResourcePolicy: aws.GetResourcePolicyRequest;
	GetRuntimeManagementConfig: aws.GetRuntimeManagementConfigRequest;
	InvokeAsync: Omit<aws.InvokeAsyncRequest, "InvokeArgs">;
	InvokeWithResponseStream: Omit<aws.InvokeWithResponseStreamRequest, "Payload">;
	ListAliases: aws.ListAliasesRequest;
	ListCodeSigningConfigs: aws.ListCodeSigningConfigsRequest;
	ListEventSourceMappings: aws.ListEventSourceMappingsRequest;
	ListFunctionsByCodeSigningConfig: aws.ListFunctionsByCodeSigningConfigRequest;
	ListLayerVersions: aws.ListLayerVersionsRequest;
	ListLayers: aws.ListLayersRequest;
	ListProvisionedConcurrencyConfigs: aws.ListProvisionedConcurrencyConfigsRequest;
	ListVersionsByFunction: aws.ListVersionsByFunctionRequest;
	PublishLayerVersion: aws.PublishLayerVersionRequest;
	PublishVersion: aws.PublishVersionRequest;
	PutFunctionCodeSigningConfig: aws.PutFunctionCodeSigningConfigRequest;
	PutFunctionConcurrency: aws.PutFunctionConcurrencyRequest;
	PutFunctionRecursionConfig: aws.PutFunctionRecursionConfigRequest;
	PutFunctionScalingConfig: aws.PutFunctionScalingConfigRequest;
	PutProvisionedConcurrencyConfig: aws.PutProvisionedConcurrencyConfigRequest;
	PutResourcePolicy: aws.PutResourcePolicyRequest;
	PutRuntimeManagementConfig: aws.PutRuntimeManagementConfigRequest;
	RemoveLayerVersionPermission: aws.RemoveLayerVersionPermissionRequest;
	RemovePermission: aws.RemovePermissionRequest;
	UpdateAlias: aws.UpdateAliasRequest;
	UpdateCodeSigningConfig: aws.UpdateCodeSigningConfigRequest;
	UpdateEventSourceMapping: aws.UpdateEventSourceMappingRequest;
}

/** The request behind an input, for the few operations that need more than their input. */
export interface Call {
	request: Request;
	requestId: string;
	/** Aborted when the caller goes away. */
	signal: AbortSignal;
}

/** What a handler answers. The status is the operation's own unless given. */
export interface Reply {
	status?: number;
	/** Written as JSON; dates as seconds since the epoch, as the REST-JSON protocol does. */
	body?: object;
	/** Written as it is, instead of `body`. */
	bytes?: Uint8Array;
	/** Written as it comes, instead of `body`; its media type is in `headers`. */
	stream?: ReadableStream<Uint8Array>;
	headers?: Record<string, string>;
	/** `x-amzn-RequestId`, if it is not the call's own. */
	requestId?: string;
}

export type Handler<Name extends ServedOperation> = (input: Inputs[Name], call: Call) => Promise<Reply>;

/** Handlers of some operations, as one resource's file gives them. */
export type Handlers<Names extends ServedOperation = ServedOperation> = { [Name in Names]: Handler<Name> };
