import { ACCOUNT, create, type Request, replay, type Seen } from "./replay.ts";

const PATH = "/2015-03-31/event-source-mappings";
const UNKNOWN = `${PATH}/00000000-0000-4000-8000-000000000000`;
const arn = (rest: string) => `arn:aws:${rest.replace(":", `:us-east-1:${ACCOUNT}:`)}`;
const QUEUE = arn("sqs:queue");
const STREAM = arn("dynamodb:table/a-table/stream/2025-01-01T00:00:00.000");
const mapping = (members: object): Request => ["POST", PATH, { FunctionName: "fn", ...members }];
const pathOf = (seen: Seen, step: string) => `${PATH}/${seen[step]!.UUID}`;

replay(
	"event-source-mappings.json",
	{
		test_event_source_mapping_exceptions: [
			["get_unknown_uuid", "GET", UNKNOWN],
			["delete_unknown_uuid", "DELETE", UNKNOWN],
			["update_unknown_uuid", "PUT", UNKNOWN, { Enabled: false }],
			["create_no_event_source_arn", ...mapping({})],
			["create_unknown_params", ...mapping({ EventSourceArn: QUEUE })],
			[
				"destination_config_failure",
				...mapping({ EventSourceArn: QUEUE, DestinationConfig: { OnSuccess: { Destination: arn("sqs:other") } } }),
			],
		],
		test_event_source_mapping_lifecycle: [
			[null, ...create("fn")],
			[
				"create_response",
				...mapping({
					EventSourceArn: STREAM,
					DestinationConfig: { OnFailure: { Destination: QUEUE } },
					BatchSize: 1,
					StartingPosition: "TRIM_HORIZON",
					MaximumBatchingWindowInSeconds: 1,
					MaximumRetryAttempts: 1,
				}),
			],
			["get_response", (seen) => ["GET", pathOf(seen, "create_response")]],
			["delete_response", (seen) => ["DELETE", pathOf(seen, "create_response")]],
		],
		test_create_event_filter_criteria_validation: [
			[null, ...create("fn")],
			[
				"response-with-empty-filters",
				...mapping({ EventSourceArn: STREAM, StartingPosition: "LATEST", FilterCriteria: { Filters: [] } }),
			],
		],
	},
	{ "test_event_source_mapping_lifecycle update_table_response": "a reply of DynamoDB" },
);
