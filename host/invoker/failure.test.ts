import { describe, expect, it } from "vitest";
import type { Failure, FailureKind } from "../engine/types.ts";
import { describeFailure, errorPayload, newFailure } from "./failure.ts";

const context = { requestId: "8f5b", timeoutMs: 3000, memoryMb: 128, fuel: 1000 };

function read(kind: FailureKind, errorMessage = "", more: Partial<Failure> = {}): unknown {
	const failure = describeFailure({ ...newFailure(kind, errorMessage), ...more }, context);
	return JSON.parse(Buffer.from(errorPayload(failure)).toString());
}

describe("Lambda's error object", () => {
	it("of a timeout names the limit with two decimals", () => {
		expect(read("timeout")).toEqual({
			errorType: "Sandbox.Timedout",
			errorMessage: "RequestId: 8f5b Error: Task timed out after 3.00 seconds",
		});
	});

	it("of an exit has the exit status", () => {
		expect(read("exit", "exit status 1")).toEqual({
			errorType: "Runtime.ExitError",
			errorMessage: "RequestId: 8f5b Error: Runtime exited with error: exit status 1",
		});
	});

	it("of a crash has the trap's words", () => {
		expect(read("crash", "unreachable")).toEqual({
			errorType: "Runtime.ExitError",
			errorMessage: "RequestId: 8f5b Error: Runtime exited with error: unreachable",
		});
	});

	it("of a crash has the guest's frames, if the engine has any", () => {
		expect(read("crash", "unreachable", { stackTrace: ["at run (f0)"] })).toMatchObject({
			stackTrace: ["at run (f0)"],
		});
		expect(read("crash", "unreachable")).not.toHaveProperty("stackTrace");
	});

	it("does not say twice that the runtime exited", () => {
		expect(read("exit", "Runtime exited with error: exit status 2")).toMatchObject({
			errorMessage: "RequestId: 8f5b Error: Runtime exited with error: exit status 2",
		});
		expect(read("exit")).toMatchObject({
			errorMessage: "RequestId: 8f5b Error: Runtime exited without providing a reason",
		});
	});

	it("of a reported error is the guest's own, with its stack trace", () => {
		expect(read("handled", "no such order", { errorType: "NotFound", stackTrace: ["a", "b"] })).toEqual({
			errorMessage: "no such order",
			errorType: "NotFound",
			stackTrace: ["a", "b"],
		});
	});

	it("of a fuel limit names the limit", () => {
		expect(read("fuel")).toEqual({
			errorType: "Pilot.FuelExhausted",
			errorMessage: "RequestId: 8f5b Error: Task used up its fuel: the limit is 1000 units",
		});
	});

	it("of a memory limit names the limit and what the engine saw", () => {
		for (const words of ["unreachable", "out of memory (unreachable)"]) {
			expect(read("memory", words)).toEqual({
				errorType: "Runtime.OutOfMemory",
				errorMessage: "RequestId: 8f5b Error: Task ran out of memory: the limit is 128 MB (unreachable)",
			});
		}
	});

	it("of a failed initialisation says so", () => {
		expect(read("init", "unreachable")).toMatchObject({
			errorType: "Runtime.InitError",
			errorMessage: "RequestId: 8f5b Error: Runtime failed to initialise (unreachable)",
		});
	});

	it("of an answer that is too large names Lambda's limit", () => {
		expect(read("response-too-large")).toEqual({
			errorType: "Function.ResponseSizeTooLarge",
			errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
		});
	});

	it("of a caller that went away is the host's own", () => {
		expect(read("cancelled")).toMatchObject({ errorType: "Pilot.Cancelled" });
	});

	it("of a reported error has a stack trace even if it is empty", () => {
		expect(read("handled", "no", { errorType: "E" })).toEqual({ errorMessage: "no", errorType: "E", stackTrace: [] });
	});

	it("never takes a type or a stack from a failure that neither the guest reported nor a trap left", () => {
		expect(read("crash", "words", { errorType: "Mine" })).toMatchObject({ errorType: "Runtime.ExitError" });
		for (const kind of ["exit", "timeout", "fuel", "memory", "init", "cancelled"] as const) {
			const error = read(kind, "words", { errorType: "Mine", stackTrace: ["/host/path"] });
			expect(error).not.toHaveProperty("stackTrace");
			expect(error).not.toMatchObject({ errorType: "Mine" });
		}
	});
});
