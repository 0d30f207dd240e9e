// What an event guest must do, by the event's first word; `test/conformance/languages.ts` says what is expected.
#include "plain.h"
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace {

using Context = exports_pilot_function_handler_context_t;

unsigned calls = 0;

/** Made by a constructor that runs before the first call. */
const std::map<std::string, bool> ready = {{"ready", true}};

std::string textOf(const plain_string_t &it) { return {reinterpret_cast<const char *>(it.ptr), it.len}; }

std::string textOf(const plain_option_string_t &it) { return it.is_some ? textOf(it.val) : "-"; }

std::string describe(const Context &it) {
    std::vector<std::string> fields = {
        textOf(it.request_id),
        textOf(it.function_name),
        textOf(it.function_version),
        textOf(it.invoked_function_arn),
        std::to_string(it.memory_limit_in_mb),
        it.deadline_ms > 1600000000000 ? "true" : "false",
        textOf(it.log_group_name),
        textOf(it.log_stream_name),
        textOf(it.client_context),
        textOf(it.tenant_id),
        textOf(it.trace_id),
    };
    std::string text = fields[0];
    for (size_t i = 1; i < fields.size(); i++) text += "\n" + fields[i];
    return text;
}

/** Zig's C++ library has no streams of files. */
std::string read(const std::string &path) {
    std::FILE *file = std::fopen(path.c_str(), "r");
    if (file == nullptr) return "-";
    std::string text;
    char part[4096];
    while (size_t count = std::fread(part, 1, sizeof part, file)) text.append(part, count);
    std::fclose(file);
    return text;
}

std::string readClocks() {
    using namespace std::chrono;
    auto before = steady_clock::now();
    return system_clock::now().time_since_epoch() > hours(1) && steady_clock::now() >= before ? "true" : "false";
}

std::string say(const std::string &text) {
    std::printf("out %s\n", text.c_str());
    std::fflush(stdout);
    std::fprintf(stderr, "err %s\n", text.c_str());
    return "said";
}

std::string answer(const std::string &word, const std::string &rest, const Context &context) {
    if (word == "echo") return rest;
    if (word == "context") return describe(context);
    if (word == "trap") std::abort();
    if (word == "count" && ready.at("ready")) return std::to_string(calls);
    if (word == "env") return std::getenv(rest.c_str()) ? std::getenv(rest.c_str()) : "-";
    if (word == "say") return say(rest);
    if (word == "read") return read(rest);
    if (word == "time") return readClocks();
    return "?";
}

void fail(const std::string &message, exports_pilot_function_handler_failure_t &failure) {
    plain_string_dup(&failure.error_type, "Sample");
    plain_string_dup(&failure.error_message, message.c_str());
    failure.stack_trace = {static_cast<plain_string_t *>(std::malloc(2 * sizeof(plain_string_t))), 2};
    plain_string_dup(&failure.stack_trace.ptr[0], "at one");
    plain_string_dup(&failure.stack_trace.ptr[1], "at two");
}

} // namespace

extern "C" bool exports_pilot_function_handler_handle(plain_list_u8_t *event, Context *context, plain_list_u8_t *ret,
                                                      exports_pilot_function_handler_failure_t *err) {
    calls++;
    std::string text(reinterpret_cast<char *>(event->ptr), event->len);
    auto split = text.find(' ');
    std::string word = text.substr(0, split);
    std::string rest = split == std::string::npos ? "" : text.substr(split + 1);
    bool failed = word == "fail";
    if (failed) fail(rest, *err);
    else {
        std::string result = answer(word, rest, *context);
        ret->len = result.size();
        ret->ptr = static_cast<uint8_t *>(std::malloc(result.size() + 1));
        std::memcpy(ret->ptr, result.data(), result.size());
    }
    plain_list_u8_free(event);
    exports_pilot_function_handler_context_free(context);
    return !failed;
}
