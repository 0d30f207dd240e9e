/** Writes `docs/reference/api.md` from the tables that the API runs by: `node scripts/generate-reference.ts`. */
import { writeFileSync } from "node:fs";
import { SERVED } from "../host/api/model/served.ts";
import { OPERATIONS } from "../host/api/operations.ts";
import { UNSERVED_MEMBERS } from "../host/api/settings.ts";
import { ERRORS } from "../host/errors.ts";

const FILE = new URL("../docs/reference/api.md", import.meta.url);

/** The page's text. */
export function apiReference(): string {
	const served = new Set<string>(SERVED);
	const rows = OPERATIONS.map((route) => {
		const query = "query" in route ? `?${route.query.join("=")}` : "";
		return `| ${route.name} | \`${route.method} ${route.path}${query}\` | ${served.has(route.name) ? `yes, ${route.status}` : "501"} |`;
	});
	const errors = Object.entries(ERRORS)
		.toSorted(([a], [b]) => (a < b ? -1 : 1))
		.map(([name, status]) => `| ${name} | ${status} |`);
	return `# The Lambda API
Set the endpoint URL and nothing else: \`AWS_ENDPOINT_URL_LAMBDA=http://127.0.0.1:9000\` for AWS's command line and boto3, \`endpoint\`
for the SDKs. Any credentials will do. (This page is generated: \`node scripts/generate-reference.ts\`.)

## Operations
${served.size} of ${OPERATIONS.length} operations of AWS's service model are served; the others answer 501 \`NotImplementedException\` with their name.

| operation | request | served |
|---|---|---|
${rows.join("\n")}

## What is different here
- **Runtimes.** Any name that AWS takes, and \`provided.wasi\`: what runs is WebAssembly. A zip without a .wasm is refused, whatever its runtime.
- **Code.** \`ZipFile\` is a .wasm, or a zip that holds one. 50 MB at most, 250 MB unzipped. \`GetFunction\` has no \`Code.Location\`.
- **\`FuelLimit\`** in CreateFunction and UpdateFunctionConfiguration: fuel units that an invocation may use, from 1; null is no limit. No reply has it.
- **\`Isolation\`** in the same two: \`reuse\` (default) or \`request\`, after which nothing of an invocation is left for the next. No reply has it.
  \`TenancyConfig\` and \`TenantId\` are AWS's. [Snapshots and isolation](../guides/snapshots.md).
- **\`SnapStart\`**: \`ApplyOn\` is what was asked for, \`OptimizationStatus\` what is so. Initialisation runs once a version and instances start from its snapshot, \`$LATEST\`'s too: \`On\`,
  where AWS has \`Off\` unless it was asked for. \`ApplyOn: None\` turns it off; leaving \`SnapStart\` out does not.
- **States.** A change is done when it is acknowledged. The reply says \`Pending\` or \`InProgress\`, as AWS's does; the next one \`Active\`, with another \`RevisionId\`, as there.
- **Versions** are initialised when they are published, each by itself. A publication, a tag or a policy is a new \`RevisionId\` of \`$LATEST\`, and leaves its instances running.
- **Destinations** of asynchronous invocations are functions of this host. Queues, topics, buses and buckets are taken as settings; what they would get is kept as dead letters ([Invocation](../guides/invocation.md)).
- **Concurrency.** Reserved concurrency is kept and enforced over all workers. Provisioned concurrency keeps so many instances ready in the function's home; its environment still says \`on-demand\`, and other invocations may use its instances. A function's requests per second are not limited.
- **Event source mappings** are kept, checked and shown as AWS does; \`State\` says whether one is switched on. Nothing reads the sources yet, and whether a queue or stream is there is not
  asked. A mapping outlives its function, as at AWS.
- **Runtime management**: there is one runtime version, the host's own. \`Manual\` takes its ARN and no other. **Scaling configs** are kept, and shown as requested; none is applied.
- **An empty body** of Invoke is \`{}\` for the function.
- **Payloads** may have 6 MB (6,291,456 bytes), those of \`InvocationType: Event\` 1 MB (1,048,576 bytes).
- **\`MemorySize\`** 128 to 32,768 MB, which is all of the model's range. An instance can have 4,096 MB of it (a 32-bit memory), and no more than \`PILOT_MEMORY_BUDGET\`: \`pilot inspect\` and the page show how much. **\`Timeout\`** 1 to 900 s.
- **Refused unless empty:** ${UNSERVED_MEMBERS.map((name) => `\`${name}\``).join(", ")}; in Invoke \`DurableExecutionName\`.

## Errors
An error has its name in the header \`X-Amzn-ErrorType\`, and a body with \`Message\` or \`message\`, as AWS's model has it for that error.

| error | status |
|---|---|
${errors.join("\n")}
`;
}

if (import.meta.main) writeFileSync(FILE, apiReference());
