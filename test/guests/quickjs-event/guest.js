// What an event guest must do, by the event's first word; `test/conformance/languages.ts` says what is expected.

let calls = 0;

/** QuickJS has no TextDecoder. */
function decode(bytes) {
	return decodeURIComponent(Array.from(bytes, (it) => `%${it.toString(16).padStart(2, "0")}`).join(""));
}

function encode(text) {
	return Uint8Array.from(unescape(encodeURIComponent(text)), (it) => it.charCodeAt(0));
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
			throw { errorType: "Sample", errorMessage: rest, stackTrace: ["at one", "at two"] };
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
		const bytes = Uint8Array.from(event);
		const split = bytes.indexOf(32) < 0 ? bytes.length : bytes.indexOf(32);
		const word = decode(bytes.subarray(0, split));
		const rest = bytes.subarray(split + 1);
		return word === "echo" ? rest : encode(answer(word, decode(rest), context));
	},
};
