// What an event guest must do, by the event's first word; `test/conformance/languages.ts` says what is expected.
#include "plain.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX 65536

static unsigned calls;

// The answer so far; whoever frees the result frees it.
static char *answer;
static size_t length;

static void add(const void *bytes, size_t count) {
    answer = realloc(answer, length + count + 1);
    memcpy(answer + length, bytes, count);
    length += count;
    answer[length] = 0;
}

static void add_text(const char *text) { add(text, strlen(text)); }

static void add_line(plain_string_t it) {
    add(it.ptr, it.len);
    add_text("\n");
}

static void add_option(plain_option_string_t it, const char *end) {
    if (it.is_some) add(it.val.ptr, it.val.len);
    else add_text("-");
    add_text(end);
}

static void describe(exports_pilot_function_handler_context_t *it) {
    char number[40];
    add_line(it->request_id);
    add_line(it->function_name);
    add_line(it->function_version);
    add_line(it->invoked_function_arn);
    snprintf(number, sizeof number, "%u\n%s\n", it->memory_limit_in_mb, it->deadline_ms > 1600000000000 ? "true" : "false");
    add_text(number);
    add_line(it->log_group_name);
    add_line(it->log_stream_name);
    add_option(it->client_context, "\n");
    add_option(it->tenant_id, "\n");
    add_option(it->trace_id, "");
}

static void read_file(const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) return add_text("-");
    char part[MAX];
    for (size_t count; (count = fread(part, 1, sizeof part, file)) > 0;) add(part, count);
    fclose(file);
}

static void read_clocks(void) {
    struct timespec now, before, after;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_MONOTONIC, &before);
    clock_gettime(CLOCK_MONOTONIC, &after);
    int forward = after.tv_sec > before.tv_sec || (after.tv_sec == before.tv_sec && after.tv_nsec >= before.tv_nsec);
    add_text(now.tv_sec > 1600000000 && forward ? "true" : "false");
}

static void fail(const char *message, exports_pilot_function_handler_failure_t *failure) {
    plain_string_dup(&failure->error_type, "Sample");
    plain_string_dup(&failure->error_message, message);
    failure->stack_trace.len = 2;
    failure->stack_trace.ptr = malloc(2 * sizeof(plain_string_t));
    plain_string_dup(&failure->stack_trace.ptr[0], "at one");
    plain_string_dup(&failure->stack_trace.ptr[1], "at two");
}

bool exports_pilot_function_handler_handle(plain_list_u8_t *event, exports_pilot_function_handler_context_t *context,
                                           plain_list_u8_t *ret, exports_pilot_function_handler_failure_t *err) {
    calls++;
    answer = malloc(1);
    answer[length = 0] = 0;
    size_t split = 0;
    while (split < event->len && event->ptr[split] != ' ') split++;
    size_t start = split < event->len ? split + 1 : split;
    char *word = strndup((char *)event->ptr, split);
    char *rest = strndup((char *)event->ptr + start, event->len - start);
    bool ok = true;
    if (strcmp(word, "echo") == 0) add(event->ptr + start, event->len - start);
    else if (strcmp(word, "context") == 0) describe(context);
    else if (strcmp(word, "fail") == 0) fail(rest, err), ok = false;
    else if (strcmp(word, "trap") == 0) __builtin_trap();
    else if (strcmp(word, "env") == 0) add_text(getenv(rest) == NULL ? "-" : getenv(rest));
    else if (strcmp(word, "read") == 0) read_file(rest);
    else if (strcmp(word, "time") == 0) read_clocks();
    else if (strcmp(word, "count") == 0) {
        char number[12];
        snprintf(number, sizeof number, "%u", calls);
        add_text(number);
    } else if (strcmp(word, "say") == 0) {
        printf("out %s\n", rest);
        fflush(stdout);
        fprintf(stderr, "err %s\n", rest);
        add_text("said");
    } else add_text("?");
    free(word);
    free(rest);
    plain_list_u8_free(event);
    exports_pilot_function_handler_context_free(context);
    ret->ptr = (uint8_t *)answer;
    ret->len = length;
    return ok;
}
