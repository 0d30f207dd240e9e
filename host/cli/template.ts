/** What `pilot new` writes, by language. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

type Template = (name: string, folder: string) => Record<string, string>;

export const templates = { ts: typescript } satisfies Record<string, Template>;

const SDK = fileURLToPath(new URL("../../sdk/typescript", import.meta.url));

function typescript(name: string, folder: string): Record<string, string> {
	return {
		"index.ts": `import type { APIGatewayProxyEventV2, Context, Handler } from "@pilotlight/sdk";

export const handler: Handler<Partial<APIGatewayProxyEventV2>> = async (event, context: Context) => {
	console.log("request", context.awsRequestId);
	return { message: \`Hello, \${event.queryStringParameters?.name ?? "world"}!\` };
};
`,
		"package.json": json({
			name,
			version: "0.1.0",
			private: true,
			type: "module",
			main: "index.ts",
			devDependencies: { "@pilotlight/sdk": isInstalled(folder) ? "^0.1.0" : `file:${SDK}` },
			pilot: { memory: 128, timeout: 3 },
		}),
		"tsconfig.json": json({
			compilerOptions: {
				target: "esnext",
				lib: ["esnext"],
				module: "nodenext",
				types: ["@pilotlight/sdk/globals"],
				strict: true,
				noEmit: true,
				allowImportingTsExtensions: true,
				verbatimModuleSyntax: true,
				skipLibCheck: true,
			},
			exclude: ["dist"],
		}),
		".gitignore": "dist/\nnode_modules/\n",
	};
}

function json(value: unknown): string {
	return `${JSON.stringify(value, null, "\t")}\n`;
}

/** Whether an editor finds the SDK's types from there without an `npm install`. */
function isInstalled(folder: string): boolean {
	for (let at = folder; ; at = dirname(at)) {
		if (existsSync(join(at, "node_modules/@pilotlight/sdk"))) return true;
		if (at === dirname(at)) return false;
	}
}
