/** The log as text, as Lambda writes it (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html). */
import type { Failure } from "../engine/types.ts";
import { droppedText, type Format, type Formatter, failureObject, failureText, type Report, report } from "./format.ts";
import type { InvocationStart } from "./types.ts";

export const textFormat: Format = { invocation: formatter, note: (_time, text) => text };

function formatter(start: InvocationStart): Formatter {
	return {
		start: () => [`START RequestId: ${start.requestId} Version: ${start.version}`],
		line: (_time, _stream, text) => text,
		dropped: (_time, lines, bytes) => droppedText(lines, bytes),
		end: (time, usage, failure) => [
			...explain(start, time, failure),
			`END RequestId: ${start.requestId}`,
			reportLine(start, report(start, usage), failure),
		],
	};
}

/** Lambda's Node.js runtime logs an error that the handler gave in this form. */
function explain(start: InvocationStart, time: string, failure: Failure | null): string[] {
	if (failure === null) return [];
	if (failure.kind !== "handled") return failureText(start, time, failure);
	return [`${time}\t${start.requestId}\tERROR\tInvoke Error \t${JSON.stringify(failureObject(failure))}`];
}

function reportLine(start: InvocationStart, figures: Report, failure: Failure | null): string {
	const fields = [
		`REPORT RequestId: ${start.requestId}`,
		`Duration: ${figures.durationMs.toFixed(2)} ms`,
		`Billed Duration: ${figures.billedDurationMs} ms`,
		`Memory Size: ${figures.memorySizeMB} MB`,
		`Max Memory Used: ${figures.maxMemoryUsedMB} MB`,
		...(figures.initDurationMs === null ? [] : [`Init Duration: ${figures.initDurationMs.toFixed(2)} ms`]),
		`Fuel Used: ${figures.fuelUsed}`,
	];
	// Lambda ends every field with a tab, and the status, which comes last, with none.
	return `${fields.join("\t")}\t${status(failure)}`;
}

/** An error that the handler gave is a regular end for REPORT. */
function status(failure: Failure | null): string {
	if (failure === null || failure.kind === "handled") return "";
	if (failure.kind === "timeout") return "Status: timeout";
	return `Status: error\tError Type: ${failure.errorType.slice(0, 256).replace(/[\t\r\n]+/g, " ")}`;
}
