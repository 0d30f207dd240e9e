// A small wasi:http guest in C++, against version 0.2.12: GET answers a greeting, all else echoes the body as it comes.
#include "http.h"
#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void check(bool ok) {
    if (!ok) __builtin_trap();
}

/** A resource that is dropped at the end of its scope. */
template <typename T, void (*drop)(T)> class Owned {
  public:
    explicit Owned(T handle) : handle(handle) {}
    Owned(const Owned &) = delete;
    ~Owned() { drop(handle); }
    T operator*() const { return handle; }

  private:
    T handle;
};

using Output = Owned<wasi_io_streams_own_output_stream_t, wasi_io_streams_output_stream_drop_own>;
using Input = Owned<wasi_io_streams_own_input_stream_t, wasi_io_streams_input_stream_drop_own>;
using Request = Owned<wasi_http_types_own_incoming_request_t, wasi_http_types_incoming_request_drop_own>;
using Body = Owned<wasi_http_types_own_incoming_body_t, wasi_http_types_incoming_body_drop_own>;

wasi_http_types_own_fields_t headers(std::string name, std::string_view value) {
    auto fields = wasi_http_types_constructor_fields();
    http_string_t n = {reinterpret_cast<uint8_t *>(name.data()), name.size()};
    wasi_http_types_field_value_t v = {reinterpret_cast<uint8_t *>(const_cast<char *>(value.data())), value.size()};
    wasi_http_types_header_error_t error;
    check(wasi_http_types_method_fields_append(wasi_http_types_borrow_fields(fields), &n, &v, &error));
    return fields;
}

void writeAll(const Output &output, std::string_view text) {
    auto stream = wasi_io_streams_borrow_output_stream(*output);
    while (!text.empty()) {
        auto part = text.substr(0, 4096);
        http_list_u8_t chunk = {reinterpret_cast<uint8_t *>(const_cast<char *>(part.data())), part.size()};
        wasi_io_streams_stream_error_t error;
        check(wasi_io_streams_method_output_stream_blocking_write_and_flush(stream, &chunk, &error));
        text.remove_prefix(part.size());
    }
}

/** Moves the body without looking at it. */
void echo(const Request &request, const Output &output) {
    wasi_http_types_own_incoming_body_t incoming;
    check(wasi_http_types_method_incoming_request_consume(wasi_http_types_borrow_incoming_request(*request), &incoming));
    Body body(incoming);
    wasi_io_streams_own_input_stream_t stream;
    check(wasi_http_types_method_incoming_body_stream(wasi_http_types_borrow_incoming_body(*body), &stream));
    Input input(stream);
    wasi_io_streams_stream_error_t error;
    uint64_t moved;
    while (wasi_io_streams_method_output_stream_blocking_splice(wasi_io_streams_borrow_output_stream(*output),
                                                                wasi_io_streams_borrow_input_stream(*input), 65536, &moved,
                                                                &error)) {
    }
    check(error.tag == WASI_IO_STREAMS_STREAM_ERROR_CLOSED);
}

} // namespace

extern "C" void exports_wasi_http_incoming_handler_handle(exports_wasi_http_incoming_handler_own_incoming_request_t incoming,
                                                          exports_wasi_http_incoming_handler_own_response_outparam_t outparam) {
    Request request(incoming);
    wasi_http_types_method_t method;
    wasi_http_types_method_incoming_request_method(wasi_http_types_borrow_incoming_request(*request), &method);
    bool isGet = method.tag == WASI_HTTP_TYPES_METHOD_GET;
    wasi_http_types_method_free(&method);

    wasi_http_types_result_own_outgoing_response_error_code_t answer = {};
    answer.val.ok = wasi_http_types_constructor_outgoing_response(
        isGet ? headers("content-type", "text/plain") : headers("x-method", "POST"));
    wasi_http_types_own_outgoing_body_t body;
    check(wasi_http_types_method_outgoing_response_body(wasi_http_types_borrow_outgoing_response(answer.val.ok), &body));
    wasi_io_streams_own_output_stream_t stream;
    check(wasi_http_types_method_outgoing_body_write(wasi_http_types_borrow_outgoing_body(body), &stream));
    wasi_http_types_static_response_outparam_set(outparam, &answer);
    {
        Output output(stream);
        if (isGet) writeAll(output, "Hello from C++!\n");
        else echo(request, output);
    }
    wasi_http_types_error_code_t error;
    check(wasi_http_types_static_outgoing_body_finish(body, nullptr, &error));
}
