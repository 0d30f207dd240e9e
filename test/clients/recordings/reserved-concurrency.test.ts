import { ARN, create, F, type Request, replay } from "./replay.ts";

const reserve = (name: string, ReservedConcurrentExecutions: number): Request => [
	"PUT",
	`/2017-10-31/functions/${name}/concurrency`,
	{ ReservedConcurrentExecutions },
];
const get: Request = ["GET", "/2019-09-30/functions/fn/concurrency"];

replay("reserved-concurrency.json", {
	test_function_concurrency_exceptions: [
		["put_function_concurrency_with_function_name_doesnotexist", ...reserve("doesnotexist", 1)],
		["put_function_concurrency_with_function_name_doesnotexist_and_invalid_concurrency", ...reserve("doesnotexist", 0)],
		[null, ...create("fn")],
		["put_function_concurrency_with_qualified_arn", ...reserve(`${ARN}fn:$LATEST`, 0)],
	],
	test_function_concurrency_limits: [
		[null, ...create("fn")],
		["put_function_concurrency_account_limit_exceeded", ...reserve("fn", 1001)],
		["put_function_concurrency_below_unreserved_min_value", ...reserve("fn", 1000 - 100 + 1)],
	],
	test_function_concurrency: [
		[null, ...create("fn")],
		["put_function_concurrency_with_reserved_0", ...reserve("fn", 0)],
		["put_function_concurrency_with_reserved_1", ...reserve("fn", 1)],
		["get_function_concurrency", ...get],
		["delete_response", "DELETE", "/2017-10-31/functions/fn/concurrency"],
		["get_function_concurrency_after_delete", ...get],
		[null, "GET", `${F}/fn`],
	],
});
