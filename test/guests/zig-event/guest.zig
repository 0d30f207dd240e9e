//! What an event guest must do, by the event's first word; `test/conformance/languages.ts` says what is expected.
const std = @import("std");
const c = @import("bindings.zig");

const Context = c.exports_pilot_function_handler_context_t;
const Failure = c.exports_pilot_function_handler_failure_t;
const allocator = std.heap.c_allocator;

var calls: u32 = 0;

fn slice(it: c.plain_string_t) []const u8 {
    return it.ptr[0..it.len];
}

fn option(it: c.plain_option_string_t) []const u8 {
    return if (it.is_some) slice(it.val) else "-";
}

fn join(parts: []const []const u8, separator: []const u8) []u8 {
    return std.mem.join(allocator, separator, parts) catch unreachable;
}

fn number(value: u32, into: []u8) []u8 {
    return std.fmt.bufPrint(into, "{d}", .{value}) catch unreachable;
}

fn describe(it: *const Context) []u8 {
    var digits: [12]u8 = undefined;
    return join(&.{
        slice(it.request_id),
        slice(it.function_name),
        slice(it.function_version),
        slice(it.invoked_function_arn),
        number(it.memory_limit_in_mb, &digits),
        if (it.deadline_ms > 1600000000000) "true" else "false",
        slice(it.log_group_name),
        slice(it.log_stream_name),
        option(it.client_context),
        option(it.tenant_id),
        option(it.trace_id),
    }, "\n");
}

/// A copy; of nothing, too: an empty slice of the allocator's points nowhere, and hosts check where a list lies.
fn keep(text: []const u8) []u8 {
    const copy = allocator.alloc(u8, text.len + 1) catch unreachable;
    @memcpy(copy[0..text.len], text);
    return copy[0..text.len];
}

fn own(text: []const u8) c.plain_string_t {
    return .{ .ptr = keep(text).ptr, .len = text.len };
}

fn fail(message: []const u8, failure: *Failure) void {
    const frames = allocator.alloc(c.plain_string_t, 2) catch unreachable;
    frames[0] = own("at one");
    frames[1] = own("at two");
    failure.* = .{
        .error_type = own("Sample"),
        .error_message = own(message),
        .stack_trace = .{ .ptr = frames.ptr, .len = frames.len },
    };
}

fn answer(word: []const u8, rest: []const u8, context: *const Context) []u8 {
    if (std.mem.eql(u8, word, "echo")) return keep(rest);
    if (std.mem.eql(u8, word, "context")) return describe(context);
    if (std.mem.eql(u8, word, "trap")) @trap();
    if (std.mem.eql(u8, word, "count")) {
        var digits: [12]u8 = undefined;
        return keep(number(calls, &digits));
    }
    return keep("?");
}

export fn exports_pilot_function_handler_handle(
    event: *c.plain_list_u8_t,
    context: *Context,
    ret: *c.plain_list_u8_t,
    err: *Failure,
) bool {
    calls += 1;
    const bytes = event.ptr[0..event.len];
    const split = std.mem.indexOfScalar(u8, bytes, ' ') orelse bytes.len;
    const rest = bytes[@min(split + 1, bytes.len)..];
    const failed = std.mem.eql(u8, bytes[0..split], "fail");
    if (failed) fail(rest, err) else {
        const result = answer(bytes[0..split], rest, context);
        ret.* = .{ .ptr = result.ptr, .len = result.len };
    }
    c.plain_list_u8_free(event);
    c.exports_pilot_function_handler_context_free(context);
    return !failed;
}
