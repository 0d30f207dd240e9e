/** Ten thousand functions made by AWS's SDK: does the last thousand take longer than the first, and does anybody notice them? */
import { join } from "node:path";
import { CreateFunctionCommand, LambdaClient, paginateListFunctions } from "@aws-sdk/client-lambda";
import { guest } from "../../support/guests.ts";
import { absolute, median, relative, show } from "../figures.ts";
import { rounds } from "../interleave.ts";
import { call } from "../servers/call.ts";
import { type PilotHost, startPilot } from "../servers/pilot.ts";
import { each } from "../servers/request.ts";
import type { Bench, Finding, Row } from "../types.ts";

const COUNT = 10_000;
const QUICK_COUNT = 500;
/** Created at once. */
const AT_ONCE = 4;
const INVOCATIONS = 300;

export const apiFunctions: Row = {
	name: "api-functions",
	title: "10,000 functions through the API",
	async run(bench) {
		const count = bench.quick ? QUICK_COUNT : COUNT;
		const label = `${count.toLocaleString("en-US")} functions by the SDK`;
		const data = join(bench.folder, "api-many");
		const first = await startPilot({ data, core: null });
		const made = await createAll(bench, first, count);
		const listed = await listAll(first);
		if (listed.count !== count) throw new Error(`${listed.count} functions were listed, of ${count}`);
		await first.stop();
		const many = await startPilot({ data });
		const one = await startPilot({ data: join(bench.folder, "api-one") });
		try {
			await createAll(bench, one, 1);
			const subjects = [one, many];
			const name = (it: PilotHost) => `Invoke with ${it === one ? "one function" : label}`;
			const results = await rounds(bench, subjects, name, invokeMedian);
			const [alone, among] = subjects.map((it) => median(results.get(it)!)) as [number, number];
			const start: Finding = absolute(`${label}: started again`, many.startMs / 1000, " s", { atMost: 2 });
			return {
				findings: [
					relative(
						`${label}: the last tenth created, each`,
						made.last,
						" ms",
						{ name: "the first tenth", value: made.first },
						{ atMost: 1.5 },
					),
					start,
					relative(`${label}: p50 of Invoke`, among, " ms", { name: "with one", value: alone }, { atMost: 1.3 }),
				],
				details: [
					{
						caption: `${AT_ONCE} creations at once.`,
						header: ["created, s", "first tenth, ms each", "last tenth, ms each", "all listed, s", "pages"],
						rows: [[show(made.seconds), show(made.first), show(made.last), show(listed.seconds), listed.pages]],
					},
				],
			};
		} finally {
			await one.stop();
			await many.stop();
		}
	},
};

const clientOf = (host: PilotHost) =>
	new LambdaClient({
		endpoint: host.apiUrl,
		region: "us-east-1",
		credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
		maxAttempts: 1,
	});

/** Functions `f0`, `f1`, …; ms that one of the first tenth took on the whole, and one of the last. */
async function createAll(bench: Bench, host: PilotHost, count: number) {
	const client = clientOf(host);
	const ZipFile = await guest("echo");
	const Role = "arn:aws:iam::000000000000:role/bench";
	const tenth = Math.ceil(count / 10);
	const ended: number[] = [];
	const started = performance.now();
	await each(
		Array.from({ length: count }, (_, n) => `f${n}`),
		AT_ONCE,
		async (FunctionName, n) => {
			if (n % 200 === 0) bench.progress(`created ${n} of ${count}`);
			const settings = { FunctionName, Role, Runtime: "provided.al2023", Handler: "h", Code: { ZipFile } } as const;
			await client.send(new CreateFunctionCommand(settings));
			ended.push(performance.now());
		},
	);
	client.destroy();
	const at = (n: number): number => (n < 0 ? started : ended[n]!);
	return {
		seconds: (ended.at(-1)! - started) / 1000,
		first: (at(tenth - 1) - started) / tenth,
		last: (at(count - 1) - at(count - 1 - tenth)) / tenth,
	};
}

async function listAll(host: PilotHost): Promise<{ count: number; pages: number; seconds: number }> {
	const client = clientOf(host);
	const started = performance.now();
	let [count, pages] = [0, 0];
	for await (const page of paginateListFunctions({ client }, {})) {
		count += page.Functions!.length;
		pages++;
	}
	client.destroy();
	return { count, pages, seconds: (performance.now() - started) / 1000 };
}

/** One caller of one function. */
async function invokeMedian(host: PilotHost): Promise<number> {
	const path = "/2015-03-31/functions/f0/invocations";
	const times: number[] = [];
	for (let n = 0; n < INVOCATIONS; n++)
		times.push((await call({ port: host.port, method: "POST", path, body: '{"key":"value"}' })).ms);
	return median(times);
}
