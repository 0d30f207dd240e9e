import { ARN, alias, configure, create, F, get, publish, replay, type Step } from "./replay.ts";

const two: Step[] = [
	["create_response", ...create("fn", { Environment: { Variables: { testenv: "staging" } } })],
	["publish_v1", ...publish("fn")],
	[null, ...configure("fn", { Environment: { Variables: { testenv: "prod" } } })],
	["publish_v2", ...publish("fn")],
];
const [created, first, changed, second] = two as [Step, Step, Step, Step];
const make = (Name: string, FunctionVersion: string, members: object = {}, name = "fn") =>
	alias("POST", name, "", { Name, FunctionVersion, ...members });
const described = { Description: "custom-alias" };
const weights = (AdditionalVersionWeights: object) => ({ RoutingConfig: { AdditionalVersionWeights } });

replay("aliases.json", {
	test_alias_lifecycle: [
		created,
		first,
		changed,
		second,
		["create_alias_1_1", ...make("aliasname1_1", "1", { ...described, ...weights({ 2: 0.2 }) })],
		["get_alias_1_1", ...alias("GET", "fn", "aliasname1_1")],
		["get_function_alias_1_1", ...get("fn", "?Qualifier=aliasname1_1")],
		["get_function_byarn_alias_1_1", ...get(`${ARN}fn:aliasname1_1`)],
		["get_function_alias_notfound_exc", ...get("fn", "?Qualifier=aliasdoesnotexist")],
		["get_function_alias_byarn_notfound_exc", ...get(`${ARN}fn:aliasdoesnotexist`)],
		["create_alias_1_2", ...make("aliasname1_2", "1", described)],
		["get_alias_1_2", ...alias("GET", "fn", "aliasname1_2")],
		["create_alias_1_3", ...make("aliasname1_3", "1")],
		["get_alias_1_3", ...alias("GET", "fn", "aliasname1_3")],
		["create_alias_2", ...make("aliasname2", "2", described)],
		["get_alias_2", ...alias("GET", "fn", "aliasname2")],
		["list_aliases_for_fnname", ...alias("GET", "fn")],
		["update_alias_1_1", ...alias("PUT", "fn", "aliasname1_1", weights({}))],
		["get_alias_1_1_after_update", ...alias("GET", "fn", "aliasname1_1")],
		["list_aliases_for_fnname_after_update", ...alias("GET", "fn")],
		["update_alias_1_2", ...alias("PUT", "fn", "aliasname1_2", weights({}))],
		["get_alias_1_2_after_update", ...alias("GET", "fn", "aliasname1_2")],
		["list_aliases_for_fnname_after_update_2", ...alias("GET", "fn")],
		["list_aliases_for_version", "GET", `${F}/fn/aliases?FunctionVersion=1`],
		["delete_alias_response", ...alias("DELETE", "fn", "aliasname1_1")],
		["list_aliases_for_fnname_afterdelete", ...alias("GET", "fn")],
	],
	test_notfound_and_invalid_routingconfigs: [
		["create_response", ...create("fn", { Publish: true, Environment: { Variables: { testenv: "staging" } } })],
		first,
		changed,
		second,
		["routing_config_exc_toomany", ...make("custom", "1", weights({ 1: 0.1, 2: 0.2 }))],
		["routing_config_exc_toohigh", ...make("custom", "1", weights({ 2: 2 }))],
		["routing_config_exc_subzero", ...make("custom", "1", weights({ 2: -1 }))],
		["routing_config_exc_sameversion", ...make("custom", "1", weights({ 1: 0.5 }))],
		["target_version_doesnotexist", ...make("custom", "10", weights({ 2: 0.5 }))],
		["routing_config_exc_version_doesnotexist", ...make("custom", "1", weights({ 10: 0.5 }))],
		["target_version_exc_version_latest", ...make("custom", "$LATEST", weights({ 1: 0.5 }))],
		["routing_config_exc_version_latest", ...make("custom", "1", weights({ $LATEST: 0.5 }))],
		["create-alias-latest", ...make("custom-latest", "$LATEST")],
		["routing_config_exc_fn_doesnotexist", ...make("custom", "1", weights({ 2: 0.5 }), "fn-unknown")],
		["create_alias_empty_routingconfig", ...make("custom-empty-routingconfig", "1", weights({}))],
		["create_alias_response", ...make("custom", "1", weights({ 2: 0.5 }))],
		["routing_config_exc_already_exist", ...make("custom", "1", weights({ 2: 0.5 }))],
		["alias_does_not_exist_esc", ...alias("GET", "fn", "non-existent")],
	],
	test_alias_naming: [
		created,
		first,
		["create_alias_date", ...make("2024-01-02", "1", described)],
		["get_alias_date", ...alias("GET", "fn", "2024-01-02")],
		["create_alias_number_exception", ...make("2024", "1", described)],
	],
	test_non_existent_alias_deletion: [created, ["delete_alias_response", ...alias("DELETE", "fn", "non-existent")]],
	test_non_existent_alias_update: [
		created,
		["update_alias_response", ...alias("PUT", "fn", "non-existent", { Description: "new" })],
	],
});
