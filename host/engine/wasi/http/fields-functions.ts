/** The functions of `fields`, at core level. */
import type { GuestMemory } from "../../memory.ts";
import { Trap } from "../../trap.ts";
import { writeList } from "../lists.ts";
import type { Guest, HostFunction } from "../types.ts";
import { heldBytes } from "./budget.ts";
import { FIELD_OVERHEAD, type FieldName, Fields, fieldName, type HeaderError, MAX_FIELDS_BYTES } from "./fields.ts";
import { fieldsKind } from "./kinds.ts";
import { codeUnits } from "./layout.ts";

/** More entries than this can never be within the size limit, so a longer list is not even looked at. */
const MAX_ENTRIES = Math.floor(MAX_FIELDS_BYTES / FIELD_OVERHEAD);

export const fieldsFunctions: Record<string, HostFunction> = {
	"[constructor]fields": {
		core: "->i",
		make: (guest) => {
			const held = heldBytes(guest);
			return () => guest.handles.add(fieldsKind, Fields.mutable(held));
		},
	},
	"[static]fields.from-list": {
		core: "iii->",
		make: (guest, memory) => {
			const held = heldBytes(guest);
			return (list: number, length: number, area: number) => {
				const fields = Fields.mutable(held);
				const error = appendAll(guest, memory, fields, list >>> 0, checkCount(length));
				if (error !== undefined) fields.release();
				memory.setU8(area, error === undefined ? 0 : 1);
				if (error === undefined) memory.setU32(area + 4, guest.handles.add(fieldsKind, fields));
				else memory.setU8(area + 4, error);
			};
		},
	},
	"[method]fields.get": {
		core: "iiii->",
		make: (guest, memory) => (self: number, pointer: number, length: number, area: number) => {
			const fields = guest.handles.get(fieldsKind, self);
			const name = readName(memory, pointer, length);
			writeValues(guest, memory, area, name === undefined ? [] : fields.get(name.text));
		},
	},
	"[method]fields.has": {
		core: "iii->i",
		make: (guest, memory) => (self: number, pointer: number, length: number) => {
			const fields = guest.handles.get(fieldsKind, self);
			const name = readName(memory, pointer, length);
			return name !== undefined && fields.has(name.text) ? 1 : 0;
		},
	},
	"[method]fields.set": {
		core: "iiiiii->",
		make:
			(guest, memory) => (self: number, pointer: number, length: number, list: number, count: number, area: number) => {
				const fields = guest.handles.get(fieldsKind, self);
				const name = readName(memory, pointer, length);
				const values = readValues(guest, memory, list >>> 0, checkCount(count));
				writeHeaderResult(memory, area, fields.set(name, values));
			},
	},
	"[method]fields.delete": {
		core: "iiii->",
		make: (guest, memory) => (self: number, pointer: number, length: number, area: number) => {
			const fields = guest.handles.get(fieldsKind, self);
			writeHeaderResult(memory, area, fields.delete(readName(memory, pointer, length)));
		},
	},
	"[method]fields.append": {
		core: "iiiiii->",
		make:
			(guest, memory) =>
			(self: number, pointer: number, length: number, value: number, valueLength: number, area: number) => {
				const fields = guest.handles.get(fieldsKind, self);
				const name = readName(memory, pointer, length);
				writeHeaderResult(memory, area, fields.append(name, readValue(guest, memory, value, valueLength)));
			},
	},
	"[method]fields.entries": {
		core: "ii->",
		make: (guest, memory) => (self: number, area: number) => {
			writeEntries(guest, memory, area, guest.handles.get(fieldsKind, self));
		},
	},
	"[method]fields.clone": {
		core: "i->i",
		make: (guest) => {
			const held = heldBytes(guest);
			return (self: number) => {
				const copy = guest.handles.get(fieldsKind, self).clone(held);
				guest.charge(copy.bytes);
				return guest.handles.add(fieldsKind, copy);
			};
		},
	},
};

function checkCount(count: number): number {
	if (count >>> 0 > MAX_ENTRIES) throw new Trap(`header fields of more than ${MAX_FIELDS_BYTES} bytes`);
	return count >>> 0;
}

function checkLength(length: number): number {
	if (length >>> 0 > MAX_FIELDS_BYTES) throw new Trap(`header fields of more than ${MAX_FIELDS_BYTES} bytes`);
	return length >>> 0;
}

/** A name is ASCII, so that UTF-8 needs no decoder; what is not ASCII is no name, and traps if it is no UTF-8 either. */
function readName(memory: GuestMemory, pointer: number, length: number): FieldName | undefined {
	checkLength(codeUnits(memory, length));
	if (!memory.utf8) return fieldName(memory.string(pointer, length));
	const name = fieldName(memory.latin1(pointer, length));
	if (name === undefined) memory.string(pointer, length);
	return name;
}

function readValue(guest: Guest, memory: GuestMemory, pointer: number, length: number): string {
	guest.charge(checkLength(length));
	return memory.latin1(pointer, length);
}

/** A list<list<u8>>. */
function readValues(guest: Guest, memory: GuestMemory, list: number, count: number): string[] {
	const values: string[] = [];
	for (let at = list; at < list + count * 8; at += 8) {
		values.push(readValue(guest, memory, memory.getU32(at), memory.getU32(at + 4)));
	}
	return values;
}

/** A list<tuple<string, list<u8>>>: 16 bytes an entry. */
function appendAll(guest: Guest, memory: GuestMemory, fields: Fields, list: number, count: number): HeaderError {
	for (let at = list; at < list + count * 16; at += 16) {
		const name = readName(memory, memory.getU32(at), memory.getU32(at + 4));
		const value = readValue(guest, memory, memory.getU32(at + 8), memory.getU32(at + 12));
		const error = fields.append(name, value);
		if (error !== undefined) return error;
	}
	return undefined;
}

/** A result<_, header-error>: two bytes. */
function writeHeaderResult(memory: GuestMemory, area: number, error: HeaderError): void {
	memory.setU8(area, error === undefined ? 0 : 1);
	if (error !== undefined) memory.setU8(area + 1, error);
}

function writeValues(guest: Guest, memory: GuestMemory, area: number, values: readonly string[]): void {
	const list = writeList(memory, area, values.length, 8);
	let at = list;
	for (const value of values) {
		guest.charge(value.length);
		memory.writeLatin1(at, value);
		at += 8;
	}
}

/** Each name and value is room of its own: the guest frees them one by one. */
function writeEntries(guest: Guest, memory: GuestMemory, area: number, fields: Fields): void {
	const { entries } = fields;
	let at = writeList(memory, area, entries.length, 16);
	for (const [name, value] of entries) {
		guest.charge(name.length + value.length);
		if (memory.utf8) memory.writeLatin1(at, name);
		else memory.writeString(at, name);
		memory.writeLatin1(at + 8, value);
		at += 16;
	}
}
