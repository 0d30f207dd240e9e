//! What `fields` take and refuse, as text: two hosts must give the same.

use wasip2::http::types::{Fields, HeaderError, IncomingRequest, OutgoingRequest, Method, Scheme};

fn name(result: Result<(), HeaderError>) -> &'static str {
    match result {
        Ok(()) => "ok",
        Err(HeaderError::InvalidSyntax) => "invalid-syntax",
        Err(HeaderError::Forbidden) => "forbidden",
        Err(HeaderError::Immutable) => "immutable",
    }
}

const NAMES: [&str; 22] = [
    "a", "X-Mixed", "", "a b", "a:b", "é", "a\nb", "(", "a/b", "connection", "Keep-Alive", "proxy-authenticate",
    "proxy-authorization", "proxy-connection", "te", "transfer-encoding", "upgrade", "host", "http2-settings",
    "content-length", "trailer", "expect",
];
const VALUES: [&[u8]; 9] = [b"", b"7", b"007", b"+5", b"a\r\nb", b"\0", b"\x7f", b"\xff\xfe", b" a\tb "];

pub fn report(request: &IncomingRequest) -> String {
    let mut lines = Vec::new();
    for field in NAMES {
        let fields = Fields::new();
        let results = [
            name(fields.append(field, b"1")),
            name(fields.set(field, &[b"1".to_vec(), b"2".to_vec()])),
            name(fields.delete(field)),
            name(Fields::from_list(&[(field.to_string(), b"1".to_vec())]).map(drop)),
            if fields.has(field) { "has" } else { "has not" },
        ];
        lines.push(format!("{field:?} {results:?} {:?}", fields.get(field)));
    }
    for value in VALUES {
        let fields = Fields::new();
        let appended = ["x", "content-length"].map(|field| name(fields.append(field, value)));
        lines.push(format!("{} {appended:?} {:?}", value.escape_ascii(), fields.entries()));
    }
    let headers = request.headers();
    let frozen = [name(headers.append("a", b"1")), name(headers.set("a", &[])), name(headers.delete("a"))];
    lines.push(format!("frozen {frozen:?} {}", name(headers.clone().append("a", b"1"))));
    lines.push(outgoing());
    lines.join("\n") + "\n"
}

/// What the setters of a request take.
fn outgoing() -> String {
    let request = OutgoingRequest::new(Fields::new());
    let methods = ["GET", "X-Y", "a b", ""].map(|it| request.set_method(&Method::Other(it.into())).is_ok());
    let schemes = ["ftp", "1x", "", "a b"].map(|it| request.set_scheme(Some(&Scheme::Other(it.into()))).is_ok());
    let authorities = ["a.test", "a.test:80", "[::1]:8080", "a.test:", "a.test:x", "a.test:65536", "a b", "a/b"]
        .map(|it| request.set_authority(Some(it)).is_ok());
    let paths = ["/", "/a?b=c&d", "?x", "/a b", "/a\nb", "/{}\"", "/é", "/<", "/a?b<", "/`"]
        .map(|it| request.set_path_with_query(Some(it)).is_ok());
    format!("methods {methods:?} schemes {schemes:?} authorities {authorities:?} paths {paths:?}")
}
