import { describe, expect, it } from "vitest";
import { codeOf, openTestApi, wasm } from "../../support/api.ts";
import { asRecorded, Comparison, type RecordedReply, readRecordings } from "./compare.ts";
import {
	ACCOUNT,
	ARN,
	asHere,
	code,
	create,
	encode,
	events,
	F,
	folder,
	get,
	helper,
	other,
	replay,
	url,
} from "./replay.ts";

replay(
	"functions.json",
	{
		"test_ops_with_arn_qualifier_mismatch[delete_function]": [
			["not_match_exception", "DELETE", `${F}/${ARN}some-function:$LATEST?Qualifier=1`],
			["match_exception", "DELETE", `${F}/${ARN}some-function:$LATEST?Qualifier=$LATEST`],
		],
		"test_ops_with_arn_qualifier_mismatch[get_function]": [
			["not_match_exception", ...get(`${ARN}some-function:$LATEST`, "?Qualifier=1")],
			["match_exception", ...get(`${ARN}some-function:$LATEST`, "?Qualifier=$LATEST")],
		],
		"test_ops_with_arn_qualifier_mismatch[get_function_configuration]": [
			["not_match_exception", ...get(`${ARN}some-function:$LATEST`, "/configuration?Qualifier=1")],
			["match_exception", ...get(`${ARN}some-function:$LATEST`, "/configuration?Qualifier=$LATEST")],
		],
		"test_ops_on_nonexisting_version[get_function]": [
			[null, ...create("fn")],
			["version_not_found_exception", ...get("fn", "?Qualifier=1221")],
		],
		"test_ops_on_nonexisting_version[get_function_configuration]": [
			[null, ...create("fn")],
			["version_not_found_exception", ...get("fn", "/configuration?Qualifier=1221")],
		],
		"test_ops_on_nonexisting_version[get_function_event_invoke_config]": [
			[null, ...create("fn")],
			["version_not_found_exception", ...events("GET", "fn", undefined, "1221")],
		],
		"test_ops_on_nonexisting_fn[delete_function]": [["not_found_exception", "DELETE", `${F}/nope`]],
		"test_ops_on_nonexisting_fn[get_function]": [["not_found_exception", ...get("nope")]],
		"test_ops_on_nonexisting_fn[get_function_configuration]": [
			["not_found_exception", ...get("nope", "/configuration")],
		],
		"test_ops_on_nonexisting_fn[get_function_code_signing_config]": [
			["not_found_exception", "GET", "/2020-06-30/functions/nope/code-signing-config"],
		],
		"test_ops_on_nonexisting_fn[get_function_concurrency]": [
			["not_found_exception", "GET", "/2019-09-30/functions/nope/concurrency"],
		],
		"test_ops_on_nonexisting_fn[get_function_url_config]": [["not_found_exception", ...url("GET", "nope")]],
		"test_ops_on_nonexisting_fn[get_function_event_invoke_config]": [["not_found_exception", ...events("GET", "nope")]],
		test_lambda_code_location_zipfile: [
			["create-response-zip-file", ...create("fn")],
			["get-function-response", ...get("fn")],
			["update-function-response", ...code("fn")],
			["get-function-response-updated", ...get("fn")],
		],
		test_create_lambda_exceptions: [
			["invalid_role_arn_exc", ...create("fn", { Role: "r1" })],
			["multiple_architectures", ...create("fn", { Architectures: ["x86_64", "arm64"] })],
			["invalid_runtime_exc", ...create("fn", { Runtime: "non-existent-runtime" })],
			["uppercase_runtime_exc", ...create("fn", { Runtime: "PYTHON3.9" })],
			["uppercase_architecture", ...create("fn", { Architectures: ["X86_64"] })],
			["invalid_zip_exc", ...create("fn", { Code: codeOf(Buffer.from("this is not a zip")) })],
		],
		test_function_arns: [
			["create-function-arn-response", ...helper(`${ARN}by-arn`)],
			[
				"create-function-partial-arn-response",
				...helper(`${ACCOUNT}:function:by-partial-arn`, { Code: codeOf(wasm("two")) }),
			],
			["invalid_function_name_exc", ...create("invalid:function:name")],
			["long_function_name_exc", ...create("a".repeat(65))],
			["long_function_arn_exc", ...create(ARN + "a".repeat(100))],
			["function_arn_other_region_exc", ...get(other("ap-southeast-1", ACCOUNT))],
			["function_arn_other_account_exc", ...get(other("us-east-1", "222222222222"))],
		],
		test_invalid_invoke: [
			[
				"invoke_function_name_pattern_exc",
				"POST",
				`${F}/${encode("arn:aws:lambda:us-east-1:123400000000@function:myfn")}/invocations`,
			],
		],
		test_invalid_vpc_config_security_group: [
			["create-response-non-existent-security-group", ...create("fn", { VpcConfig: { SecurityGroupIds: ["sg-12"] } })],
			["create-response-invalid-format-security-group", ...create("fn", { VpcConfig: { SecurityGroupIds: ["abc"] } })],
		],
	},
	{
		test_lambda_code_location_s3: "there is no S3 here",
		"test_create_lambda_exceptions empty_architectures": "refused by the client before it is sent",
		test_lambda_concurrent_code_updates: "below: two updates at the same time",
	},
);

describe.skipIf(!folder)("recorded replies of AWS Lambda: updates at the same time", () => {
	it("functions.json test_lambda_concurrent_code_updates", async () => {
		const api = await openTestApi({ account: ACCOUNT });
		const recordings = readRecordings(`${folder}/functions.json`).filter(
			(recording) => recording.case === "test_lambda_concurrent_code_updates",
		);
		const comparison = new Comparison();
		const compare = async (index: number, response: Response) => {
			const { step, reply } = recordings[index]!;
			expect(comparison.differences(asHere(step, reply as RecordedReply), await asRecorded(response))).toEqual([]);
		};
		await compare(0, await api.send(...create("fn", { Handler: "handler.handler" })));
		let first = true;
		api.engine.whilePreparing = async () => {
			if (!first) return;
			first = false;
			await api.send(...code("fn"));
		};
		await compare(1, await api.send(...code("fn")));
		expect(api.faults).toEqual([]);
		await api.close();
	});
});
