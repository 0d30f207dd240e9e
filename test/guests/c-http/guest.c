// A small wasi:http guest in C, against version 0.2.0: GET answers a greeting, all else echoes the body as it comes.
#include "http.h"
#include <string.h>

static void fields_append(wasi_http_types_own_fields_t fields, const char *name, const char *value) {
    http_string_t n = {(uint8_t *)name, strlen(name)};
    wasi_http_types_field_value_t v = {(uint8_t *)value, strlen(value)};
    wasi_http_types_header_error_t error;
    if (!wasi_http_types_method_fields_append(wasi_http_types_borrow_fields(fields), &n, &v, &error)) __builtin_trap();
}

static void write_all(wasi_io_streams_own_output_stream_t output, uint8_t *bytes, size_t length) {
    wasi_io_streams_borrow_output_stream_t stream = wasi_io_streams_borrow_output_stream(output);
    while (length > 0) {
        http_list_u8_t chunk = {bytes, length < 4096 ? length : 4096};
        wasi_io_streams_stream_error_t error;
        if (!wasi_io_streams_method_output_stream_blocking_write_and_flush(stream, &chunk, &error)) __builtin_trap();
        bytes += chunk.len;
        length -= chunk.len;
    }
}

static void echo(wasi_http_types_borrow_incoming_request_t request, wasi_io_streams_own_output_stream_t output) {
    wasi_http_types_own_incoming_body_t body;
    wasi_io_streams_own_input_stream_t input;
    if (!wasi_http_types_method_incoming_request_consume(request, &body)) __builtin_trap();
    if (!wasi_http_types_method_incoming_body_stream(wasi_http_types_borrow_incoming_body(body), &input)) __builtin_trap();
    http_list_u8_t chunk;
    wasi_io_streams_stream_error_t error;
    while (wasi_io_streams_method_input_stream_blocking_read(wasi_io_streams_borrow_input_stream(input), 10000, &chunk, &error)) {
        write_all(output, chunk.ptr, chunk.len);
        http_list_u8_free(&chunk);
    }
    if (error.tag != WASI_IO_STREAMS_STREAM_ERROR_CLOSED) __builtin_trap();
    wasi_io_streams_input_stream_drop_own(input);
    wasi_http_types_incoming_body_drop_own(body);
}

void exports_wasi_http_incoming_handler_handle(exports_wasi_http_incoming_handler_own_incoming_request_t request,
                                               exports_wasi_http_incoming_handler_own_response_outparam_t outparam) {
    wasi_http_types_borrow_incoming_request_t borrowed = wasi_http_types_borrow_incoming_request(request);
    wasi_http_types_method_t method;
    wasi_http_types_method_incoming_request_method(borrowed, &method);

    wasi_http_types_own_fields_t headers = wasi_http_types_constructor_fields();
    fields_append(headers, "Content-Type", "text/plain");
    wasi_http_types_result_own_outgoing_response_error_code_t answer = {.is_err = false};
    answer.val.ok = wasi_http_types_constructor_outgoing_response(headers);
    wasi_http_types_own_outgoing_body_t body;
    wasi_io_streams_own_output_stream_t output;
    if (!wasi_http_types_method_outgoing_response_body(wasi_http_types_borrow_outgoing_response(answer.val.ok), &body))
        __builtin_trap();
    if (!wasi_http_types_method_outgoing_body_write(wasi_http_types_borrow_outgoing_body(body), &output)) __builtin_trap();
    wasi_http_types_static_response_outparam_set(outparam, &answer);

    static char hello[] = "Hello from C!\n";
    if (method.tag == WASI_HTTP_TYPES_METHOD_GET) write_all(output, (uint8_t *)hello, sizeof hello - 1);
    else echo(borrowed, output);
    wasi_http_types_method_free(&method);

    wasi_io_streams_output_stream_drop_own(output);
    wasi_http_types_error_code_t error;
    if (!wasi_http_types_static_outgoing_body_finish(body, NULL, &error)) __builtin_trap();
    wasi_http_types_incoming_request_drop_own(request);
}
