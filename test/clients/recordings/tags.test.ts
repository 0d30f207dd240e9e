import {
	ACCOUNT,
	ARN,
	create,
	F,
	get,
	helper,
	numbered,
	type Request,
	replay,
	type Step,
	tag,
	tags,
	untag,
} from "./replay.ts";

const FN = `${ARN}fn`;
const QUEUE = `arn:aws:sqs:us-east-1:${ACCOUNT}:queue`;
const mapping = (members: object): Request => [
	"POST",
	"/2015-03-31/event-source-mappings",
	{ FunctionName: "fn", ...members },
];
const valuesOf = (...letters: string[]) => Object.fromEntries(letters.map((it) => [`key_${it}`, `value_${it}`]));
const shown = (suffix: string): Step[] => [
	[`list_tags_response_${suffix}`, ...tags(FN)],
	[`get_fn_response_${suffix}`, ...get(FN)],
];

/** The same of whatever can be tagged. */
const LIFE: [step: string, request: (arn: string) => Request][] = [
	["tag_single_response", (arn) => tag(arn, { A: "tag-a" })],
	["tag_single_response_listtags", tags],
	["tag_multiple_response", (arn) => tag(arn, { B: "tag-b", C: "tag-c" })],
	["tag_multiple_response_listtags", tags],
	["tag_overlap_response", (arn) => tag(arn, { C: "tag-c-newsuffix", D: "tag-d" })],
	["tag_overlap_response_listtags", tags],
	["untag_single_response", (arn) => untag(arn, "A")],
	["untag_single_response_listtags", tags],
	["untag_multiple_response", (arn) => untag(arn, "B", "C")],
	["untag_multiple_response_listtags", tags],
	["untag_nonexisting_response", (arn) => untag(arn, "F")],
	["untag_nonexisting_response_listtags", tags],
	["untag_existing_and_nonexisting_response", (arn) => untag(arn, "D", "F")],
	["untag_existing_and_nonexisting_response_listtags", tags],
];

function exceptions(kind: string, id: string): Step[] {
	const arn = (of: string) => ARN.replace("function", of) + id;
	return [
		["not_found_exception_tag", ...tag(arn(kind), { A: "B" })],
		["not_found_exception_untag", ...untag(arn(kind), "A")],
		["not_found_exception_list", ...tags(arn(kind))],
		["aliased_arn_exception", ...tag(`${arn(kind)}:alias`, { A: "B" })],
		["invalid_arn_exception", ...tag(arn("foobar"), { A: "B" })],
	];
}

replay(
	"tags.json",
	{
		test_create_tag_on_fn_create: [
			[null, ...helper("fn", { Tags: { testtag: "custom" } })],
			["get_function_result", ...get("fn")],
			["list_tags_result", ...tags(`${ARN}fn`)],
		],
		"test_tag_lifecycle[lambda_function]": [
			[null, ...create("fn")],
			...LIFE.map(([step, request]): Step => [step, ...request(FN)]),
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
		test_tag_lifecycle: [
			[null, ...helper("fn", { Tags: { key_a: "value_a" } })],
			...shown("postfncreate"),
			["tag_resource_response", ...tag(FN, valuesOf("b", "c", "d", "e"))],
			...shown("postaddtags"),
			["tag_resource_overwrite", ...tag(FN, { key_b: "value_b", key_c: "value_x" })],
			...shown("overwrite"),
			[null, ...untag(FN, "key_c", "key_d")],
			...shown("postuntag"),
			[null, ...untag(FN, "key_a", "key_b", "key_e")],
			...shown("postuntagall"),
			[null, "DELETE", `${F}/fn`],
			["list_tags_postdelete", ...tags(FN)],
			// Another test of the same name.
			[null, ...create("fn")],
			...LIFE.map(([step, request]): Step => [step, ...request(FN)]),
		],
		"test_tag_lifecycle[event_source_mapping]": [
			[null, ...create("fn")],
			[null, ...mapping({ EventSourceArn: QUEUE })],
			...LIFE.map(([step, request]): Step => [step, (seen) => request(String(seen.last!.EventSourceMappingArn))]),
		],
		test_create_tag_on_esm_create: [
			[null, ...create("fn")],
			[null, ...mapping({ EventSourceArn: QUEUE, BatchSize: 1, Tags: { testtag: "custom" } })],
			["list_tags_result", (seen) => tags(String(seen.last!.EventSourceMappingArn))],
		],
		"test_tag_exceptions[lambda_function]": exceptions("function", "nope"),
		"test_tag_exceptions[event_source_mapping]": exceptions("event-source-mapping", crypto.randomUUID()),
		"test_tag_exceptions[capacity_provider]": exceptions("capacity-provider", "nope"),
	},
	{
		"test_create_tag_on_esm_create get_event_source_mapping_with_tag": "the case's own finding, and no reply",
	},
);
