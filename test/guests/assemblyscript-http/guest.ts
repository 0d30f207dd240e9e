// A small wasi:http guest, against version 0.2.3: GET answers a greeting, all else echoes the body as it comes. Strings
// are UTF-16, as the language has them.

@external("wasi:http/types@0.2.3", "[method]incoming-request.method")
declare function method(self: i32, area: usize): void;
@external("wasi:http/types@0.2.3", "[method]incoming-request.consume")
declare function consume(self: i32, area: usize): void;
@external("wasi:http/types@0.2.3", "[resource-drop]incoming-request")
declare function dropRequest(self: i32): void;
@external("wasi:http/types@0.2.3", "[method]incoming-body.stream")
declare function stream(self: i32, area: usize): void;
@external("wasi:http/types@0.2.3", "[resource-drop]incoming-body")
declare function dropBody(self: i32): void;
@external("wasi:http/types@0.2.3", "[constructor]fields")
declare function newFields(): i32;
@external("wasi:http/types@0.2.3", "[method]fields.append")
declare function append(self: i32, name: usize, nameLength: i32, value: usize, length: i32, area: usize): void;
@external("wasi:http/types@0.2.3", "[constructor]outgoing-response")
declare function newResponse(headers: i32): i32;
@external("wasi:http/types@0.2.3", "[method]outgoing-response.body")
declare function responseBody(self: i32, area: usize): void;
@external("wasi:http/types@0.2.3", "[method]outgoing-body.write")
declare function write(self: i32, area: usize): void;
@external("wasi:http/types@0.2.3", "[static]outgoing-body.finish")
declare function finish(self: i32, some: i32, trailers: i32, area: usize): void;
@external("wasi:http/types@0.2.3", "[static]response-outparam.set")
declare function set(outparam: i32, isErr: i32, response: i32, a: i32, b: i64, c: i32, d: i32, e: i32, f: i32): void;
@external("wasi:io/streams@0.2.3", "[method]input-stream.blocking-read")
declare function blockingRead(self: i32, length: u64, area: usize): void;
@external("wasi:io/streams@0.2.3", "[resource-drop]input-stream")
declare function dropInput(self: i32): void;
@external("wasi:io/streams@0.2.3", "[method]output-stream.blocking-write-and-flush")
declare function blockingWriteAndFlush(self: i32, bytes: usize, length: i32, area: usize): void;
@external("wasi:io/streams@0.2.3", "[resource-drop]output-stream")
declare function dropOutput(self: i32): void;

/** What the host gives in a call; freed when it returns. */
const given: usize[] = [];

export function cabi_realloc(old: usize, oldSize: usize, align: usize, size: usize): usize {
	const block = heap.alloc(size + align);
	given.push(block);
	const pointer = (block + align - 1) & ~(align - 1);
	memory.copy(pointer, old, min(oldSize, size));
	return pointer;
}

const buffer = new ArrayBuffer(64);
const area = changetype<usize>(buffer);

/** The case of a result that must be `ok`. */
function ok(): i32 {
	if (load<u8>(area) != 0) unreachable();
	return load<i32>(area, 4);
}

function writeAll(output: i32, bytes: usize, length: u32): void {
	for (let at: u32 = 0; at < length; at += 4096) {
		blockingWriteAndFlush(output, bytes + at, min(length - at, 4096), area);
		ok();
	}
}

function echo(request: i32, output: i32): void {
	consume(request, area);
	const body = ok();
	stream(body, area);
	const input = ok();
	for (;;) {
		blockingRead(input, 10_000, area);
		if (load<u8>(area) != 0) break;
		const chunk = load<usize>(area, 4);
		writeAll(output, chunk, load<u32>(area, 8));
	}
	if (load<u8>(area, 4) != 1) unreachable();
	dropInput(input);
	dropBody(body);
}

export function handle(request: i32, outparam: i32): void {
	method(request, area);
	const get = load<u8>(area) == 0;
	const headers = newFields();
	const name = get ? "content-type" : "x-method";
	const value = String.UTF8.encode(get ? "text/plain" : "POST");
	append(headers, changetype<usize>(name), name.length, changetype<usize>(value), value.byteLength, area);
	ok();
	const response = newResponse(headers);
	responseBody(response, area);
	const body = ok();
	write(body, area);
	const output = ok();
	set(outparam, 0, response, 0, 0, 0, 0, 0, 0);
	if (get) {
		const hello = String.UTF8.encode("Hello from AssemblyScript!\n");
		writeAll(output, changetype<usize>(hello), hello.byteLength);
	} else echo(request, output);
	dropOutput(output);
	finish(body, 0, 0, area);
	ok();
	dropRequest(request);
	while (given.length > 0) heap.free(given.pop());
}
