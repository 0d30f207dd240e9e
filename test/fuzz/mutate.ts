/** Breaks components, each time in another way, the same for the same seed. */
import { Reader } from "../../host/engine/binary/reader.ts";
import { Writer } from "../../host/engine/binary/writer.ts";
import { allOf, type Binary, padded, putTogether, type Section, takeApart } from "./binary.ts";

/** Numbers from 0 to 1. */
export type Random = () => number;

/** Gives what it did, or undefined if there was nothing to do it to. */
type Mutation = (binary: Binary, random: Random, corpus: readonly Uint8Array[]) => string | undefined;

const below = (random: Random, limit: number): number => Math.floor(random() * limit);
const pick = <T>(random: Random, items: readonly T[]): T | undefined => items[below(random, items.length)];

/** A component with one to four mutations, and what they were. */
export function mutate(code: Uint8Array, random: Random, corpus: readonly Uint8Array[]): [Uint8Array, string[]] {
	const binary = takeApart(code);
	const done: string[] = [];
	for (let left = random() < 0.6 ? 1 : 1 + below(random, 4); left > 0; left--) {
		const where = pick(random, allOf(binary))!;
		const did = pick(random, MUTATIONS)!(where, random, corpus);
		if (did !== undefined) done.push(`${where.layer}: ${did}`);
	}
	const bytes = putTogether(binary);
	if (random() < 0.9) return [bytes, done];
	return [breakBytes(bytes, random, done), done];
}

/** Bytes that mean something in many places: kinds, types, continued integers, ends. */
const TELLING = [0, 1, 2, 3, 4, 5, 0x0b, 0x10, 0x11, 0x12, 0x3f, 0x40, 0x60, 0x68, 0x69, 0x70, 0x73, 0x7f, 0x80, 0xff];

function breakBytes(bytes: Uint8Array, random: Random, done: string[]): Uint8Array {
	const at = below(random, bytes.length);
	const kind = below(random, 4);
	done.push(`bytes: ${["set", "insert", "delete", "cut"][kind]} at ${at}`);
	if (kind === 3) return bytes.slice(0, at);
	const end = kind === 1 ? at : at + (kind === 0 ? 1 : 1 + below(random, 8));
	const put = kind === 2 ? [] : [pick(random, TELLING)!];
	return Uint8Array.from([...bytes.subarray(0, at), ...put, ...bytes.subarray(end)]);
}

const isRaw = (it: Section): it is Section & { content: Uint8Array } => it.content instanceof Uint8Array;

function section(
	binary: Binary,
	random: Random,
	ids?: readonly number[],
): (Section & { content: Uint8Array }) | undefined {
	return pick(
		random,
		binary.sections.filter(isRaw).filter((it) => ids === undefined || ids.includes(it.id)),
	);
}

/** The items of a section that is a vector, as bytes each, if `skip` can tell where each ends. */
function vector(content: Uint8Array, skip: (r: Reader) => void): Uint8Array[] | undefined {
	try {
		const r = new Reader(content);
		const found = r.vec((it) => {
			const at = it.pos;
			skip(it);
			return content.subarray(at, it.pos);
		});
		return r.done ? found : undefined;
	} catch {
		return undefined;
	}
}

function joined(items: readonly Uint8Array[]): Uint8Array {
	const out = new Writer().u32(items.length);
	for (const item of items) out.put(item);
	return out.done();
}

const swapSections: Mutation = ({ sections }, random) => {
	if (sections.length < 2) return undefined;
	const [a, b] = [below(random, sections.length), below(random, sections.length)];
	[sections[a], sections[b]] = [sections[b]!, sections[a]!];
	return `sections ${a} and ${b} swapped`;
};

const repeatSection: Mutation = ({ sections }, random) => {
	const found = pick(random, sections);
	if (found === undefined) return undefined;
	sections.splice(below(random, sections.length + 1), 0, structuredClone(found));
	return `section ${found.id} repeated`;
};

const dropSection: Mutation = ({ sections }, random) => {
	const [found] = sections.splice(below(random, sections.length), 1);
	return found && `section ${found.id} dropped`;
};

const padSection: Mutation = ({ sections }, random) => {
	const found = pick(random, sections);
	if (found === undefined) return undefined;
	found.padding = 1 + below(random, 4);
	return `length of section ${found.id} padded`;
};

const renumberSection: Mutation = ({ sections }, random) => {
	const found = pick(random, sections.filter(isRaw));
	if (found === undefined) return undefined;
	found.id = below(random, 16);
	return `section renumbered ${found.id}`;
};

/** A section of another component of the corpus, from the same layer. */
const graftSection: Mutation = ({ layer, sections }, random, corpus) => {
	const others = allOf(takeApart(pick(random, corpus)!)).filter((it) => it.layer === layer);
	const found = pick(random, pick(random, others)?.sections ?? []);
	if (found === undefined) return undefined;
	const same = sections.findIndex((it) => it.id === found.id);
	if (same >= 0 && random() < 0.7) sections[same] = found;
	else sections.splice(below(random, sections.length + 1), 0, found);
	return `section ${found.id} grafted`;
};

const changeCount: Mutation = (binary, random) => {
	const found = section(binary, random);
	if (found === undefined || found.content.length === 0) return undefined;
	const r = new Reader(found.content);
	const count = new Writer().u32([0, 1, 2 ** 20, 2 ** 32 - 1][below(random, 4)]!).done();
	if (found.content[0]! < 0x80) r.byte();
	found.content = Uint8Array.from([...count, ...found.content.subarray(r.pos)]);
	return `count of section ${found.id} changed`;
};

/** Mostly an index, a kind or a type. */
const nudgeByte: Mutation = (binary, random) => {
	const found = section(binary, random);
	if (found === undefined || found.content.length === 0) return undefined;
	const at = below(random, found.content.length);
	const content = found.content.slice();
	content[at] = random() < 0.5 ? content[at]! + (random() < 0.5 ? 1 : -1) : pick(random, TELLING)!;
	found.content = content;
	return `section ${found.id} byte ${at} is ${content[at]}`;
};

const padByte: Mutation = (binary, random) => {
	const found = section(binary, random);
	if (found === undefined || found.content.length === 0) return undefined;
	const at = below(random, found.content.length);
	const value = found.content[at]!;
	if (value >= 0x80) return undefined;
	const longer = padded(value, 1 + below(random, 5));
	found.content = Uint8Array.from([...found.content.subarray(0, at), ...longer, ...found.content.subarray(at + 1)]);
	return `section ${found.id} byte ${at} padded`;
};

const CANON = 8;
const option = (random: Random): number[] =>
	pick(random, [[0], [1], [2], [3, below(random, 3)], [4, below(random, 40)], [5, below(random, 40)], [6], [7, 0]])!;

/** Other options for canonical functions: encodings, memories, allocators. */
const changeOptions: Mutation = (binary, random) => {
	const found = section(binary, random, [CANON]);
	if (binary.layer !== "component" || found === undefined) return undefined;
	const items = vector(found.content, skipCanon);
	if (items === undefined || items.length === 0) return undefined;
	const at = below(random, items.length);
	items[at] = withOptions(
		items[at]!,
		Array.from({ length: below(random, 5) }, () => option(random)),
	);
	found.content = joined(items);
	return `options of canonical function ${at} changed`;
};

function skipCanon(r: Reader): void {
	const code = r.byte();
	if (code > 1) return void r.u32();
	r.byte();
	r.u32();
	r.vec((it) => (it.byte() >= 3 ? it.u32() : 0));
	if (code === 0) r.u32();
}

function withOptions(item: Uint8Array, options: readonly number[][]): Uint8Array {
	const r = new Reader(item);
	if (r.byte() > 1) return item;
	r.byte();
	r.u32();
	const head = item.subarray(0, r.pos);
	r.vec((it) => (it.byte() >= 3 ? it.u32() : 0));
	return Uint8Array.from([...head, options.length, ...options.flat(), ...item.subarray(r.pos)]);
}

/** Another type where a type is likely: all primitive ones are one byte. */
const changeType: Mutation = (binary, random) => {
	const found = section(binary, random, binary.layer === "component" ? [7] : [1, 3, 4, 6]);
	if (found === undefined) return undefined;
	const places = [...found.content.keys()].filter((at) => found.content[at]! >= 0x64 && found.content[at]! < 0x80);
	const at = pick(random, places);
	if (at === undefined) return undefined;
	const content = found.content.slice();
	content[at] = 0x64 + below(random, 0x1c);
	found.content = content;
	return `type at ${at} is 0x${content[at]!.toString(16)}`;
};

const NAMES = ["", "memory", "pilot:fuel", "pilot::control", "__proto__", "constructor", "wasi:io/streams@0.2.0", "\0"];

/** Names stand behind their length: one of as many letters, or another one altogether. */
const changeName: Mutation = (binary, random) => {
	const found = section(binary, random, binary.layer === "component" ? [2, 6, 10, 11] : [2, 7]);
	if (found === undefined) return undefined;
	const text = Buffer.from(found.content).toString("latin1");
	const names = [...text.matchAll(/[ -~]{3,}/g)].filter((it) => text.charCodeAt(it.index - 1) === it[0].length);
	const name = pick(random, names);
	if (name === undefined) return undefined;
	const other = random() < 0.5 ? pick(random, NAMES)! : name[0].replace(/[a-z0-9]/, (it) => (it === "0" ? "9" : "0"));
	const [start, end] = [name.index - 1, name.index + name[0].length];
	const put = [other.length, ...Buffer.from(other, "latin1")];
	found.content = Uint8Array.from([...found.content.subarray(0, start), ...put, ...found.content.subarray(end)]);
	return `name ${name[0]} is ${JSON.stringify(other)}`;
};

const CODE = 10;

/** Bodies of functions, each in the place of another. */
const swapBodies: Mutation = (binary, random) => {
	const found = section(binary, random, [CODE]);
	if (binary.layer !== "module" || found === undefined) return undefined;
	const items = vector(found.content, (r) => void r.take(r.u32()));
	if (items === undefined || items.length < 2) return undefined;
	const [a, b] = [below(random, items.length), below(random, items.length)];
	[items[a], items[b]] = [items[b]!, items[a]!];
	found.content = joined(items);
	return `bodies ${a} and ${b} swapped`;
};

/** Memories and tables of other sizes. */
const changeLimits: Mutation = (binary, random) => {
	const found = section(binary, random, [4, 5]);
	if (binary.layer !== "module" || found === undefined) return undefined;
	const limits = pick(random, [
		[0, 0],
		[0, ...padded(65_536, 0)],
		[1, 2, 1],
		[1, 1, 1],
		[3, 1, 1],
		[4, 1],
		[0, ...padded(2 ** 32 - 1, 0)],
	])!;
	found.content = Uint8Array.from([1, ...(found.id === 4 ? [0x70] : []), ...limits]);
	return `limits of section ${found.id} are ${limits}`;
};

const addStart: Mutation = ({ layer, sections }, random) => {
	const at = sections.findIndex(({ id }) => id > 8 && id < 12);
	if (layer !== "module" || at < 0) return undefined;
	sections.splice(at, 0, { id: 8, content: Uint8Array.of(below(random, 30)), padding: 0 });
	return "a start section";
};

/** A nested module or component in the place of another. */
const swapNested: Mutation = (binary, random, corpus) => {
	const places = binary.sections.filter((it) => !isRaw(it));
	const place = pick(random, places);
	if (place === undefined) return undefined;
	const { layer } = place.content as Binary;
	const others = allOf(takeApart(pick(random, corpus)!)).filter((it) => it.layer === layer);
	place.content = pick(random, others) ?? place.content;
	return `a ${layer} in the place of another`;
};

const MUTATIONS: readonly Mutation[] = [
	swapSections,
	repeatSection,
	dropSection,
	padSection,
	renumberSection,
	graftSection,
	changeCount,
	nudgeByte,
	nudgeByte,
	nudgeByte,
	padByte,
	changeOptions,
	changeOptions,
	changeType,
	changeType,
	changeName,
	changeName,
	swapBodies,
	swapBodies,
	changeLimits,
	addStart,
	swapNested,
];
