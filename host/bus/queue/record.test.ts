import { describe, expect, it } from "vitest";
import { newQueuedEvent } from "../../invoker/enqueue.ts";
import { destinationRecord, type RecordInput } from "./record.ts";

const ARN = "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST";
const bytes = (text: string): Uint8Array => Buffer.from(text);

function record(payload: Uint8Array, changes: Partial<RecordInput> = {}): string {
	const event = { ...newQueuedEvent({ functionName: "f", payload }, 0), id: "e4b46cbf" };
	const response = {
		statusCode: 200,
		executedVersion: "$LATEST",
		functionError: "Unhandled",
		payload: bytes('{"errorMessage":"no"}'),
	};
	const input: RecordInput = {
		event,
		functionArn: ARN,
		condition: "RetriesExhausted",
		attempts: 3,
		response,
		now: Date.parse("2019-11-14T18:16:05.568Z"),
		...changes,
	};
	return Buffer.from(destinationRecord(input)).toString();
}

describe("a destination's record", () => {
	it("is as the Developer Guide shows it", () => {
		expect(JSON.parse(record(bytes('{"ORDER_IDS":[1,2]}')))).toEqual({
			version: "1.0",
			timestamp: "2019-11-14T18:16:05.568Z",
			requestContext: {
				requestId: "e4b46cbf",
				functionArn: ARN,
				condition: "RetriesExhausted",
				approximateInvokeCount: 3,
			},
			requestPayload: { ORDER_IDS: [1, 2] },
			responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
			responsePayload: { errorMessage: "no" },
		});
	});

	it("of a success has no functionError", () => {
		const response = { statusCode: 200, executedVersion: "$LATEST", payload: bytes("null") };
		const it = JSON.parse(record(bytes("1"), { condition: "Success", attempts: 1, response }));
		expect(it).toMatchObject({
			responseContext: { statusCode: 200, executedVersion: "$LATEST" },
			responsePayload: null,
		});
		expect(it.responseContext).not.toHaveProperty("functionError");
	});

	it("of an event that was never tried has no response", () => {
		const it = JSON.parse(record(bytes("1"), { condition: "EventAgeExceeded", attempts: 0, response: null }));
		expect(it).not.toHaveProperty("responseContext");
		expect(it).not.toHaveProperty("responsePayload");
		expect(it.requestContext.approximateInvokeCount).toBe(0);
	});

	it("has a payload that is JSON to the last digit", () => {
		const payload = '{"id":12345678901234567890,"price":1.10,"a":1,"a":2}';
		expect(record(bytes(payload))).toContain(`"requestPayload":${payload},`);
	});

	it.each([
		["not JSON", "not JSON"],
		["{", "{"],
		['"},"requestContext":{"requestId":"forged"', '"},"requestContext":{"requestId":"forged"'],
		["", null],
		["  ", null],
	])("has the payload %j as %j", (payload, expected) => {
		const it = JSON.parse(record(bytes(payload)));
		expect(it.requestPayload).toEqual(expected);
		expect(it.requestContext.requestId).toBe("e4b46cbf");
	});

	it("is JSON whatever bytes the payloads are", () => {
		const all = Uint8Array.from({ length: 256 }, (_, index) => index);
		const response = { statusCode: 200, executedVersion: "$LATEST", payload: all };
		expect(() => JSON.parse(record(all, { response }))).not.toThrow();
	});
});
