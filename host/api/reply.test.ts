import { describe, expect, it } from "vitest";
import { loadReplyModel } from "../../test/clients/model.ts";
import { ERRORS, type ErrorName, ServiceError } from "../errors.ts";
import { errorResponse, replyResponse } from "./reply.ts";

describe("a reply", () => {
	it("is JSON with the operation's status and the call's id", async () => {
		const response = replyResponse({ body: { A: 1 } }, 201, "id-1");
		expect(response.status).toBe(201);
		expect(Object.fromEntries(response.headers)).toEqual({
			"content-type": "application/json",
			"x-amzn-requestid": "id-1",
		});
		expect(await response.text()).toBe('{"A":1}');
	});

	it("has dates as seconds, at any depth", async () => {
		const at = new Date(1_700_000_000_123);
		const response = replyResponse({ body: { At: at, List: [{ At: at }] } }, 200, "id");
		expect(await response.json()).toEqual({ At: 1_700_000_000.123, List: [{ At: 1_700_000_000.123 }] });
	});

	it("is bytes as they are", async () => {
		const bytes = Uint8Array.of(0, 255, 10);
		const response = replyResponse(
			{ bytes, headers: { "X-Amz-Executed-Version": "$LATEST" }, requestId: "own" },
			200,
			"id",
		);
		expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
		expect(response.headers.get("x-amzn-requestid")).toBe("own");
		expect(response.headers.get("x-amz-executed-version")).toBe("$LATEST");
	});

	it("is nothing at all with 204", async () => {
		const response = replyResponse({}, 204, "id");
		expect(response.status).toBe(204);
		expect(await response.text()).toBe("");
		expect(response.headers.get("content-type")).toBeNull();
	});
});

describe("an error", () => {
	it("has its name in a header, its message and its kind in the body", async () => {
		const error = new ServiceError("ResourceNotFoundException", "Function not found: x");
		const response = errorResponse(error, "id-1");
		expect(response.status).toBe(404);
		expect(response.headers.get("x-amzn-errortype")).toBe("ResourceNotFoundException");
		expect(response.headers.get("x-amzn-requestid")).toBe("id-1");
		expect(await response.json()).toEqual({ Type: "User", Message: "Function not found: x" });
	});

	it("has no kind if it is a ValidationException", async () => {
		const response = errorResponse(new ServiceError("ValidationException", "1 validation error"), "id");
		expect(await response.json()).toEqual({ message: "1 validation error" });
	});

	it("has further members, and when to try again in a header", async () => {
		const members = { Reason: "ConcurrentInvocationLimitExceeded", retryAfterSeconds: "1" };
		const response = errorResponse(new ServiceError("TooManyRequestsException", "Rate Exceeded.", members), "id");
		expect(response.status).toBe(429);
		expect(response.headers.get("retry-after")).toBe("1");
		expect(await response.json()).toEqual({
			Reason: "ConcurrentInvocationLimitExceeded",
			Type: "User",
			message: "Rate Exceeded.",
		});
	});

	it("has a null message where the service gives none", async () => {
		const response = errorResponse(new ServiceError("AccessDeniedException", ""), "id");
		expect(response.status).toBe(403);
		expect(await response.json()).toEqual({ Message: null });
	});

	const model = loadReplyModel();
	it.skipIf(!model)("writes every error of the table as AWS's model has it", async () => {
		for (const name of Object.keys(ERRORS) as ErrorName[]) {
			const response = errorResponse(new ServiceError(name, "why"), "id");
			const body = await response.text();
			expect(model!.errorFaults(name, response.status, body), `${name} ${body}`).toEqual([]);
		}
	});
});
