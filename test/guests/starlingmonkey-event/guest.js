// What an event guest must do, by the event's first word; `test/conformance/languages.ts` says what is expected.

let calls = 0;

/** What the world's `result` makes an error of. */
class Failure extends Error {
	constructor(message) {
		super(message);
		this.payload = { errorType: "Sample", errorMessage: message, stackTrace: ["at one", "at two"] };
	}
}

function describe(it) {
	const options = [it.clientContext, it.tenantId, it.traceId];
	return [
		it.requestId,
		it.functionName,
		it.functionVersion,
		it.invokedFunctionArn,
		it.memoryLimitInMb,
		it.deadlineMs > 1_600_000_000_000n,
		it.logGroupName,
		it.logStreamName,
		...options.map((text) => text ?? "-"),
	].join("\n");
}

function answer(word, rest, context) {
	switch (word) {
		case "context":
			return describe(context);
		case "fail":
			throw new Failure(rest);
		case "trap":
			throw new Error("as asked");
		case "count":
			return String(calls);
		case "say":
			console.log(`out ${rest}`);
			console.error(`err ${rest}`);
			return "said";
		default:
			return "?";
	}
}

export const handler = {
	handle(event, context) {
		calls++;
		const split = event.indexOf(32) < 0 ? event.length : event.indexOf(32);
		const word = new TextDecoder().decode(event.subarray(0, split));
		const rest = event.subarray(split + 1);
		if (word === "echo") return rest;
		return new TextEncoder().encode(answer(word, new TextDecoder().decode(rest), context));
	},
};
