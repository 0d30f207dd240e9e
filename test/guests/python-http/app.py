"""A small wasi:http guest: GET answers a greeting, all else echoes the body as it comes."""

from componentize_py_types import Err, Ok
from wit_world.imports.streams import InputStream, OutputStream, StreamError_Closed
from wit_world.imports.wasi_http_types import (
    Fields,
    IncomingBody,
    IncomingRequest,
    Method_Get,
    OutgoingBody,
    OutgoingResponse,
    ResponseOutparam,
)


def copy(source: InputStream, sink: OutputStream) -> None:
    while True:
        try:
            chunk = source.blocking_read(10_000)
        except Err as error:
            if isinstance(error.value, StreamError_Closed):
                return
            raise
        for start in range(0, len(chunk), 4096):
            sink.blocking_write_and_flush(chunk[start : start + 4096])


class IncomingHandler:
    def handle(self, request: IncomingRequest, response_out: ResponseOutparam) -> None:
        get = isinstance(request.method(), Method_Get)
        field = ("content-type", b"text/plain") if get else ("x-method", b"POST")
        response = OutgoingResponse(Fields.from_list([field]))
        body = response.body()
        ResponseOutparam.set(response_out, Ok(response))
        with body.write() as sink:
            if get:
                sink.blocking_write_and_flush(b"Hello from Python!\n")
            else:
                incoming = request.consume()
                with incoming.stream() as source:
                    copy(source, sink)
                IncomingBody.finish(incoming)
        OutgoingBody.finish(body, None)
