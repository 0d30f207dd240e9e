/** What the recordings must have asked, step by step, and the comparison of this host's replies with the recorded ones. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acceptanceData } from "../../support/acceptance.ts";
import { codeOf, openTestApi, type TestApi, wasm } from "../../support/api.ts";
import { asRecorded, Comparison, type RecordedReply, readRecordings } from "./compare.ts";

export const ACCOUNT = "111111111111";
export const ARN = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:`;
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/lambda`;
export const F = "/2015-03-31/functions";

export type Request = [method: string, path: string, body?: object];
/** A request and its reply's place in the recordings; without a step its reply is not looked at, but must be a good one. */
export type Step = [step: string | null, ...Request] | [step: string | null, (seen: Seen) => Request];
/** Replies so far, by step, and `last` of those without: what later requests take from them. */
export type Seen = Record<string, Record<string, unknown>>;
/** Steps by case. */
export type Cases = Record<string, Step[]>;

export const encode = encodeURIComponent;
export const definition = (FunctionName: string, members: object = {}) => ({
	FunctionName,
	Role: ROLE,
	Runtime: "python3.12",
	Handler: "index.handler",
	Code: codeOf(wasm("one")),
	...members,
});
export const create = (name: string, members: object = {}): Request => ["POST", F, definition(name, members)];
/** As the recordings' own helper makes functions. */
export const helper = (name: string, members: object = {}): Request =>
	create(name, { Handler: "handler.handler", Timeout: 30, Environment: { Variables: {} }, ...members });
export const get = (name: string, rest = ""): Request => ["GET", `${F}/${encode(name)}${rest}`];
export const code = (name: string, members: object = {}): Request => [
	"PUT",
	`${F}/${name}/code`,
	{ ...codeOf(wasm("two")), ...members },
];
export const configure = (name: string, members: object): Request => ["PUT", `${F}/${name}/configuration`, members];
export const url = (method: string, name: string, qualifier = "", body?: object): Request => [
	method,
	`/2021-10-31/functions/${encode(name)}/url${qualifier && `?Qualifier=${encode(qualifier)}`}`,
	body ?? (method === "POST" || method === "PUT" ? { AuthType: "NONE" } : undefined),
];
export const events = (method: string, name: string, body?: object, qualifier = ""): Request => [
	method,
	`/2019-09-25/functions/${encode(name)}/event-invoke-config${qualifier && `?Qualifier=${encode(qualifier)}`}`,
	body,
];
export const put = (body: object, name = "fn", qualifier = ""): Request => events("PUT", name, body, qualifier);
export const tags = (arn: string): Request => ["GET", `/2017-03-31/tags/${encode(arn)}`];
export const tag = (arn: string, Tags: object): Request => ["POST", `/2017-03-31/tags/${encode(arn)}`, { Tags }];
export const untag = (arn: string, ...keys: string[]): Request => [
	"DELETE",
	`/2017-03-31/tags/${encode(arn)}?${keys.map((key) => `tagKeys=${key}`).join("&")}`,
];
export const publish = (name: string, members: object = {}): Request => ["POST", `${F}/${name}/versions`, members];
export const alias = (method: string, name: string, alias = "", body?: object): Request => [
	method,
	`${F}/${encode(name)}/aliases${alias && `/${alias}`}`,
	body,
];
export const numbered = (from: number, to: number) =>
	Object.fromEntries(Array.from({ length: to - from }, (_, n) => [`${from + n}_key`, `${from + n}_value`]));
export const retries = { MaximumRetryAttempts: 1 };
export const to = (which: "OnSuccess" | "OnFailure", Destination: string) => ({
	DestinationConfig: { [which]: { Destination } },
});
export const other = (region: string, account: string) => `arn:aws:lambda:${region}:${account}:function:fn`;

/**
 * Where this host differs, and why: its updates are done when they are acknowledged; its model of what can be tagged is a
 * newer one; it takes a snapshot of every function, and says so.
 */
export function asHere(step: string, reply: RecordedReply): RecordedReply {
	const text = JSON.stringify(reply)
		.replaceAll('"OptimizationStatus":"Off"', '"OptimizationStatus":"On"')
		.replace(/\|layer:\(\[a-zA-Z0-9-_\]\+\)/, "")
		.replace("|capacity-provider:[a-zA-Z0-9-_]+)", "|(capacity-provider|network-connector):[a-zA-Z0-9-_]{1,64})");
	if (!DONE_AT_ONCE.has(step)) return JSON.parse(text);
	return JSON.parse(
		text
			.replace('"State":"Pending",', '"State":"Active","LastUpdateStatus":"Successful",')
			.replace(/"StateReason(Code)?":"[^"]*",/g, "")
			.replace('"LastUpdateStatus":"InProgress"', '"LastUpdateStatus":"Successful"')
			.replace(/"LastUpdateStatusReason(Code)?":"[^"]*",/g, "")
			// Another state is another revision.
			.replaceAll(/"RevisionId":"<uuid:\d+>"/g, `"RevisionId":"<uuid-${step}>"`),
	);
}

/** Asked for while the service was still at work. */
const DONE_AT_ONCE: ReadonlySet<string> = new Set(["get-function-response-updated"]);

export const folder = acceptanceData("aws-lambda-recordings");

/**
 * Replays the cases of a file. `leftOut`: what is not replayed, `CASE STEP` or `CASE`, with the reason; all else of the file
 * must be.
 */
export function replay(file: string, cases: Cases, leftOut: Readonly<Record<string, string>> = {}): void {
	describe.skipIf(!folder)(`recorded replies of AWS Lambda: ${file}`, () => {
		let api: TestApi;
		beforeEach(async () => {
			api = await openTestApi({ account: ACCOUNT });
		});
		afterEach(async () => {
			expect(api.faults).toEqual([]);
			await api.close();
		});

		it.each(Object.keys(cases))("%s", async (name) => {
			const recordings = readRecordings(`${folder}/${file}`).filter((recording) => recording.case === name);
			const comparison = new Comparison();
			const seen: Seen = {};
			for (const [step, first, path, body] of cases[name]!) {
				const request: Request = typeof first === "function" ? first(seen) : [first, path!, body];
				const response = await api.send(...request);
				if (step === null) {
					expect(response.ok, `${request[0]} ${request[1]}`).toBe(true);
					// Only what makes something has what a later request needs.
					if (request[0] === "POST") seen.last = await asRecorded(response);
					continue;
				}
				const recorded = recordings.find((recording) => recording.step === step)!.reply as RecordedReply;
				const actual = await asRecorded(response);
				seen[step] = actual;
				expect(comparison.differences(asHere(step, recorded), actual), `${step}\n${JSON.stringify(actual)}`).toEqual(
					[],
				);
			}
		});

		it("is replayed whole, but for what is listed", () => {
			const replayed = new Set(
				Object.entries(cases).flatMap(([name, steps]) => steps.map(([step]) => `${name} ${step}`)),
			);
			const missing = readRecordings(`${folder}/${file}`)
				.map((it) => ({ name: it.case, place: `${it.case} ${it.step}` }))
				.filter(({ name, place }) => !replayed.has(place) && !(name in leftOut) && !(place in leftOut));
			expect(missing.map(({ place }) => place)).toEqual([]);
		});
	});
}
