/** The page's files, read once: they are small, and nothing in a request can name another. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import type { Context } from "hono";

const FILES = [
	"index.html",
	"page.css",
	"flame.svg",
	"page.js",
	"dom.js",
	"function.js",
	"host.js",
	"list.js",
	"log.js",
	"text.js",
];

const TYPES: Record<string, string> = {
	".html": "text/html; charset=utf-8",
	".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml",
	".js": "text/javascript; charset=utf-8",
};

interface File {
	type: string;
	text: string;
	etag: string;
}

/** Reads the files. Throws if one is missing from the package. */
export function readFiles(): ReadonlyMap<string, File> {
	return new Map(FILES.map((name) => [name, readFile(name)]));
}

function readFile(name: string): File {
	const text = readFileSync(new URL(`static/${name}`, import.meta.url), "utf8");
	const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
	return { type: TYPES[extname(name)]!, text, etag };
}

/** Answers with a file, or with 304 if the browser has it. */
export function sendFile(c: Context, { type, text, etag }: File): Response {
	const headers = { etag, "cache-control": "no-cache" };
	if (c.req.header("if-none-match") === etag) return c.body(null, 304, headers);
	return c.body(text, 200, { ...headers, "content-type": type });
}
