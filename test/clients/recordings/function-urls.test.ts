import { ARN, alias, create, helper, publish, replay, type Step, url } from "./replay.ts";

/** What made the functions whose versions were recorded. */
const NODE = { Runtime: "nodejs20.x", Handler: "lambda_handler.handler" };

replay(
	"function-urls.json",
	{
		test_url_config_lifecycle: [
			[null, ...create("fn")],
			["url_creation", ...url("POST", "fn")],
			["failed_duplication", ...url("POST", "fn")],
			["get_url_config", ...url("GET", "fn")],
			["updated_url_config", ...url("PUT", "fn", "", { AuthType: "AWS_IAM" })],
			[null, ...url("DELETE", "fn")],
			["failed_getter", ...url("GET", "fn")],
		],
		test_url_config_list_paging: [
			[null, ...helper("fn", NODE)],
			["fn_version_result", ...publish("fn")],
			["create_alias_result", ...alias("POST", "fn", "", { Name: "urlalias", FunctionVersion: "1" })],
			["list_function_notfound", "GET", "/2021-10-31/functions/nope/urls"],
			["list_all_empty", "GET", "/2021-10-31/functions/fn/urls"],
			["url_config_fn", ...url("POST", "fn")],
			["url_config_alias", ...url("POST", "fn", "urlalias")],
			["list_all", "GET", "/2021-10-31/functions/fn/urls"],
		],
		test_url_config_exceptions: [
			[null, ...helper("fn", NODE)],
			["fn_version_result", ...publish("fn")],
			["create_alias_result", ...alias("POST", "fn", "", { Name: "urlalias", FunctionVersion: "1" })],
			...(["create", "get", "delete", "update"] as const).flatMap((verb): Step[] => {
				const method = { create: "POST", get: "GET", delete: "DELETE", update: "PUT" }[verb];
				const step = (name: string) => `${verb}_function_url_config_${name}`;
				const mismatch: Step = [step("qualifier_alias_doesnotmatch_arn"), ...url(method, "fn:a", "b")];
				return [
					[step("name_doesnotexist"), ...url(method, "nope")],
					[step("arn_doesnotexist"), ...url(method, `${ARN}nope`)],
					[step("name_doesnotexist_qualifier"), ...url(method, "nope", "1")],
					[step("qualifier_version"), ...url(method, "fn", "1")],
					[step("qualifier_version_doesnotexist"), ...url(method, "fn", "2")],
					[step("qualifier_alias_doesnotexist"), ...url(method, "fn", "doesnotexist")],
					[step("qualifier_latest"), ...url(method, "fn", "$LATEST")],
					// AWS answered a deletion with a fault of its own.
					...(verb === "delete" ? [] : [mismatch]),
					...(verb === "create" ? [] : [[step("config_doesnotexist"), ...url(method, "fn")] as Step]),
				];
			}),
		],
		test_url_config_deletion_without_qualifier: [
			[null, ...create("fn")],
			["url_creation", ...url("POST", "fn")],
			[null, ...publish("fn")],
			[null, ...alias("POST", "fn", "", { Name: "test-alias", FunctionVersion: "1" })],
			["url_with_alias_creation", ...url("POST", "fn", "test-alias")],
			["get_url_config", ...url("GET", "fn")],
			["get_url_config_with_alias", ...url("GET", "fn", "test-alias")],
			["delete_function_url_config", ...url("DELETE", "fn")],
			["get_url_config_after_deletion", ...url("GET", "fn")],
			["get_url_config_with_alias_after_deletion", ...url("GET", "fn", "test-alias")],
		],
	},
	{
		"test_url_config_exceptions delete_function_url_config_qualifier_alias_doesnotmatch_arn":
			"AWS answered with a fault of its own",
	},
);
