// What an event guest must do, by the event's first word; `test/conformance/languages.ts` says what is expected.
// There is no binding generator for AssemblyScript: records lie in memory as the canonical ABI says. Strings are UTF-16,
// as the language has them.

let calls: u32 = 0;

/** What the host reads after the call has returned; kept until the next one. */
const kept: ArrayBuffer[] = [];

/** What the host gave for a call; freed in the next, since an answer may be part of it. */
const given: usize[] = [];
let answered = false;

export function cabi_realloc(old: usize, oldSize: usize, align: usize, size: usize): usize {
	if (answered) {
		while (given.length > 0) heap.free(given.pop());
		answered = false;
	}
	const block = heap.alloc(size + align);
	given.push(block);
	const pointer = (block + align - 1) & ~(align - 1);
	memory.copy(pointer, old, min(oldSize, size));
	return pointer;
}

function text(at: usize): string {
	return String.UTF16.decodeUnsafe(load<usize>(at), (<usize>load<u32>(at, 4)) << 1);
}

function option(at: usize): string {
	return load<u8>(at) == 0 ? "-" : text(at + 4);
}

function keep(buffer: ArrayBuffer): usize {
	kept.push(buffer);
	return changetype<usize>(buffer);
}

/** Writes a string's address and length, in code units. */
function put(at: usize, it: string): void {
	store<usize>(at, keep(String.UTF16.encode(it)));
	store<u32>(at, it.length, 4);
}

function describe(it: usize): string {
	const deadline = load<u64>(it, 40) > 1_600_000_000_000;
	return [
		text(it),
		text(it + 8),
		text(it + 16),
		text(it + 24),
		load<u32>(it, 32).toString(),
		deadline ? "true" : "false",
		text(it + 48),
		text(it + 56),
		option(it + 64),
		option(it + 76),
		option(it + 88),
	].join("\n");
}

function fail(message: string, area: usize): void {
	const frames = new ArrayBuffer(16);
	put(keep(frames), "at one");
	put(keep(frames) + 8, "at two");
	store<u8>(area, 1);
	put(area + 4, "Sample");
	put(area + 12, message);
	store<usize>(area, keep(frames), 20);
	store<u32>(area, 2, 24);
}

function answer(word: string, context: usize): string {
	if (word == "context") return describe(context);
	if (word == "count") return calls.toString();
	if (word == "trap") unreachable();
	return "?";
}

/** `result<list<u8>, failure>`. */
const area = new ArrayBuffer(28);

/** `arguments` are the event at 0 and the context from 8 on. */
export function handle(args: usize): usize {
	calls++;
	answered = true;
	kept.length = 0;
	const event = load<usize>(args);
	const length = load<u32>(args, 4);
	let split: u32 = 0;
	while (split < length && load<u8>(event + split) != 32) split++;
	const word = String.UTF8.decodeUnsafe(event, split);
	const start = min(split + 1, length);
	const result = changetype<usize>(area);
	store<u8>(result, 0);
	if (word == "echo") {
		store<usize>(result, event + start, 4);
		store<u32>(result, length - start, 8);
	} else if (word == "fail") {
		fail(String.UTF8.decodeUnsafe(event + start, length - start), result);
	} else {
		const bytes = String.UTF8.encode(answer(word, args + 8));
		store<usize>(result, keep(bytes), 4);
		store<u32>(result, bytes.byteLength, 8);
	}
	return result;
}
