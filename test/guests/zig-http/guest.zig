//! A small wasi:http guest in Zig: GET answers a greeting, all else echoes the body as it comes.
const c = @import("bindings.zig");

fn check(ok: bool) void {
    if (!ok) @trap();
}

fn string(text: []const u8) c.http_string_t {
    return .{ .ptr = @constCast(text.ptr), .len = text.len };
}

fn headers(name: []const u8, value: []const u8) c.wasi_http_types_own_fields_t {
    const fields = c.wasi_http_types_constructor_fields();
    var field = string(name);
    var bytes: c.wasi_http_types_field_value_t = .{ .ptr = @constCast(value.ptr), .len = value.len };
    var failure: c.wasi_http_types_header_error_t = undefined;
    check(c.wasi_http_types_method_fields_append(c.wasi_http_types_borrow_fields(fields), &field, &bytes, &failure));
    return fields;
}

fn writeAll(output: c.wasi_io_streams_own_output_stream_t, text: []const u8) void {
    const stream = c.wasi_io_streams_borrow_output_stream(output);
    var left = text;
    while (left.len > 0) {
        const size = @min(left.len, 4096);
        var chunk: c.http_list_u8_t = .{ .ptr = @constCast(left.ptr), .len = size };
        var failure: c.wasi_io_streams_stream_error_t = undefined;
        check(c.wasi_io_streams_method_output_stream_blocking_write_and_flush(stream, &chunk, &failure));
        left = left[size..];
    }
}

fn echo(request: c.wasi_http_types_own_incoming_request_t, output: c.wasi_io_streams_own_output_stream_t) void {
    var body: c.wasi_http_types_own_incoming_body_t = undefined;
    check(c.wasi_http_types_method_incoming_request_consume(c.wasi_http_types_borrow_incoming_request(request), &body));
    defer c.wasi_http_types_incoming_body_drop_own(body);
    var input: c.wasi_io_streams_own_input_stream_t = undefined;
    check(c.wasi_http_types_method_incoming_body_stream(c.wasi_http_types_borrow_incoming_body(body), &input));
    defer c.wasi_io_streams_input_stream_drop_own(input);
    var chunk: c.http_list_u8_t = undefined;
    var failure: c.wasi_io_streams_stream_error_t = undefined;
    const stream = c.wasi_io_streams_borrow_input_stream(input);
    while (c.wasi_io_streams_method_input_stream_blocking_read(stream, 10000, &chunk, &failure)) {
        writeAll(output, chunk.ptr[0..chunk.len]);
        c.http_list_u8_free(&chunk);
    }
    check(failure.tag == c.WASI_IO_STREAMS_STREAM_ERROR_CLOSED);
}

export fn exports_wasi_http_incoming_handler_handle(
    request: c.exports_wasi_http_incoming_handler_own_incoming_request_t,
    outparam: c.exports_wasi_http_incoming_handler_own_response_outparam_t,
) void {
    defer c.wasi_http_types_incoming_request_drop_own(request);
    var method: c.wasi_http_types_method_t = undefined;
    c.wasi_http_types_method_incoming_request_method(c.wasi_http_types_borrow_incoming_request(request), &method);
    const is_get = method.tag == c.WASI_HTTP_TYPES_METHOD_GET;
    c.wasi_http_types_method_free(&method);

    const response = c.wasi_http_types_constructor_outgoing_response(
        if (is_get) headers("content-type", "text/plain") else headers("x-method", "POST"),
    );
    var body: c.wasi_http_types_own_outgoing_body_t = undefined;
    check(c.wasi_http_types_method_outgoing_response_body(c.wasi_http_types_borrow_outgoing_response(response), &body));
    var output: c.wasi_io_streams_own_output_stream_t = undefined;
    check(c.wasi_http_types_method_outgoing_body_write(c.wasi_http_types_borrow_outgoing_body(body), &output));
    var result: c.wasi_http_types_result_own_outgoing_response_error_code_t = undefined;
    result.is_err = false;
    result.val.ok = response;
    c.wasi_http_types_static_response_outparam_set(outparam, &result);

    if (is_get) writeAll(output, "Hello from Zig!\n") else echo(request, output);
    c.wasi_io_streams_output_stream_drop_own(output);
    var failure: c.wasi_http_types_error_code_t = undefined;
    check(c.wasi_http_types_static_outgoing_body_finish(body, null, &failure));
}
