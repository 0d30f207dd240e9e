import { codeOf, wasm } from "../../support/api.ts";
import { code, configure, create, F, get, publish, replay } from "./replay.ts";

const list = (name: string): [string, string] => ["GET", `${F}/${name}/versions`];
const PYTHON =
	"its payload is what a Python function gave; host/invoker/cache.test.ts and test/clients/sdk-js.test.ts invoke versions";

replay(
	"versions.json",
	{
		test_lambda_versions_with_code_changes: [
			["create_response", ...create("fn", { Description: "No version :(", Handler: "handler.handler" })],
			["first_publish_response", ...publish("fn", { Description: "First version description :)" })],
			["update_lambda_response", ...code("fn")],
			["second_publish_response", ...publish("fn", { Description: "Second version description :)" })],
			["update_lambda_response_with_publish", ...code("fn", { ...codeOf(wasm("three")), Publish: true })],
		],
		test_publish_version_on_create: [
			["create_response", ...create("fn", { Publish: true })],
			["get_function_result", ...get("fn")],
			["get_function_version_result", ...get("fn", "?Qualifier=1")],
			["get_function_latest_result", ...get("fn", "?Qualifier=$LATEST")],
			["list_versions_result", ...list("fn")],
			["repeated_publish_response", ...publish("fn")],
			["list_versions_result_after_publish", ...list("fn")],
		],
		test_version_lifecycle: [
			["create_response", ...create("fn", { Description: "No version :(" })],
			["get_function_result", ...get("fn")],
			["list_versions_result", ...list("fn")],
			["first_update_response", ...configure("fn", { Description: "First version :)" })],
			["first_update_get_function", ...get("fn")],
			["first_publish_response", ...publish("fn", { Description: "First version description :)" })],
			["first_publish_get_function", ...get("fn", "?Qualifier=1")],
			["first_publish_get_function_config", ...get("fn", "/configuration?Qualifier=1")],
			["second_update_response", ...configure("fn", { Description: "Second version :))" })],
			["first_publish_get_function_after_update", ...get("fn", "?Qualifier=1")],
			["second_publish_response", ...publish("fn")],
			["third_publish_response", ...publish("fn")],
			["list_versions_result_after_third_publish", ...list("fn")],
			[null, "DELETE", `${F}/fn?Qualifier=1`],
			["list_versions_result_after_deletion_of_first_version", ...list("fn")],
		],
		test_publish_with_wrong_revisionid: [
			["create_response", ...create("fn", { Runtime: "python3.9" })],
			["get_fn_response", ...get("fn")],
			["publish_wrong_revisionid_exc", ...publish("fn", { RevisionId: "wrong" })],
			[
				"publish_result",
				({ get_fn_response }) => {
					const { RevisionId } = get_fn_response!.Configuration as { RevisionId: string };
					return publish("fn", { RevisionId });
				},
			],
		],
		test_publish_with_wrong_sha256: [
			["create_response", ...create("fn")],
			["get_fn_response", ...get("fn")],
			["publish_wrong_sha256_exc", ...publish("fn", { CodeSha256: "somenonexistentsha256" })],
			[
				"publish_result",
				({ get_fn_response }) => {
					const { CodeSha256 } = get_fn_response!.Configuration as { CodeSha256: string };
					return publish("fn", { CodeSha256 });
				},
			],
		],
		test_publish_with_update: [
			["create_response", ...create("fn")],
			["get_function_result", ...get("fn")],
			["update_function_code_result", ...code("fn", { Publish: true })],
		],
	},
	{
		"test_lambda_versions_with_code_changes invocation_result_latest": PYTHON,
		"test_lambda_versions_with_code_changes invocation_result_v1": PYTHON,
		"test_lambda_versions_with_code_changes invocation_result_v2": PYTHON,
		"test_lambda_versions_with_code_changes invocation_result_v3": PYTHON,
		"test_lambda_versions_with_code_changes invocation_result_latest_end": PYTHON,
		"test_lambda_versions_with_code_changes invocation_result_v2_end": PYTHON,
		"test_lambda_versions_with_code_changes invocation_result_v1_end": PYTHON,
		"test_publish_with_update get_function_version_result": "asked while the service was at work: here it is done",
		"test_publish_with_update get_function_latest_result": "asked while the service was at work: here it is done",
		test_lambda_handler_update: PYTHON,
		test_async_invoke_queue_upon_function_update: PYTHON,
		test_function_update_during_invoke: PYTHON,
	},
);
