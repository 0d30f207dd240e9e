/**
 * What a function finds on `globalThis` beyond ECMAScript. There is no `fetch`, `URL` or `Intl` yet.
 * In a function's tsconfig.json: `"types": ["@pilotlight/sdk/globals"]`.
 */

interface Console {
	log(...values: unknown[]): void;
	info(...values: unknown[]): void;
	debug(...values: unknown[]): void;
	trace(...values: unknown[]): void;
	warn(...values: unknown[]): void;
	error(...values: unknown[]): void;
	dir(value: unknown): void;
	table(value: unknown): void;
	group(...values: unknown[]): void;
	groupEnd(): void;
	assert(condition: unknown, ...values: unknown[]): void;
	count(label?: string): void;
	countReset(label?: string): void;
	time(label?: string): void;
	timeEnd(label?: string): void;
}
declare var console: Console;

interface Timer {
	ref(): this;
	unref(): this;
	hasRef(): boolean;
	[Symbol.toPrimitive](): number;
}
declare function setTimeout<A extends unknown[]>(run: (...args: A) => unknown, delay?: number, ...args: A): Timer;
declare function setInterval<A extends unknown[]>(run: (...args: A) => unknown, delay?: number, ...args: A): Timer;
declare function setImmediate<A extends unknown[]>(run: (...args: A) => unknown, ...args: A): Timer;
declare function clearTimeout(timer: Timer | number | undefined): void;
declare function clearInterval(timer: Timer | number | undefined): void;
declare function clearImmediate(timer: Timer | number | undefined): void;
declare function queueMicrotask(job: () => void): void;

declare var process: {
	readonly env: Record<string, string | undefined>;
	readonly argv: string[];
	readonly platform: "wasi";
	cwd(): string;
	nextTick<A extends unknown[]>(run: (...args: A) => unknown, ...args: A): void;
	/** s. */
	uptime(): number;
};

declare var crypto: {
	getRandomValues<T extends ArrayBufferView>(target: T): T;
	randomUUID(): string;
};

declare var performance: { readonly timeOrigin: number; now(): number };

declare function atob(base64: string): string;
declare function btoa(binary: string): string;
declare function structuredClone<T>(value: T): T;

declare class DOMException extends Error {
	constructor(message?: string, name?: string);
	readonly code: number;
}

declare class TextEncoder {
	readonly encoding: "utf-8";
	encode(text?: string): Uint8Array<ArrayBuffer>;
}
/** UTF-8, a whole text at a time. */
declare class TextDecoder {
	constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
	readonly encoding: "utf-8";
	decode(input?: ArrayBuffer | ArrayBufferView): string;
}

type BufferEncoding = "utf8" | "utf-8" | "base64" | "base64url" | "hex" | "latin1" | "binary" | "ascii";
declare class Buffer extends Uint8Array<ArrayBuffer> {
	static from(value: string | ArrayBuffer | ArrayLike<number>, encoding?: BufferEncoding): Buffer;
	static alloc(size: number, fill?: number): Buffer;
	static isBuffer(value: unknown): value is Buffer;
	static byteLength(value: string | ArrayBufferView | ArrayBuffer, encoding?: BufferEncoding): number;
	static concat(parts: readonly Uint8Array[], length?: number): Buffer;
	toString(encoding?: BufferEncoding, start?: number, end?: number): string;
	equals(other: Uint8Array): boolean;
	toJSON(): { type: "Buffer"; data: number[] };
}

interface FileStats {
	/** Bytes. */
	size: number;
	mtimeMs: number;
	mtime: Date;
	isFile(): boolean;
	isDirectory(): boolean;
}
type FileEncoding = "utf8" | "utf-8" | "base64" | "hex" | "latin1";

/** Files of the folders that the function was given (a bucket's, for one). */
declare module "node:fs/promises" {
	export function readFile(path: string): Promise<Buffer>;
	export function readFile(path: string, options: FileEncoding | { encoding: FileEncoding }): Promise<string>;
	export function writeFile(path: string, data: string | Uint8Array): Promise<void>;
	export function readdir(path: string): Promise<string[]>;
	export function stat(path: string): Promise<FileStats>;
}
declare module "node:fs" {
	export function readFileSync(path: string): Buffer;
	export function readFileSync(path: string, options: FileEncoding | { encoding: FileEncoding }): string;
	export function writeFileSync(path: string, data: string | Uint8Array): void;
	export function readdirSync(path: string): string[];
	export function statSync(path: string): FileStats;
	export function existsSync(path: string): boolean;
}
