/** The peer: jco's generated glue, over a host in memory that does as little as one written by hand can. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { transpile } from "@bytecodealliance/jco";
import { TEST_CONTEXT } from "../../../host/engine/testing.ts";
import { GREETING, type Subject } from "./subject.ts";

interface Generated {
	instantiate(getCore: (path: string) => WebAssembly.Module, imports: object): Record<string, never>;
}

/** The component as jco makes JavaScript of it, instantiated. */
async function instantiate<T>(code: Uint8Array, folder: string, imports: object): Promise<T> {
	const options = { name: "guest", instantiation: "sync", noTypescript: true, nodejsCompat: false } as const;
	const { files } = await transpile(Buffer.from(code), options as unknown as Parameters<typeof transpile>[1]);
	await mkdir(folder, { recursive: true });
	const modules = new Map<string, WebAssembly.Module>();
	for (const [path, bytes] of Object.entries(files)) {
		if (path.endsWith(".wasm")) modules.set(path, new WebAssembly.Module(bytes as BufferSource));
	}
	await writeFile(join(folder, "package.json"), '{ "type": "module" }');
	await writeFile(join(folder, "guest.js"), files["guest.js"] as Uint8Array);
	const generated = (await import(pathToFileURL(join(folder, "guest.js")).href)) as Generated;
	return generated.instantiate((path) => modules.get(path)!, imports) as T;
}

class Resource {}

class Fields {
	readonly entries: [string, Uint8Array][] = [];
	append(name: string, value: Uint8Array): void {
		this.entries.push([name, value.slice()]);
	}
}

class IncomingRequest {
	pathWithQuery(): string {
		return "/";
	}
}

class OutputStream {
	written: Uint8Array = new Uint8Array();
	blockingWriteAndFlush(bytes: Uint8Array): void {
		this.written = bytes.slice();
	}
}

class OutgoingBody {
	readonly stream = new OutputStream();
	write(): OutputStream {
		return this.stream;
	}
	static finish(_body: OutgoingBody): void {}
}

class OutgoingResponse {
	readonly headers: Fields;
	status = 200;
	private readonly content = new OutgoingBody();
	constructor(headers: Fields) {
		this.headers = headers;
	}
	setStatusCode(status: number): void {
		this.status = status;
	}
	body(): OutgoingBody {
		return this.content;
	}
}

class ResponseOutparam {
	answer: OutgoingResponse | undefined;
	static set(outparam: ResponseOutparam, { val }: { val: OutgoingResponse }): void {
		outparam.answer = val;
	}
}

const unused = (): never => {
	throw new Error("not on the way to the greeting");
};

const IMPORTS = {
	"wasi:cli/environment": { getEnvironment: () => [] },
	"wasi:cli/exit": { exit: unused },
	"wasi:cli/stderr": { getStderr: unused },
	"wasi:cli/stdin": { getStdin: unused },
	"wasi:cli/stdout": { getStdout: unused },
	"wasi:filesystem/preopens": { getDirectories: () => [] },
	"wasi:filesystem/types": { Descriptor: Resource, filesystemErrorCode: unused },
	"wasi:http/outgoing-handler": { handle: unused },
	"wasi:http/types": {
		Fields,
		FutureIncomingResponse: class extends Resource {},
		FutureTrailers: class extends Resource {},
		IncomingBody: class extends Resource {},
		IncomingRequest,
		IncomingResponse: class extends Resource {},
		OutgoingBody,
		OutgoingRequest: class extends Resource {},
		OutgoingResponse,
		RequestOptions: class extends Resource {},
		ResponseOutparam,
	},
	"wasi:io/error": { Error: class extends Resource {} },
	"wasi:io/poll": { Pollable: class extends Resource {} },
	"wasi:io/streams": { InputStream: class extends Resource {}, OutputStream },
};

export async function jcoHttp(code: Uint8Array, folder: string): Promise<Subject> {
	type Guest = { incomingHandler: { handle(request: IncomingRequest, outparam: ResponseOutparam): void } };
	const { incomingHandler } = await instantiate<Guest>(code, folder, IMPORTS);
	let request: IncomingRequest;
	let outparam: ResponseOutparam;
	return {
		prepare() {
			request = new IncomingRequest();
			outparam = new ResponseOutparam();
		},
		call: () => incomingHandler.handle(request, outparam),
		finish() {
			const said = Buffer.from(outparam.answer?.body().stream.written ?? []).toString();
			if (said !== GREETING) throw new Error(`the guest said ${said}`);
		},
	};
}

export async function jcoEvent(code: Uint8Array, folder: string): Promise<Subject> {
	type Guest = { handler: { handle(event: Uint8Array, context: object): Uint8Array } };
	const { handler } = await instantiate<Guest>(code, folder, IMPORTS);
	const event = Buffer.from("{}");
	const context = { ...TEST_CONTEXT, deadlineMs: 0n };
	let answer = new Uint8Array();
	return {
		call() {
			answer = handler.handle(event, context) as Uint8Array<ArrayBuffer>;
		},
		finish() {
			if (answer.length === 0) throw new Error("no answer");
		},
	};
}
