//! Waits on another server: `/AUTHORITY/PATH` sends GET http://AUTHORITY/PATH and answers with the status it got.

use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingRequest, OutgoingBody, OutgoingRequest, OutgoingResponse, ResponseOutparam, Scheme,
};

struct Component;
wasip2::http::proxy::export!(Component);

impl Guest for Component {
    fn handle(request: IncomingRequest, outparam: ResponseOutparam) {
        let target = request.path_with_query().unwrap_or_default();
        let (authority, path) = target[1..].split_once('/').unwrap_or((&target[1..], ""));
        let (status, text) = match get(authority, path) {
            Ok(status) => (200, format!("{status}\n")),
            Err(error) => (502, format!("{error:?}\n")),
        };
        let response = OutgoingResponse::new(Fields::new());
        response.set_status_code(status).unwrap();
        let body = response.body().unwrap();
        ResponseOutparam::set(outparam, Ok(response));
        body.write().unwrap().blocking_write_and_flush(text.as_bytes()).unwrap();
        OutgoingBody::finish(body, None).unwrap();
    }
}

fn get(authority: &str, path: &str) -> Result<u16, ErrorCode> {
    let request = OutgoingRequest::new(Fields::new());
    request.set_scheme(Some(&Scheme::Http)).unwrap();
    request.set_authority(Some(authority)).unwrap();
    request.set_path_with_query(Some(&format!("/{path}"))).unwrap();
    let future = outgoing_handler::handle(request, None)?;
    future.subscribe().block();
    Ok(future.get().unwrap().unwrap()?.status())
}
