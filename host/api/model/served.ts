/** The operations that are served now. All others of the model answer 501. */
export const SERVED = [
	"CreateFunction",
	"GetFunction",
	"GetFunctionConfiguration",
	"ListFunctions",
	"UpdateFunctionCode",
	"UpdateFunctionConfiguration",
	"DeleteFunction",
	"Invoke",
	"CreateFunctionUrlConfig",
	"GetFunctionUrlConfig",
	"UpdateFunctionUrlConfig",
	"DeleteFunctionUrlConfig",
	"ListFunctionUrlConfigs",
	"PutFunctionEventInvokeConfig",
	"UpdateFunctionEventInvokeConfig",
	"GetFunctionEventInvokeConfig",
	"DeleteFunctionEventInvokeConfig",
	"ListFunctionEventInvokeConfigs",
	"GetAccountSettings",
	"ListTags",
	"TagResource",
	"UntagResource",
] as const;

export type ServedOperation = (typeof SERVED)[number];
