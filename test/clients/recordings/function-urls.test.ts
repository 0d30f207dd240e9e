import { ARN, create, replay, type Step, url } from "./replay.ts";

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
			[null, ...create("fn")],
			["list_function_notfound", "GET", "/2021-10-31/functions/nope/urls"],
			["list_all_empty", "GET", "/2021-10-31/functions/fn/urls"],
			["url_config_fn", ...url("POST", "fn")],
		],
		test_url_config_exceptions: [
			[null, ...create("fn")],
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
			["get_url_config", ...url("GET", "fn")],
			["delete_function_url_config", ...url("DELETE", "fn")],
			["get_url_config_after_deletion", ...url("GET", "fn")],
		],
	},
	{
		"test_url_config_list_paging fn_version_result": "not served yet",
		"test_url_config_list_paging create_alias_result": "not served yet",
		"test_url_config_list_paging url_config_alias": "not served yet",
		"test_url_config_list_paging list_all": "not served yet",
		"test_url_config_exceptions fn_version_result": "not served yet",
		"test_url_config_exceptions create_alias_result": "not served yet",
		"test_url_config_exceptions delete_function_url_config_qualifier_alias_doesnotmatch_arn": "not served yet",
		"test_url_config_deletion_without_qualifier url_with_alias_creation": "not served yet",
		"test_url_config_deletion_without_qualifier get_url_config_with_alias": "not served yet",
		"test_url_config_deletion_without_qualifier get_url_config_with_alias_after_deletion": "not served yet",
	},
);
