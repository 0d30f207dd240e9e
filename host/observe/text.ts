/** The log as text, as Lambda writes it (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html). */
import type { Failure, Usage } from "../engine/types.ts";
import { droppedText, type Format, type Formatter, failureObject, failureText, type Report, report } from "./format.ts";
import type { InvocationStart } from "./types.ts";

export const textFormat: Format = { invocation: (start) => new TextFormatter(start), note: (_time, text) => text };

class TextFormatter implements Formatter {
	private readonly invocation: InvocationStart;

	constructor(invocation: InvocationStart) {
		this.invocation = invocation;
	}

	start(): string[] {
		return [`START RequestId: ${this.invocation.requestId} Version: ${this.invocation.version}`];
	}

	line(_time: string, _stream: 1 | 2, text: string): string {
		return text;
	}

	dropped(_time: string, lines: number, bytes: number): string {
		return droppedText(lines, bytes);
	}

	end(time: string, usage: Usage, failure: Failure | null): string[] {
		const end = `END RequestId: ${this.invocation.requestId}`;
		const last = reportLine(this.invocation, report(this.invocation, usage), failure);
		return failure === null ? [end, last] : [...explain(this.invocation, time, failure), end, last];
	}
}

/** Lambda's Node.js runtime logs an error that the handler gave in this form. */
function explain(start: InvocationStart, time: string, failure: Failure): string[] {
	if (failure.kind !== "handled") return failureText(start, time, failure);
	return [`${time}\t${start.requestId}\tERROR\tInvoke Error \t${JSON.stringify(failureObject(failure))}`];
}

function reportLine(start: InvocationStart, figures: Report, failure: Failure | null): string {
	const init = figures.initDurationMs === null ? "" : `Init Duration: ${decimals(figures.initDurationMs, 2)} ms\t`;
	// Lambda ends every field with a tab, and the status, which comes last, with none.
	return (
		`REPORT RequestId: ${start.requestId}\tDuration: ${decimals(figures.durationMs, 2)} ms\t` +
		`Billed Duration: ${figures.billedDurationMs} ms\tMemory Size: ${figures.memorySizeMB} MB\t` +
		`Max Memory Used: ${figures.maxMemoryUsedMB} MB\t${init}` +
		`CPU Time: ${decimals(figures.cpuTimeMs, 3)} ms\tFuel Used: ${figures.fuelUsed}\t${status(failure)}`
	);
}

/** As `toFixed`, which takes longer than all the rest of the line, of a number that is rounded to as many decimals. */
function decimals(value: number, digits: 2 | 3): string {
	const factor = digits === 2 ? 100 : 1000;
	const units = Math.round(value * factor);
	const fraction = units % factor;
	const whole = (units - fraction) / factor;
	return `${whole}.${digits === 3 && fraction < 100 ? "0" : ""}${fraction < 10 ? "0" : ""}${fraction}`;
}

/** An error that the handler gave is a regular end for REPORT. */
function status(failure: Failure | null): string {
	if (failure === null || failure.kind === "handled") return "";
	if (failure.kind === "timeout") return "Status: timeout";
	return `Status: error\tError Type: ${failure.errorType.slice(0, 256).replace(/[\t\r\n]+/g, " ")}`;
}
