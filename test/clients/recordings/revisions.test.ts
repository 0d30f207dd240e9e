import { codeOf, wasm } from "../../support/api.ts";
import { alias, code, configure, F, get, helper, publish, replay } from "./replay.ts";

const PERMISSION = { StatementId: "s3", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com" };

replay("revisions.json", {
	test_function_revisions_basic: [
		["create_function_response_rev1", ...helper("fn", { Handler: "index.handler" })],
		["get_function_response_rev2", ...get("fn")],
		["update_function_revision_exception", ...code("fn", { RevisionId: "wrong" })],
		["update_function_code_response_rev3", ...code("fn", codeOf(wasm("one")))],
		["get_function_response_rev4", ...get("fn")],
		["update_function_configuration_revision_exception", ...configure("fn", { Timeout: 30, RevisionId: "wrong" })],
		["update_function_configuration_response_rev5", ...configure("fn", { Runtime: "python3.8" })],
		["get_function_response_rev6", ...get("fn")],
	],
	test_function_revisions_version_and_alias: [
		["create_function_response_rev1", ...helper("fn")],
		["get_function_active_rev2", ...get("fn")],
		["publish_version_revision_exception", ...publish("fn", { RevisionId: "wrong" })],
		["publish_version_response_rev_v1", ...publish("fn")],
		["get_function_published_version_rev_v2", ...get("fn", "?Qualifier=1")],
		["get_function_latest_rev3", ...get("fn")],
		["create_alias_response_rev_a1", ...alias("POST", "fn", "", { Name: "revision_alias", FunctionVersion: "1" })],
		["get_function_latest_rev4", ...get("fn")],
		["get_function_published_version_rev_v3", ...get("fn", "?Qualifier=1")],
		["update_alias_revision_exception", ...alias("PUT", "fn", "revision_alias", { RevisionId: "wrong" })],
		["update_alias_response_rev_a2", ...alias("PUT", "fn", "revision_alias", { Description: "something changed" })],
	],
	test_function_revisions_permissions: [
		[null, ...helper("fn")],
		["add_permission_revision_exception", "POST", `${F}/fn/policy`, { ...PERMISSION, RevisionId: "wrong" }],
	],
});
