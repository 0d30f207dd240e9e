/** What is checked of a claim before its signature: scope and time. Messages are AWS's. */
import { ServiceError } from "../../errors.ts";
import { basicTime, type Claim, msOf } from "./claim.ts";

/** How far a caller's clock may be off, minutes. */
const SKEW_MINUTES = 15;
const MINUTE_MS = 60_000;

export const REGION = /^(?:eusc-)?[a-z]{2}(?:-[a-z]+)+-\d$/;

/** Throws InvalidSignatureException. */
export function checkScope({ date, region, service, terminator, time }: Claim): void {
	const faults: string[] = [];
	if (terminator !== "aws4_request")
		faults.push(`Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'.`);
	if (service !== "lambda") faults.push("Credential should be scoped to correct service: 'lambda'. ");
	if (!REGION.test(region)) faults.push("Credential should be scoped to a valid region. ");
	if (date !== time.slice(0, 8))
		faults.push(
			`Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${time.slice(0, 8)}', from '${time}'.`,
		);
	if (faults.length > 0) throw invalid(faults.join(" "));
}

/** Throws InvalidSignatureException for a signature of another time than now (ms since the epoch). */
export function checkTime({ time, expiresSeconds }: Claim, now: number): void {
	const signed = msOf(time);
	const late = now + SKEW_MINUTES * MINUTE_MS;
	if (signed > late)
		throw invalid(
			`Signature not yet current: ${time} is still later than ${basicTime(late)} (${basicTime(now)} + ${SKEW_MINUTES} min.)`,
		);
	const minutes = expiresSeconds === null ? SKEW_MINUTES : expiresSeconds / 60;
	const early = now - minutes * MINUTE_MS;
	// Times are told to the second.
	if (signed < Math.floor(early / 1000) * 1000)
		throw invalid(
			`Signature expired: ${time} is now earlier than ${basicTime(early)} (${basicTime(now)} - ${Math.ceil(minutes)} min.)`,
		);
}

function invalid(message: string): ServiceError {
	return new ServiceError("InvalidSignatureException", message);
}
