//! A `wasi:http` guest for tests: each path shows one thing that a host must do.

mod fetch;
mod fields;

use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam, Scheme,
};
use wasip2::io::streams::{InputStream, OutputStream, StreamError};

struct Component;
wasip2::http::proxy::export!(Component);

impl Guest for Component {
    fn handle(request: IncomingRequest, outparam: ResponseOutparam) {
        let target = request.path_with_query().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        match path {
            "/" | "/hello" => text(outparam, 200, "Hello, world!\n"),
            "/inspect" => text(outparam, 200, &inspect(&request)),
            "/echo" => echo(request, outparam),
            "/fields" => text(outparam, 200, &fields::report(&request)),
            "/fetch" => fetch::fetch(query, outparam),
            "/headers" => headers(outparam),
            "/trailers" => trailers(outparam),
            "/large" => large(outparam, query.parse().unwrap_or(0)),
            "/no-body" => set(outparam, OutgoingResponse::new(Fields::new())),
            "/empty-body" => text(outparam, 200, ""),
            "/unread" => text(outparam, 200, "the body was not read\n"),
            "/twice" => text(outparam, 200, &twice(&request)),
            "/short" => promised(outparam, b"abc", 10),
            "/long" => promised(outparam, b"abcdefghijkl", 3),
            "/error" => ResponseOutparam::set(outparam, Err(ErrorCode::InternalError(Some("no luck".into())))),
            "/nothing" => drop(outparam),
            "/panic" => panic!("as asked"),
            "/drop-body" => part(outparam, drop),
            "/leak-body" => part(outparam, std::mem::forget),
            "/panic-late" => part(outparam, |_| panic!("as asked")),
            "/spin" => part(outparam, |_| loop {
                std::hint::black_box(());
            }),
            _ => match path.strip_prefix("/status/").and_then(|code| code.parse().ok()) {
                Some(code) => status(outparam, code),
                None => text(outparam, 404, "not found\n"),
            },
        }
    }
}

fn set(outparam: ResponseOutparam, response: OutgoingResponse) {
    ResponseOutparam::set(outparam, Ok(response));
}

fn response(headers: Fields, code: u16) -> (OutgoingResponse, OutgoingBody, OutputStream) {
    let response = OutgoingResponse::new(headers);
    response.set_status_code(code).unwrap();
    let body = response.body().unwrap();
    let stream = body.write().unwrap();
    (response, body, stream)
}

fn text(outparam: ResponseOutparam, code: u16, content: &str) {
    let headers = Fields::new();
    headers.append("content-type", b"text/plain").unwrap();
    let (response, body, stream) = response(headers, code);
    set(outparam, response);
    write_all(&stream, content.as_bytes());
    drop(stream);
    OutgoingBody::finish(body, None).unwrap();
}

fn write_all(stream: &OutputStream, bytes: &[u8]) {
    for chunk in bytes.chunks(4096) {
        stream.blocking_write_and_flush(chunk).unwrap();
    }
}

fn method(method: &Method) -> String {
    match method {
        Method::Other(name) => format!("other {name}"),
        known => format!("{known:?}"),
    }
}

fn scheme(scheme: Option<Scheme>) -> String {
    match scheme {
        Some(Scheme::Other(name)) => format!("other {name}"),
        known => format!("{known:?}"),
    }
}

/// Everything of the request but its body. Names are sorted: their order over the network is no promise.
fn inspect(request: &IncomingRequest) -> String {
    let mut lines = vec![
        format!("method {}", method(&request.method())),
        format!("path {:?}", request.path_with_query()),
        format!("scheme {}", scheme(request.scheme())),
        format!("authority {}", if request.authority().is_some() { "some" } else { "none" }),
    ];
    let mut headers = request.headers().entries();
    headers.sort_by(|a, b| a.0.cmp(&b.0));
    lines.extend(headers.iter().map(|(name, value)| format!("header {name}: {}", value.escape_ascii())));
    lines.join("\n") + "\n"
}

/// Streams the request's body back while it comes, and its trailers.
fn echo(request: IncomingRequest, outparam: ResponseOutparam) {
    let headers = Fields::new();
    headers.append("x-method", method(&request.method()).as_bytes()).unwrap();
    for value in request.headers().get("content-type") {
        headers.append("content-type", &value).unwrap();
    }
    let incoming = request.consume().unwrap();
    let input = incoming.stream().unwrap();
    let (response, body, output) = response(headers, 200);
    set(outparam, response);
    copy(&input, &output);
    drop((input, output));
    let future = IncomingBody::finish(incoming);
    future.subscribe().block();
    let trailers = future.get().unwrap().unwrap().unwrap().map(|fields| fields.clone());
    OutgoingBody::finish(body, trailers).unwrap();
}

fn copy(input: &InputStream, output: &OutputStream) {
    loop {
        match input.blocking_read(65_536) {
            Ok(bytes) => write_all(output, &bytes),
            Err(StreamError::Closed) => return,
            Err(StreamError::LastOperationFailed(error)) => panic!("{}", error.to_debug_string()),
        }
    }
}

fn headers(outparam: ResponseOutparam) {
    let headers = Fields::new();
    for (name, value) in [
        ("X-One", b"1".as_slice()),
        ("set-cookie", b"a=1; Path=/"),
        ("set-cookie", b"b=2"),
        ("x-octets", b"caf\xc3\xa9 \xff"),
        ("x-empty", b""),
        ("content-length", b"005"),
        ("etag", b"\"x\""),
    ] {
        headers.append(name, value).unwrap();
    }
    let (response, body, stream) = response(headers, 203);
    set(outparam, response);
    write_all(&stream, b"12345");
    drop(stream);
    OutgoingBody::finish(body, None).unwrap();
}

fn trailers(outparam: ResponseOutparam) {
    let headers = Fields::new();
    headers.append("trailer", b"x-sum").unwrap();
    let (response, body, stream) = response(headers, 200);
    set(outparam, response);
    write_all(&stream, b"with trailers\n");
    drop(stream);
    let trailers = Fields::new();
    trailers.append("x-sum", b"42").unwrap();
    OutgoingBody::finish(body, Some(trailers)).unwrap();
}

/// `size` bytes, as fast as the host takes them.
fn large(outparam: ResponseOutparam, size: usize) {
    let (response, body, stream) = response(Fields::new(), 200);
    set(outparam, response);
    let pattern: Vec<u8> = (0..65_536u32).map(|i| (i % 251) as u8).collect();
    let mut left = size;
    let ready = stream.subscribe();
    while left > 0 {
        let room = stream.check_write().unwrap() as usize;
        if room == 0 {
            ready.block();
            continue;
        }
        let count = left.min(room).min(pattern.len());
        stream.write(&pattern[..count]).unwrap();
        left -= count;
    }
    drop((ready, stream));
    OutgoingBody::finish(body, None).unwrap();
}

/// What a second `consume`, `stream`, `body` and `write` give.
fn twice(request: &IncomingRequest) -> String {
    let body = request.consume().unwrap();
    let stream = body.stream().unwrap();
    let again = [request.consume().is_err(), body.stream().is_err()];
    drop(stream);
    let response = OutgoingResponse::new(Fields::new());
    let outgoing = response.body().unwrap();
    let output = outgoing.write().unwrap();
    let result = format!("{again:?} {:?}\n", [response.body().is_err(), outgoing.write().is_err()]);
    drop(output);
    drop(outgoing);
    result
}

/// A body that is not as long as its content-length: says on stderr what `write` and `finish` gave.
fn promised(outparam: ResponseOutparam, content: &[u8], length: u32) {
    let headers = Fields::new();
    headers.append("content-length", length.to_string().as_bytes()).unwrap();
    let (response, body, stream) = response(headers, 200);
    set(outparam, response);
    let written = stream.blocking_write_and_flush(content);
    drop(stream);
    let finished = OutgoingBody::finish(body, None);
    eprintln!("write {} finish {finished:?}", if written.is_ok() { "ok" } else { "failed" });
}

/// Half a body, and then what `end` does.
fn part(outparam: ResponseOutparam, end: impl FnOnce(OutgoingBody)) {
    let (response, body, stream) = response(Fields::new(), 200);
    set(outparam, response);
    write_all(&stream, b"half of it");
    drop(stream);
    end(body);
}

fn status(outparam: ResponseOutparam, code: u16) {
    let response = OutgoingResponse::new(Fields::new());
    match response.set_status_code(code) {
        Ok(()) => set(outparam, response),
        Err(()) => text(outparam, 200, "refused\n"),
    }
}
