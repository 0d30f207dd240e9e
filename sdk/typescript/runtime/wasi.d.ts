/** What `wit/deps` declares, as QuickJS gives it: records in camelCase, `option` as null, an `err` thrown with the value as `payload`. */

interface OutputStream extends Disposable {
	blockingWriteAndFlush(contents: Uint8Array): void;
}

interface Pollable extends Disposable {
	block(): void;
}

interface DescriptorStat {
	type: string;
	size: number;
	dataModificationTimestamp: { seconds: number; nanoseconds: number } | null;
}

interface DirectoryEntryStream extends Disposable {
	readDirectoryEntry(): { type: string; name: string } | null;
}

interface Descriptor extends Disposable {
	read(length: number, offset: number): [Uint8Array<ArrayBuffer>, boolean];
	write(buffer: Uint8Array, offset: number): number;
	readDirectory(): DirectoryEntryStream;
	stat(): DescriptorStat;
	statAt(pathFlags: { symlinkFollow?: boolean }, path: string): DescriptorStat;
	openAt(
		pathFlags: { symlinkFollow?: boolean },
		path: string,
		openFlags: { create?: boolean; directory?: boolean; exclusive?: boolean; truncate?: boolean },
		flags: { read?: boolean; write?: boolean; mutateDirectory?: boolean },
	): Descriptor;
}

declare module "wasi:cli/environment" {
	const environment: { getEnvironment(): [string, string][] };
	export default environment;
}

declare module "wasi:cli/stdout" {
	const stdout: { getStdout(): OutputStream };
	export default stdout;
}

declare module "wasi:clocks/monotonic-clock" {
	const clock: { now(): number; subscribeDuration(nanoseconds: number): Pollable };
	export default clock;
}

declare module "wasi:random/random" {
	const random: { getRandomBytes(length: number): Uint8Array<ArrayBuffer> };
	export default random;
}

declare module "wasi:filesystem/preopens" {
	const preopens: { getDirectories(): [Descriptor, string][] };
	export default preopens;
}
