//! What an event guest must do, by the event's first word; `test/conformance/languages.ts` says what is expected.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Instant, SystemTime};

wit_bindgen::generate!({ path: "../../../wit", world: "function" });

use exports::pilot::function::handler::{Context, Failure, Guest};

struct Component;
export!(Component);

static CALLS: AtomicU32 = AtomicU32::new(0);

impl Guest for Component {
    fn handle(event: Vec<u8>, context: Context) -> Result<Vec<u8>, Failure> {
        let calls = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
        let split = event.iter().position(|&byte| byte == b' ').unwrap_or(event.len());
        let rest = event.get(split + 1..).unwrap_or_default();
        let text = String::from_utf8_lossy(rest);
        let answer = match &event[..split] {
            b"echo" => return Ok(rest.to_vec()),
            b"context" => describe(context),
            b"fail" => return Err(failure(&text)),
            b"trap" => panic!("as asked"),
            b"count" => calls.to_string(),
            b"env" => std::env::var(&*text).unwrap_or("-".into()),
            b"say" => say(&text),
            b"read" => std::fs::read_to_string(&*text).unwrap_or("-".into()),
            b"time" => (SystemTime::now() > SystemTime::UNIX_EPOCH && Instant::now() <= Instant::now()).to_string(),
            _ => "?".into(),
        };
        Ok(answer.into_bytes())
    }
}

fn describe(it: Context) -> String {
    let option = |text: Option<String>| text.unwrap_or("-".into());
    [
        it.request_id,
        it.function_name,
        it.function_version,
        it.invoked_function_arn,
        it.memory_limit_in_mb.to_string(),
        (it.deadline_ms > 1_600_000_000_000).to_string(),
        it.log_group_name,
        it.log_stream_name,
        option(it.client_context),
        option(it.tenant_id),
        option(it.trace_id),
    ]
    .join("\n")
}

fn failure(message: &str) -> Failure {
    let stack_trace = ["at one", "at two"].map(String::from).to_vec();
    Failure { error_type: "Sample".into(), error_message: message.into(), stack_trace }
}

fn say(text: &str) -> String {
    println!("out {text}");
    eprintln!("err {text}");
    "said".into()
}
