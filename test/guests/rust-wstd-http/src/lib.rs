//! A wasi:http guest as wstd's users write it: asynchronous, over `wasi:io/poll`.

use http_body_util::BodyExt;
use wstd::http::{Body, Error, Method, Request, Response};
use wstd::time::{Duration, Instant};

#[wstd::http_server]
async fn main(request: Request<Body>) -> Result<Response<Body>, Error> {
    if request.method() == Method::POST {
        return Ok(Response::builder().header("x-method", "POST").body(request.into_body())?);
    }
    match request.uri().path() {
        "/" => Ok(Response::builder().header("content-type", "text/plain").body("Hello from Rust with wstd!\n".into())?),
        "/sleep" => sleep().await,
        "/trailers" => trailers(request).await,
        _ => Ok(Response::builder().status(404).body("not found\n".into())?),
    }
}

/// Two timers at once.
async fn sleep() -> Result<Response<Body>, Error> {
    let start = Instant::now();
    let timer = || wstd::task::sleep(Duration::from_millis(30));
    futures_lite::future::zip(timer(), timer()).await;
    let slept = start.elapsed() >= Duration::from_millis(30);
    Ok(Response::new(format!("{slept}\n").into()))
}

/// Says how many trailers the request had.
async fn trailers(request: Request<Body>) -> Result<Response<Body>, Error> {
    let collected = request.into_body().into_boxed_body().collect().await?;
    let count = collected.trailers().map_or(0, |it| it.len());
    Ok(Response::new(format!("{count}\n").into()))
}
