/** Header fields: which may be sent, which are a connection's own business, and their bytes as text. */
import { isUtf8 } from "node:buffer";
import type { HttpFields } from "../../engine/http.ts";

/** 1 for the characters of a name (RFC 9110, section 5.6.2), by code. */
const NAME = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
	NAME[char.charCodeAt(0)] = 1;
/** And of a value, as bytes: no control character but the tab (section 5.5). CR and LF would end the field. */
const VALUE = new Uint8Array(256).map((_, code) => (code === 9 || (code >= 0x20 && code !== 0x7f) ? 1 : 0));

/** Whether all of a text's characters are among those that are `allowed`, by code. */
export function consistsOf(text: string, allowed: Uint8Array): boolean {
	for (let i = 0; i < text.length; i++) if (allowed[text.charCodeAt(i)] !== 1) return false;
	return true;
}

/** Of one connection alone, so never passed on (RFC 9110, section 7.6.1). The first four frame or end messages. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
	"connection",
	"transfer-encoding",
	"upgrade",
	"trailer",
	"keep-alive",
	"proxy-connection",
	"proxy-authenticate",
	"proxy-authorization",
	"te",
	"http2-settings",
]);

/** True if a field can be sent as it is. */
export function isField(name: string, value: string): boolean {
	return name !== "" && consistsOf(name, NAME) && consistsOf(value, VALUE);
}

/** Fields without those of the connection, including those that `Connection` names. Names are lower-case already. */
export function endToEnd(fields: HttpFields): HttpFields {
	let isClean = true;
	let named: string[] = [];
	for (const [name, value] of fields) {
		if (HOP_BY_HOP.has(name)) isClean = false;
		if (name === "connection" && value !== "keep-alive") named = named.concat(value.toLowerCase().split(","));
	}
	if (isClean) return fields;
	const own = named.map((name) => name.trim());
	return fields.filter(([name]) => !HOP_BY_HOP.has(name) && !own.includes(name));
}

/** A field's first value. */
export function field(fields: HttpFields, name: string): string | undefined {
	for (const it of fields) if (it[0] === name) return it[1];
	return undefined;
}

/** Bytes as text, or null if they are no UTF-8. Takes a third of the time of a TextDecoder that is fatal. */
export function decodeUtf8(bytes: Uint8Array): string | null {
	if (!isUtf8(bytes)) return null;
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

const ASCII = new Uint8Array(128).fill(1);

/** A field's bytes (as code units) as text: UTF-8 if they are, else Latin-1. */
export function fieldText(value: string): string {
	if (consistsOf(value, ASCII)) return value;
	return decodeUtf8(Buffer.from(value, "latin1")) ?? value;
}

/** Text as a field's bytes (as code units): UTF-8. */
export function fieldBytes(text: string): string {
	return consistsOf(text, ASCII) ? text : Buffer.from(text, "utf8").toString("latin1");
}
