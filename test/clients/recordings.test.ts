import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acceptanceData } from "../support/acceptance.ts";
import { codeOf, openTestApi, type TestApi, wasm } from "../support/api.ts";
import { asRecorded, Comparison, type RecordedReply, readRecordings } from "./recordings.ts";

const ACCOUNT = "111111111111";
const ARN = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/lambda`;
const F = "/2015-03-31/functions";

type Request = [method: string, path: string, body?: object];
/** A request and its reply's place in the recordings; without a step its reply is not looked at. */
type Step = [step: string | null, ...Request];

const encode = encodeURIComponent;
const definition = (FunctionName: string, members: object = {}) => ({
	FunctionName,
	Role: ROLE,
	// The runtimes that were recorded do not run here.
	Runtime: "provided.al2023",
	Handler: "index.handler",
	Code: codeOf(wasm("one")),
	...members,
});
const create = (name: string, members: object = {}): Request => ["POST", F, definition(name, members)];
/** As the recordings' own helper makes functions. */
const helper = (name: string, members: object = {}): Request =>
	create(name, { Handler: "handler.handler", Timeout: 30, Environment: { Variables: {} }, ...members });
const get = (name: string, rest = ""): Request => ["GET", `${F}/${encode(name)}${rest}`];
const code = (name: string, members: object = {}): Request => [
	"PUT",
	`${F}/${name}/code`,
	{ ...codeOf(wasm("two")), ...members },
];
const configure = (name: string, members: object): Request => ["PUT", `${F}/${name}/configuration`, members];
const url = (method: string, name: string, qualifier = "", body?: object): Request => [
	method,
	`/2021-10-31/functions/${encode(name)}/url${qualifier && `?Qualifier=${encode(qualifier)}`}`,
	body ?? (method === "POST" || method === "PUT" ? { AuthType: "NONE" } : undefined),
];
const events = (method: string, name: string, body?: object, qualifier = ""): Request => [
	method,
	`/2019-09-25/functions/${encode(name)}/event-invoke-config${qualifier && `?Qualifier=${encode(qualifier)}`}`,
	body,
];
const put = (body: object, name = "fn", qualifier = ""): Request => events("PUT", name, body, qualifier);
const tags = (arn: string): Request => ["GET", `/2017-03-31/tags/${encode(arn)}`];
const tag = (arn: string, Tags: object): Request => ["POST", `/2017-03-31/tags/${encode(arn)}`, { Tags }];
const untag = (arn: string, ...keys: string[]): Request => [
	"DELETE",
	`/2017-03-31/tags/${encode(arn)}?${keys.map((key) => `tagKeys=${key}`).join("&")}`,
];
const numbered = (from: number, to: number) =>
	Object.fromEntries(Array.from({ length: to - from }, (_, n) => [`${from + n}_key`, `${from + n}_value`]));
const retries = { MaximumRetryAttempts: 1 };
const to = (which: "OnSuccess" | "OnFailure", Destination: string) => ({
	DestinationConfig: { [which]: { Destination } },
});
const other = (region: string, account: string) => `arn:aws:lambda:${region}:${account}:function:fn`;

/** What must have been asked, by file and case: the recordings have the replies alone. */
const CASES: Record<string, Record<string, Step[]>> = {
	"functions.json": {
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
			["uppercase_architecture", ...create("fn", { Architectures: ["X86_64"] })],
			["invalid_zip_exc", ...create("fn", { Code: codeOf(Buffer.from("this is not a zip")) })],
		],
		test_function_arns: [
			["create-function-arn-response", ...helper(`${ARN}by-arn`)],
			[null, "DELETE", `${F}/by-arn`],
			["create-function-partial-arn-response", ...helper(`${ACCOUNT}:function:by-arn`)],
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
			["create-response-invalid-format-security-group", ...create("fn", { VpcConfig: { SecurityGroupIds: ["abc"] } })],
		],
	},
	"function-urls.json": {
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
	"event-invoke-config.json": {
		test_lambda_eventinvokeconfig_exceptions: [
			[null, ...create("fn")],
			[null, ...create("target")],
			["put_functionname_name_notfound", ...put(retries, "doesnotexist")],
			["put_functionname_arn_notfound", ...put(retries, `${ARN}doesnotexist`)],
			["put_functionname_nootherargs", ...put({})],
			["put_destination_lambda_doesntexist", ...put(to("OnSuccess", `${ARN}doesnotexist`))],
			["put_destination_recursive", ...put(to("OnSuccess", `${ARN}fn`))],
			["put_destination_other_lambda", ...put(to("OnSuccess", `${ARN}target`))],
			["put_destination_invalid_service_arn", ...put(to("OnSuccess", `${ARN}fn`.replace("lambda", "iam")))],
			["put_destination_success_no_destination_arn", ...put({ DestinationConfig: { OnSuccess: {} } })],
			["put_destination_failure_no_destination_arn", ...put({ DestinationConfig: { OnFailure: {} } })],
			["put_destination_invalid_arn_pattern", ...put(to("OnFailure", `${ARN}fn`.replace("lambda", "_-/!lambda")))],
			["put_destination_latest", ...put(retries)],
			["put_destination_latest_explicit_qualifier", ...put(retries, "fn", "$LATEST")],
			["put_alias_doesnotexist", ...put(retries, "fn", "doesnotexist")],
			["put_alias_qualifiedarn_qualifierconflict", ...put(retries, `${ARN}fn:a`, "b")],
			["put_alias_shorthand_qualifierconflict", ...put(retries, "fn:a", "b")],
			["put_shorthand_qualifier_match", ...put(retries, "fn:$LATEST", "$LATEST")],
			["put_shorthand_qualifier_mismatch_1", ...put(retries, "fn:$LATEST", "a")],
			["put_shorthand_qualifier_mismatch_2", ...put(retries, "fn:a", "$LATEST")],
			["put_shorthand_qualifier_mismatch_3", ...put(retries, "fn:1", "a")],
			["put_maxevent_maxvalue_result", ...put({ MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 21_600 })],
			["put_pre_overwrite", ...put({ MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 })],
			["put_post_overwrite", ...put({ MaximumRetryAttempts: 0 })],
			["second_overwrite_existing_response", ...put({ MaximumRetryAttempts: 0 })],
			["get_post_overwrite", ...events("GET", "fn")],
			["pre_update_response", ...put({ MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 })],
			["update_response", ...events("POST", "fn", { MaximumRetryAttempts: 0 })],
			["update_response_existing", ...events("POST", "fn", { MaximumRetryAttempts: 0 })],
			["delete_latest", ...events("DELETE", "fn")],
			["list_configs_postdelete", "GET", "/2019-09-25/functions/fn/event-invoke-config/list"],
			["delete_function_not_found", ...events("DELETE", "fn")],
			["delete_function_doesnotexist", ...events("DELETE", "doesnotexist")],
			["list_function_doesnotexist", "GET", "/2019-09-25/functions/doesnotexist/event-invoke-config/list"],
			["get_function_doesnotexist", ...events("GET", "doesnotexist")],
			["get_qualifier_doesnotexist", ...events("GET", "fn", undefined, "doesnotexist")],
			["update_eventinvokeconfig_function_doesnotexist", ...events("POST", "doesnotexist", retries)],
			["get_eventinvokeconfig_doesnotexist", ...events("GET", "fn", undefined, "eventinvokealias")],
			["update_eventinvokeconfig_config_doesnotexist_without_qualifier", ...events("POST", "fn", retries)],
		],
	},
	"revisions.json": {
		test_function_revisions_basic: [
			["create_function_response_rev1", ...helper("fn", { Handler: "index.handler" })],
			["get_function_response_rev2", ...get("fn")],
			["update_function_revision_exception", ...code("fn", { RevisionId: "wrong" })],
			["update_function_code_response_rev3", ...code("fn", codeOf(wasm("one")))],
			["get_function_response_rev4", ...get("fn")],
			["update_function_configuration_revision_exception", ...configure("fn", { Timeout: 30, RevisionId: "wrong" })],
			["update_function_configuration_response_rev5", ...configure("fn", { Timeout: 30 })],
			["get_function_response_rev6", ...get("fn")],
		],
	},
	"tags.json": {
		test_create_tag_on_fn_create: [
			[null, ...helper("fn", { Tags: { testtag: "custom" } })],
			["get_function_result", ...get("fn")],
			["list_tags_result", ...tags(`${ARN}fn`)],
		],
		"test_tag_lifecycle[lambda_function]": [
			[null, ...create("fn")],
			["tag_single_response", ...tag(`${ARN}fn`, { A: "tag-a" })],
			["tag_single_response_listtags", ...tags(`${ARN}fn`)],
			["tag_multiple_response", ...tag(`${ARN}fn`, { B: "tag-b", C: "tag-c" })],
			["tag_multiple_response_listtags", ...tags(`${ARN}fn`)],
			["tag_overlap_response", ...tag(`${ARN}fn`, { C: "tag-c-newsuffix", D: "tag-d" })],
			["tag_overlap_response_listtags", ...tags(`${ARN}fn`)],
			["untag_single_response", ...untag(`${ARN}fn`, "A")],
			["untag_single_response_listtags", ...tags(`${ARN}fn`)],
			["untag_multiple_response", ...untag(`${ARN}fn`, "B", "C")],
			["untag_multiple_response_listtags", ...tags(`${ARN}fn`)],
			["untag_nonexisting_response", ...untag(`${ARN}fn`, "F")],
			["untag_nonexisting_response_listtags", ...tags(`${ARN}fn`)],
			["untag_existing_and_nonexisting_response", ...untag(`${ARN}fn`, "D", "F")],
			["untag_existing_and_nonexisting_response_listtags", ...tags(`${ARN}fn`)],
		],
		test_tag_nonexisting_resource: [
			[null, ...helper("fn")],
			["pre_delete_get_function", ...get("fn")],
			[null, "DELETE", `${F}/fn`],
			["not_found_exception_tag", ...tag(`${ARN}fn`, { A: "B" })],
			["not_found_exception_untag", ...untag(`${ARN}fn`, "A")],
			["not_found_exception_list", ...tags(`${ARN}fn`)],
		],
		test_tag_exceptions: [
			[null, ...create("fn")],
			["tag_lambda_invalidarn", ...tag("arn:aws:something", { A: "B" })],
			["tag_lambda_doesnotexist", ...tag(`${ARN}doesnotexist`, { A: "B" })],
			["tag_lambda_qualifier_doesnotexist", ...tag(`${ARN}fn:v1`, { A: "B" })],
			["list_tag_lambda_empty", ...tags(`${ARN}fn`)],
			["untag_nomatch", ...untag(`${ARN}fn`, "somekey")],
			["untag_empty_keys", ...untag(`${ARN}fn`)],
			["tag_empty_tags", ...tag(`${ARN}fn`, {})],
		],
		test_tag_limits: [
			[null, ...helper("fn")],
			["tag_lambda_too_many_tags", ...tag(`${ARN}fn`, numbered(0, 51))],
			["tag_response", ...tag(`${ARN}fn`, numbered(0, 50))],
			["list_tags_response", ...tags(`${ARN}fn`)],
			["get_fn_response", ...get("fn")],
			["tag_lambda_too_many_tags_additional", ...tag(`${ARN}fn`, { key51: "v" })],
			["create_function_invalid_tags", ...create("other", { Tags: numbered(0, 51) })],
		],
		test_tag_versions: [
			[null, ...create("fn")],
			["tag_resource_exception", ...tag(`${ARN}fn:1`, { A: "B" })],
			["tag_resource_latest_exception", ...tag(`${ARN}fn:$LATEST`, { A: "B" })],
		],
	},
};

/**
 * Where this host differs, and why: its runtimes are others; its updates are done when they are acknowledged; its model of what can be tagged is a newer one; it takes
 * a snapshot of every function, and says so.
 */
function asHere(step: string, reply: RecordedReply): RecordedReply {
	const text = JSON.stringify(reply)
		.replaceAll(/"Runtime":"python[0-9.]+"/g, '"Runtime":"provided.al2023"')
		.replaceAll(
			/"SnapStart":\{"ApplyOn":"None","OptimizationStatus":"Off"\}/g,
			'"SnapStart":{"ApplyOn":"PublishedVersions","OptimizationStatus":"On"}',
		)
		.replace(/\|layer:\(\[a-zA-Z0-9-_\]\+\)/, "")
		.replace("|capacity-provider:[a-zA-Z0-9-_]+)", "|(capacity-provider|network-connector):[a-zA-Z0-9-_]{1,64})");
	if (step !== "get-function-response-updated") return JSON.parse(text);
	return JSON.parse(
		text
			.replace('"LastUpdateStatus":"InProgress"', '"LastUpdateStatus":"Successful"')
			.replace(/"LastUpdateStatusReason(Code)?":"[^"]*",/g, "")
			.replace(/"LastUpdateStatusReason(Code)?":"[^"]*",/, ""),
	);
}

const folder = acceptanceData("aws-lambda-recordings");

describe.skipIf(!folder)("recorded replies of AWS Lambda", () => {
	let api: TestApi;
	beforeEach(async () => {
		api = await openTestApi({ account: ACCOUNT });
	});
	afterEach(async () => {
		expect(api.faults).toEqual([]);
		await api.close();
	});

	const all = Object.entries(CASES).flatMap(([file, cases]) => Object.keys(cases).map((name) => [file, name] as const));

	it.each(all)("%s %s", async (file, name) => {
		const recordings = readRecordings(`${folder}/${file}`).filter((recording) => recording.case === name);
		const comparison = new Comparison();
		for (const [step, method, path, body] of CASES[file]![name]!) {
			const response = await api.send(method, path, body);
			if (step === null) {
				expect(response.ok, `${method} ${path}`).toBe(true);
				continue;
			}
			const recorded = recordings.find((recording) => recording.step === step)!.reply as RecordedReply;
			const actual = await asRecorded(response);
			expect(comparison.differences(asHere(step, recorded), actual), `${step}\n${JSON.stringify(actual)}`).toEqual([]);
		}
	});

	it("functions.json test_lambda_concurrent_code_updates", async () => {
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
	});

	it("replays most of what concerns the operations that are served", () => {
		const steps = Object.values(CASES).flatMap((cases) => Object.values(cases).flat());
		expect(steps.filter(([step]) => step !== null).length).toBeGreaterThan(140);
	});
});
