//! `/fetch?AUTHORITY/PATH` fetches that over http and passes the answer on; `/fetch?post:…` sends a body and trailers.

use crate::{copy, text, write_all};
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingResponse, Method, OutgoingBody, OutgoingRequest, OutgoingResponse, RequestOptions,
    ResponseOutparam, Scheme,
};

pub fn fetch(query: &str, outparam: ResponseOutparam) {
    match send(query) {
        Ok(response) => pass(response, outparam),
        Err(error) => text(outparam, 502, &format!("{error:?}\n")),
    }
}

fn send(query: &str) -> Result<IncomingResponse, ErrorCode> {
    let (post, target) = query.strip_prefix("post:").map_or((false, query), |rest| (true, rest));
    let (authority, path) = target.split_once('/').unwrap_or((target, ""));
    let headers = Fields::new();
    headers.append("x-from", b"guest").unwrap();
    let request = OutgoingRequest::new(headers);
    request.set_scheme(Some(&Scheme::Http)).unwrap();
    request.set_authority(Some(authority)).unwrap();
    request.set_path_with_query(Some(&format!("/{path}"))).unwrap();
    if post {
        request.set_method(&Method::Post).unwrap();
    }
    let body = request.body().unwrap();
    let options = RequestOptions::new();
    options.set_connect_timeout(Some(2_000_000_000)).unwrap();
    let future = handle(request, Some(options))?;
    if post {
        let stream = body.write().unwrap();
        write_all(&stream, &vec![b'p'; 100_000]);
    }
    OutgoingBody::finish(body, None)?;
    future.subscribe().block();
    future.get().unwrap().unwrap()
}

fn pass(answer: IncomingResponse, outparam: ResponseOutparam) {
    let headers = Fields::new();
    for value in answer.headers().get("x-answer") {
        headers.append("x-answer", &value).unwrap();
    }
    let response = OutgoingResponse::new(headers);
    response.set_status_code(answer.status()).unwrap();
    let body = response.body().unwrap();
    ResponseOutparam::set(outparam, Ok(response));
    let incoming = answer.consume().unwrap();
    let (input, output) = (incoming.stream().unwrap(), body.write().unwrap());
    copy(&input, &output);
    drop((input, output));
    OutgoingBody::finish(body, None).unwrap();
}
