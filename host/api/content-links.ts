/** Links to what was uploaded, as GetFunction and GetLayerVersion give them: whoever has one may fetch it, for ten minutes. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import type { Context } from "hono";
import type { Config } from "../config.ts";
import { findUpload } from "../content.ts";
import { ServiceError } from "../errors.ts";
import { contentName } from "../invoker/content.ts";
import { errorResponse } from "./reply.ts";

/** How long a link works, s (API reference, "Location": "valid for 10 minutes"). */
const LIFETIME = 600;
/** Path of a link's target. No path of the service's begins so. */
export const CONTENT_PATH = "/content/:name";

/** Links are signed with a key that ends with the process: none outlives it by more than what a caller asks for again. */
const KEY = randomBytes(32);

function tokenOf(name: string, expires: string): Buffer {
	return createHmac("sha256", KEY).update(`${name}\n${expires}`).digest();
}

/** A link to an upload, at the address that the caller has reached this host by; null if what was uploaded is not kept. */
export async function contentLink(
	data: Pick<Config, "data">,
	codeSha256: string,
	request: Request,
): Promise<string | null> {
	if ((await findUpload(data, codeSha256)) === null) return null;
	const name = contentName(codeSha256);
	const expires = String(Math.floor(Date.now() / 1000) + LIFETIME);
	const { origin } = new URL(request.url);
	return `${origin}/content/${name}?expires=${expires}&token=${tokenOf(name, expires).toString("hex")}`;
}

/** Answers a request for a link's target. */
export async function serveContent(data: Pick<Config, "data">, context: Context): Promise<Response> {
	const name = context.req.param("name") ?? "";
	const { expires = "", token = "" } = context.req.query();
	const given = Buffer.from(token, "hex");
	const wanted = tokenOf(name, expires);
	const genuine = given.length === wanted.length && timingSafeEqual(given, wanted);
	if (!genuine)
		return refuse("AccessDeniedException", "This link is none that this host gave, or the host was started since.");
	if (Number(expires) * 1000 < Date.now()) return refuse("AccessDeniedException", "Request has expired");
	const found = await findUpload(data, Buffer.from(name, "hex").toString("base64"));
	if (found === null) return refuse("ResourceNotFoundException", "The resource you requested does not exist.");
	const headers = { "content-type": "application/octet-stream", "content-length": String(found.size) };
	if (context.req.method === "HEAD") return new Response(null, { headers });
	return new Response(Readable.toWeb(createReadStream(found.path)) as ReadableStream, { headers });
}

function refuse(name: "AccessDeniedException" | "ResourceNotFoundException", message: string): Response {
	return errorResponse(new ServiceError(name, message), crypto.randomUUID());
}
