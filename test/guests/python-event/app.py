"""What an event guest must do, by the event's first word; `test/conformance/languages.ts` says what is expected."""

import os
import sys
import time

from componentize_py_types import Err
from wit_world.imports.pilot_function_types import Context, Failure

calls = 0


def describe(it: Context) -> str:
    options = [it.client_context, it.tenant_id, it.trace_id]
    fields = [it.request_id, it.function_name, it.function_version, it.invoked_function_arn, it.memory_limit_in_mb]
    fields += ["true" if it.deadline_ms > 1_600_000_000_000 else "false", it.log_group_name, it.log_stream_name]
    return "\n".join([*map(str, fields), *("-" if text is None else text for text in options)])


def say(text: str) -> str:
    print(f"out {text}", flush=True)
    print(f"err {text}", file=sys.stderr, flush=True)
    return "said"


def read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return "-"


def clocks() -> str:
    before = time.monotonic_ns()
    return "true" if time.time() > 1_600_000_000 and time.monotonic_ns() >= before else "false"


class Handler:
    def handle(self, event: bytes, context: Context) -> bytes:
        global calls
        calls += 1
        word, _, rest = event.partition(b" ")
        if word == b"echo":
            return rest
        text = rest.decode()
        match word:
            case b"fail":
                raise Err(Failure("Sample", text, ["at one", "at two"]))
            case b"trap":
                raise RuntimeError("as asked")
            case b"context":
                return describe(context).encode()
            case b"count":
                return str(calls).encode()
            case b"env":
                return os.environ.get(text, "-").encode()
            case b"say":
                return say(text).encode()
            case b"read":
                return read(text).encode()
            case b"time":
                return clocks().encode()
        return b"?"
