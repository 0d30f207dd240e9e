import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestApi, type TestApi } from "../../../test/support/api.ts";

const PATH = "/2015-03-31/event-source-mappings";
const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:";
const arn = (rest: string) => `arn:aws:${rest.replace(/^([^:]+):/, "$1:us-east-1:000000000000:")}`;
const QUEUE = arn("sqs:queue");
const FIFO = arn("sqs:queue.fifo");
const STREAM = arn("kinesis:stream/events");
const TABLE = arn("dynamodb:table/t/stream/2025-01-01T00:00:00.000");
const MSK = arn("kafka:cluster/c/1-2");
const BROKER = arn("mq:broker:b:b-1");
const DOCUMENTS = arn("rds:cluster:docs");
const SECRET = [{ Type: "BASIC_AUTH", URI: arn("secretsmanager:secret:s") }];
const servers = (...names: string[]) => ({ Endpoints: { KAFKA_BOOTSTRAP_SERVERS: names } });

let api: TestApi;
beforeEach(async () => {
	api = await openTestApi();
	await api.create("one");
	await api.create("two");
});
afterEach(async () => {
	expect(api.faults).toEqual([]);
	await api.close();
});

// biome-ignore lint/suspicious/noExplicitAny: replies are looked at by their members.
async function json(method: string, path: string, body?: object): Promise<[number, any]> {
	const response = await api.send(method, path, body);
	return [response.status, JSON.parse(await response.text())];
}

const create = (body: object) => json("POST", PATH, { FunctionName: "one", ...body });
async function made(body: object) {
	const [status, reply] = await create(body);
	expect(reply).toMatchObject({ UUID: expect.any(String) });
	expect(status).toBe(202);
	return reply;
}
const get = (uuid: string) => json("GET", `${PATH}/${uuid}`);
const update = (uuid: string, body: object) => json("PUT", `${PATH}/${uuid}`, body);
const refused = (message: string) => [400, { Type: "User", message }];
const NOT_THERE = [404, { Type: "User", Message: "The resource you requested does not exist." }];
const unsupported = (member: string) =>
	refused(`Unsupported '${member}' parameter for given event source mapping type.`);

describe("an event source mapping", () => {
	it("of a queue has a queue's defaults, is being created in its reply, and enabled in the next", async () => {
		const reply = await made({ EventSourceArn: QUEUE });
		expect(reply).toEqual({
			UUID: expect.stringMatching(/^[0-9a-f-]{36}$/),
			EventSourceMappingArn: `arn:aws:lambda:us-east-1:000000000000:event-source-mapping:${reply.UUID}`,
			EventSourceArn: QUEUE,
			FunctionArn: `${FUNCTION}one`,
			BatchSize: 10,
			MaximumBatchingWindowInSeconds: 0,
			FunctionResponseTypes: [],
			LastModified: expect.any(Number),
			State: "Creating",
			StateTransitionReason: "USER_INITIATED",
		});
		expect(await get(reply.UUID)).toEqual([200, { ...reply, State: "Enabled" }]);
	});

	it.each([
		["Kinesis", STREAM],
		["DynamoDB", TABLE],
	])("of a stream of %s has a stream's defaults", async (_, EventSourceArn) => {
		const reply = await made({ EventSourceArn, StartingPosition: "LATEST" });
		expect(reply).toMatchObject({
			BatchSize: 100,
			BisectBatchOnFunctionError: false,
			DestinationConfig: { OnFailure: {} },
			FunctionResponseTypes: [],
			LastProcessingResult: "No records processed",
			MaximumBatchingWindowInSeconds: 0,
			MaximumRecordAgeInSeconds: -1,
			MaximumRetryAttempts: -1,
			ParallelizationFactor: 1,
			StartingPosition: "LATEST",
			StateTransitionReason: "User action",
			TumblingWindowInSeconds: 0,
		});
	});

	it("of Kafka has a consumer group of its own unless one is named", async () => {
		const kafka = { SelfManagedEventSource: servers("k:1"), SourceAccessConfigurations: SECRET };
		const reply = await made({ ...kafka, Topics: ["topic"] });
		expect(reply).toMatchObject({
			BatchSize: 100,
			StartingPosition: "TRIM_HORIZON",
			Topics: ["topic"],
			SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: reply.UUID },
			SourceAccessConfigurations: SECRET,
			LastProcessingResult: "No records processed",
		});
		expect(reply).not.toHaveProperty("EventSourceArn");
		expect(reply).not.toHaveProperty("MaximumBatchingWindowInSeconds");
		const config = { SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: "mine" } };
		expect(await made({ ...kafka, ...config, Topics: ["topic_2"] })).toMatchObject(config);
		expect(await made({ EventSourceArn: MSK, Topics: ["topic"] })).toMatchObject({
			AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: expect.any(String) },
		});
	});

	it("of a broker and of DocumentDB are kept as they are given", async () => {
		const access = { SourceAccessConfigurations: SECRET };
		expect(await made({ EventSourceArn: BROKER, Queues: ["q"], ...access })).toMatchObject({ BatchSize: 100 });
		const reply = await made({
			EventSourceArn: DOCUMENTS,
			...access,
			StartingPosition: "AT_TIMESTAMP",
			StartingPositionTimestamp: 1_741_010_802,
			DocumentDBEventSourceConfig: { DatabaseName: "d" },
		});
		expect(reply.StartingPositionTimestamp).toBe(1_741_010_802);
		expect(reply.DocumentDBEventSourceConfig).toEqual({ DatabaseName: "d", FullDocument: "Default" });
	});

	it("may begin disabled, be enabled, and be disabled", async () => {
		const { UUID, State } = await made({ EventSourceArn: QUEUE, Enabled: false });
		expect(State).toBe("Disabled");
		expect((await update(UUID, { BatchSize: 5 }))[1]).toMatchObject({ State: "Updating", BatchSize: 5 });
		expect((await get(UUID))[1].State).toBe("Disabled");
		expect((await update(UUID, { Enabled: true }))[1].State).toBe("Enabling");
		expect((await get(UUID))[1]).toMatchObject({ State: "Enabled", BatchSize: 5 });
		expect((await update(UUID, { Enabled: true }))[1].State).toBe("Updating");
		expect((await update(UUID, { Enabled: false }))[1].State).toBe("Disabling");
		expect((await get(UUID))[1].State).toBe("Disabled");
	});

	it("is changed member by member; what is empty takes away", async () => {
		const pattern = { Filters: [{ Pattern: '{"a":["b"]}' }] };
		const destination = { OnFailure: { Destination: QUEUE } };
		const { UUID } = await made({ EventSourceArn: STREAM, StartingPosition: "LATEST", FilterCriteria: pattern });
		const [status, reply] = await update(UUID, { MaximumRetryAttempts: 3, DestinationConfig: destination });
		expect(status).toBe(202);
		expect(reply).toMatchObject({
			MaximumRetryAttempts: 3,
			DestinationConfig: destination,
			FilterCriteria: pattern,
			StartingPosition: "LATEST",
		});
		const [, cleared] = await update(UUID, { FilterCriteria: {}, DestinationConfig: { OnFailure: {} } });
		expect(cleared).not.toHaveProperty("FilterCriteria");
		expect(cleared.DestinationConfig).toEqual({ OnFailure: {} });
		const queue = await made({ EventSourceArn: QUEUE, ScalingConfig: { MaximumConcurrency: 2 } });
		expect(queue.ScalingConfig).toEqual({ MaximumConcurrency: 2 });
		const [, provisioned] = await update(queue.UUID, {
			ScalingConfig: {},
			ProvisionedPollerConfig: { MaximumPollers: 9 },
		});
		expect(provisioned).not.toHaveProperty("ScalingConfig");
		expect(provisioned.ProvisionedPollerConfig).toEqual({ MinimumPollers: 2, MaximumPollers: 9 });
	});

	it("moves to another function", async () => {
		const { UUID } = await made({ EventSourceArn: QUEUE });
		expect((await update(UUID, { FunctionName: "two" }))[1].FunctionArn).toBe(`${FUNCTION}two`);
		await made({ EventSourceArn: QUEUE });
		const [status, { message }] = await update(UUID, { FunctionName: "one" });
		expect([status, message]).toEqual([409, expect.stringContaining("already exists")]);
		expect(await update(UUID, { FunctionName: "nope" })).toEqual(refused("Function does not exist"));
	});

	it("is shown as it was when it is deleted, and is not there any more", async () => {
		const reply = await made({ EventSourceArn: QUEUE });
		expect(await json("DELETE", `${PATH}/${reply.UUID}`)).toEqual([202, { ...reply, State: "Deleting" }]);
		for (const [method, body] of [["GET"], ["DELETE"], ["PUT", { Enabled: true }]] as const)
			expect(await json(method, `${PATH}/${reply.UUID}`, body)).toEqual(NOT_THERE);
		await made({ EventSourceArn: QUEUE });
	});

	it("outlives its function, as the service's does", async () => {
		const { UUID } = await made({ EventSourceArn: QUEUE });
		await api.send("DELETE", "/2015-03-31/functions/one");
		expect((await get(UUID))[1]).toMatchObject({ State: "Enabled", FunctionArn: `${FUNCTION}one` });
		expect((await update(UUID, { Enabled: false }))[0]).toBe(202);
		expect((await json("DELETE", `${PATH}/${UUID}`))[0]).toBe(202);
	});

	it.each([
		["one", `${FUNCTION}one`],
		["one:$LATEST", `${FUNCTION}one:$LATEST`],
		[`${FUNCTION}one`, `${FUNCTION}one`],
		["000000000000:function:one", `${FUNCTION}one`],
	])("is for %s", async (FunctionName, expected) => {
		expect((await made({ EventSourceArn: QUEUE, FunctionName })).FunctionArn).toBe(expected);
	});

	it.each(["nope", "one:nope", "one:7"])("is not for %s", async (FunctionName) => {
		expect(await create({ EventSourceArn: QUEUE, FunctionName })).toEqual(refused("Function does not exist"));
	});

	it("has tags, which its replies do not show", async () => {
		const { UUID, EventSourceMappingArn } = await made({ EventSourceArn: QUEUE, Tags: { a: "b" } });
		const tags = `/2017-03-31/tags/${encodeURIComponent(EventSourceMappingArn)}`;
		expect(await json("GET", tags)).toEqual([200, { Tags: { a: "b" } }]);
		expect((await api.send("POST", tags, { Tags: { c: "d" } })).status).toBe(204);
		expect((await api.send("DELETE", `${tags}?tagKeys=a`)).status).toBe(204);
		expect(await json("GET", tags)).toEqual([200, { Tags: { c: "d" } }]);
		expect((await get(UUID))[1]).not.toHaveProperty("Tags");
		await api.send("DELETE", `${PATH}/${UUID}`);
		const Message = `Event source mapping not found: ${EventSourceMappingArn}`;
		expect(await json("GET", tags)).toEqual([404, { Type: "User", Message }]);
	});
});

describe("a second mapping of one source and function", () => {
	const already = (uuid: string) => `already exists. Please update or delete the existing mapping with UUID ${uuid}`;

	it.each([
		[
			"a queue",
			{ EventSourceArn: QUEUE },
			`An event source mapping with SQS arn (" ${QUEUE} ") and function (" one ")`,
		],
		[
			"a stream",
			{ EventSourceArn: STREAM, StartingPosition: "LATEST" },
			`The event source arn (" ${STREAM} ") and function (" one ") provided mapping`,
		],
		[
			"a topic",
			{ SelfManagedEventSource: servers("k:1"), SourceAccessConfigurations: SECRET, Topics: ["topic"] },
			`An event source mapping with event source ("k:1"), function ("${FUNCTION}one"), topics ("topic")`,
		],
	])("of %s is refused, and told of the first", async (_, body, beginning) => {
		const { UUID } = await made(body);
		const [status, reply] = await create(body);
		expect(status).toBe(409);
		expect(reply).toEqual({ Type: "User", message: `${beginning} ${already(UUID)}` });
		await made({ ...body, FunctionName: "two" });
		await made({ ...body, FunctionName: "one:$LATEST" });
	});

	it("of Kafka may read another topic; one common server is the same source", async () => {
		const kafka = (Topics: string[], ...names: string[]) => ({
			SelfManagedEventSource: servers(...names),
			SourceAccessConfigurations: SECRET,
			Topics,
		});
		await made(kafka(["topic"], "k:1"));
		await made(kafka(["topic_2"], "k:1"));
		await made(kafka(["topic"], "other:1"));
		const [status, { message }] = await create(kafka(["topic"], "k:1", "k:2"));
		expect(status).toBe(409);
		expect(message).toContain('event source ("k:1,k:2")');
	});

	it("is refused too where both come at once", async () => {
		const replies = await Promise.all(Array.from({ length: 5 }, () => create({ EventSourceArn: QUEUE })));
		expect(replies.map(([status]) => status).toSorted()).toEqual([202, 409, 409, 409, 409]);
		expect((await json("GET", PATH))[1].EventSourceMappings).toHaveLength(1);
	});
});

describe("changes of one mapping at once", () => {
	it("all count", async () => {
		const { UUID, EventSourceMappingArn } = await made({ EventSourceArn: STREAM, StartingPosition: "LATEST" });
		const tags = `/2017-03-31/tags/${encodeURIComponent(EventSourceMappingArn)}`;
		await Promise.all([
			update(UUID, { BatchSize: 7 }),
			api.send("POST", tags, { Tags: { a: "b" } }),
			update(UUID, { MaximumRetryAttempts: 5 }),
			api.send("POST", tags, { Tags: { c: "d" } }),
		]);
		expect((await get(UUID))[1]).toMatchObject({ BatchSize: 7, MaximumRetryAttempts: 5 });
		expect((await json("GET", tags))[1].Tags).toEqual({ a: "b", c: "d" });
	});
});

describe("a list of mappings", () => {
	it("is of a function as it was named, and of a source", async () => {
		const ids = async (query: string) => {
			const [, reply] = await json("GET", `${PATH}?${query}`);
			return reply.EventSourceMappings.map(({ UUID }: { UUID: string }) => UUID).toSorted();
		};
		const a = (await made({ EventSourceArn: QUEUE })).UUID;
		const b = (await made({ EventSourceArn: FIFO })).UUID;
		const c = (await made({ EventSourceArn: QUEUE, FunctionName: "one:$LATEST" })).UUID;
		const d = (await made({ EventSourceArn: QUEUE, FunctionName: "two" })).UUID;
		expect(await ids("")).toEqual([a, b, c, d].toSorted());
		expect(await ids("FunctionName=one")).toEqual([a, b].toSorted());
		expect(await ids(`FunctionName=${FUNCTION}two`)).toEqual([d]);
		expect(await ids("FunctionName=one:$LATEST")).toEqual([c]);
		expect(await ids(`EventSourceArn=${FIFO}`)).toEqual([b]);
		expect(await ids(`EventSourceArn=${QUEUE}&FunctionName=one`)).toEqual([a]);
		expect(await ids("FunctionName=doesnotexist")).toEqual([]);
	});

	it("has pages, of 100 at most", async () => {
		for (let n = 0; n < 103; n++)
			await made({ EventSourceArn: arn(`sqs:queue-${n}`), FunctionName: n % 2 ? "one" : "two" });
		const seen: string[] = [];
		const sizes: number[] = [];
		let marker = "";
		do {
			const [, page] = await json("GET", `${PATH}?MaxItems=10000&FunctionName=one${marker}`);
			sizes.push(page.EventSourceMappings.length);
			seen.push(...page.EventSourceMappings.map(({ UUID }: { UUID: string }) => UUID));
			marker = page.NextMarker ? `&Marker=${page.NextMarker}` : "";
		} while (marker !== "");
		expect(sizes).toEqual([51]);
		const [, first] = await json("GET", `${PATH}?MaxItems=2&FunctionName=one`);
		const [, second] = await json("GET", `${PATH}?MaxItems=2&FunctionName=one&Marker=${first.NextMarker}`);
		const four = [...first.EventSourceMappings, ...second.EventSourceMappings];
		expect(four.map(({ UUID }) => UUID)).toEqual(seen.slice(0, 4));
		const [, all] = await json("GET", `${PATH}?MaxItems=10000`);
		expect(all.EventSourceMappings).toHaveLength(100);
		expect((await json("GET", `${PATH}?Marker=${all.NextMarker}`))[1].EventSourceMappings).toHaveLength(3);
		expect(await json("GET", `${PATH}?Marker=nonsense`)).toEqual(
			refused("The marker is none that ListEventSourceMappings gave."),
		);
	});
});

describe("what a source does not take", () => {
	const NULL = (member: string) =>
		`1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null.`;

	it.each<[string, object, string]>([
		["no source", {}, "Unrecognized event source."],
		[
			"a source of no kind",
			{ EventSourceArn: arn("sns:topic") },
			`Unrecognized event source, must be kinesis, dynamodb stream or sqs. Unsupported source arn : ${arn("sns:topic")}`,
		],
		[
			"a table without its stream",
			{ EventSourceArn: arn("dynamodb:table/t") },
			`Unrecognized event source, must be kinesis, dynamodb stream or sqs. Unsupported source arn : ${arn("dynamodb:table/t")}`,
		],
		["a stream without a position", { EventSourceArn: STREAM }, NULL("startingPosition")],
		["a table without a position", { EventSourceArn: TABLE }, NULL("startingPosition")],
		[
			"a table at a time",
			{ EventSourceArn: TABLE, StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: 1_741_010_802 },
			`Unsupported starting position for arn type: ${TABLE}`,
		],
		[
			"a time that is not said",
			{ EventSourceArn: STREAM, StartingPosition: "AT_TIMESTAMP" },
			NULL("startingPositionTimestamp"),
		],
		[
			"a time to come",
			{ EventSourceArn: STREAM, StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: 99_999_999_999 },
			"StartingPositionTimestamp cannot be in the future.",
		],
		[
			"a queue with a position",
			{ EventSourceArn: QUEUE, StartingPosition: "LATEST" },
			"StartingPosition is not valid for SQS event sources.",
		],
		[
			"a large batch without a window",
			{ EventSourceArn: QUEUE, BatchSize: 11 },
			"Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
		],
		[
			"a FIFO queue with a window",
			{ EventSourceArn: FIFO, MaximumBatchingWindowInSeconds: 1 },
			"Batching window is not supported for FIFO queues",
		],
		[
			"a queue with destinations, even for a function that is not there",
			{ EventSourceArn: QUEUE, FunctionName: "nope", DestinationConfig: { OnSuccess: { Destination: QUEUE } } },
			"Unsupported DestinationConfig parameter for given event source mapping type.",
		],
		[
			"a queue with a destination for failures",
			{ EventSourceArn: QUEUE, DestinationConfig: { OnFailure: { Destination: QUEUE } } },
			"Unsupported DestinationConfig parameter for given event source mapping type.",
		],
		[
			"a destination that is none",
			{
				EventSourceArn: STREAM,
				StartingPosition: "LATEST",
				DestinationConfig: { OnFailure: { Destination: arn("iam:x") } },
			},
			`The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=${arn("iam:x")})) is invalid.`,
		],
		[
			"Kafka without access",
			{ SelfManagedEventSource: servers("k:1"), Topics: ["topic"] },
			"Required 'sourceAccessConfigurations' parameter is missing.",
		],
		["MSK without a topic", { EventSourceArn: MSK }, "Required 'topics' parameter is missing."],
		[
			"a broker without a queue",
			{ EventSourceArn: BROKER, SourceAccessConfigurations: SECRET },
			"Required 'queues' parameter is missing.",
		],
		[
			"DocumentDB without a database",
			{ EventSourceArn: DOCUMENTS, SourceAccessConfigurations: SECRET, DocumentDBEventSourceConfig: {} },
			"Required 'databaseName' parameter is missing.",
		],
		[
			"a record's age under a minute",
			{ EventSourceArn: STREAM, StartingPosition: "LATEST", MaximumRecordAgeInSeconds: 59 },
			"1 validation error detected: Value '59' at 'maximumRecordAgeInSeconds' failed to satisfy constraint: Member must have value greater than or equal to 60",
		],
		[
			"a pattern that is none",
			{ EventSourceArn: QUEUE, FilterCriteria: { Filters: [{ Pattern: '{"a":"b"}' }] } },
			"Invalid filter pattern definition.",
		],
		["no pattern", { EventSourceArn: QUEUE, FilterCriteria: { Filters: [{}] } }, "Invalid filter pattern definition."],
		[
			"more pollers at least than at most",
			{ EventSourceArn: QUEUE, ProvisionedPollerConfig: { MinimumPollers: 9, MaximumPollers: 8 } },
			"MinimumPollers must be less than or equal to MaximumPollers.",
		],
		[
			"too many tags",
			{ EventSourceArn: QUEUE, Tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, "v"])) },
			"Number of tags exceeds resource tag limit.",
		],
	])("%s", async (_, body, message) => {
		expect(await create(body)).toEqual(refused(message));
		expect((await json("GET", PATH))[1].EventSourceMappings).toEqual([]);
	});

	it.each<[string, object]>([
		["parallelizationFactor", { ParallelizationFactor: 2 }],
		["bisectBatchOnFunctionError", { BisectBatchOnFunctionError: true }],
		["maximumRetryAttempts", { MaximumRetryAttempts: 1 }],
		["tumblingWindowInSeconds", { TumblingWindowInSeconds: 1 }],
		["topics", { Topics: ["topic"] }],
		["queues", { Queues: ["q"] }],
		["sourceAccessConfigurations", { SourceAccessConfigurations: SECRET }],
		["amazonManagedKafkaEventSourceConfig", { AmazonManagedKafkaEventSourceConfig: {} }],
		["documentDBEventSourceConfig", { DocumentDBEventSourceConfig: { DatabaseName: "d" } }],
	])("a queue does not take %s, new or changed", async (member, body) => {
		expect(await create({ EventSourceArn: QUEUE, ...body })).toEqual(unsupported(member));
		const { UUID } = await made({ EventSourceArn: QUEUE });
		// What a source begins with is not to be changed: such members are none of the update's.
		if (member !== "topics" && member !== "queues") expect(await update(UUID, body)).toEqual(unsupported(member));
	});

	it("a stream does not take a queue's", async () => {
		const stream = { EventSourceArn: STREAM, StartingPosition: "LATEST" };
		expect(await create({ ...stream, ScalingConfig: { MaximumConcurrency: 2 } })).toEqual(unsupported("scalingConfig"));
		expect(await create({ ...stream, ProvisionedPollerConfig: { MinimumPollers: 2 } })).toEqual(
			unsupported("provisionedPollerConfig"),
		);
	});

	it("a changed mapping is held to the same", async () => {
		const { UUID } = await made({ EventSourceArn: QUEUE });
		const tooLarge = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10";
		expect(await update(UUID, { BatchSize: 11 })).toEqual(refused(tooLarge));
		expect((await update(UUID, { BatchSize: 11, MaximumBatchingWindowInSeconds: 1 }))[0]).toBe(202);
		expect(await update(UUID, { MaximumBatchingWindowInSeconds: 0 })).toEqual(refused(tooLarge));
		const bad = { Filters: [{ Pattern: "[]" }] };
		expect(await update(UUID, { FilterCriteria: bad })).toEqual(refused("Invalid filter pattern definition."));
		expect((await get(UUID))[1]).toMatchObject({ BatchSize: 11, MaximumBatchingWindowInSeconds: 1 });
	});

	it.each<[object, RegExp]>([
		[{ BatchSize: 0 }, /'batchSize'.*greater than or equal to 1$/],
		[{ BatchSize: 10_001 }, /'batchSize'.*less than or equal to 10000$/],
		[{ MaximumBatchingWindowInSeconds: 301 }, /less than or equal to 300$/],
		[{ ParallelizationFactor: 11 }, /less than or equal to 10$/],
		[{ MaximumRetryAttempts: -2 }, /greater than or equal to -1$/],
		[{ MaximumRecordAgeInSeconds: 604_801 }, /less than or equal to 604800$/],
		[{ TumblingWindowInSeconds: 901 }, /less than or equal to 900$/],
		[{ ScalingConfig: { MaximumConcurrency: 1 } }, /'scalingConfig.maximumConcurrency'.*greater than or equal to 2$/],
		[{ EventSourceArn: "nonsense" }, /'eventSourceArn'.*regular expression/],
		[
			{ StartingPosition: "invalid" },
			/^1 validation error detected: Value 'invalid' at 'startingPosition' failed to satisfy constraint: Member must satisfy enum value set: \[LATEST, AT_TIMESTAMP, TRIM_HORIZON\]$/,
		],
	])("and the model has its ranges: %j", async (body, message) => {
		const [status, reply] = await create({ EventSourceArn: STREAM, StartingPosition: "LATEST", ...body });
		expect(status).toBe(400);
		expect(reply.message).toMatch(message);
	});
});
