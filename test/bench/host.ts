/** The host with the guests to be measured. `host.ts PORT FOLDER NAME=FILE…`; prints `ready`. */
import { readFileSync } from "node:fs";
import { loadConfig } from "../../host/config.ts";
import { startHost } from "../../host/main.ts";

const [port, data, ...guests] = process.argv.slice(2) as [string, string, ...string[]];
const host = await startHost(loadConfig({ port, urlPort: 0, data }, {}));
for (const guest of guests) {
	const [name, file] = guest.split("=") as [string, string];
	const ZipFile = readFileSync(file).toString("base64");
	const Role = "arn:aws:iam::000000000000:role/bench";
	await call("POST", "/2015-03-31/functions", {
		FunctionName: name,
		Runtime: "provided.wasi",
		Handler: "h",
		Role,
		Code: { ZipFile },
	});
	await call("POST", `/2021-10-31/functions/${name}/url`, { AuthType: "NONE" });
}
console.log("ready");
process.on("SIGTERM", () => void host.close().then(() => process.exit(0)));

async function call(method: string, path: string, body: object): Promise<void> {
	const response = await fetch(host.apiUrl + path, { method, body: JSON.stringify(body) });
	if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}
