//! Commands that talk to a running tank over its control API.

use std::process::ExitCode;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

use crate::args::{At, ClockArgs, ClockCommand};
use crate::failure::Failure;

/// What leads AWS's clients to a tank: names with their values, or nothing where one of a real account must not get in the way.
pub(crate) fn environment(endpoint: &str) -> [(&'static str, Option<&str>); 8] {
    [
        ("AWS_ENDPOINT_URL", Some(endpoint)),
        ("AWS_ACCESS_KEY_ID", Some("test")),
        ("AWS_SECRET_ACCESS_KEY", Some("test")),
        ("AWS_DEFAULT_REGION", Some("us-east-1")),
        ("AWS_REGION", Some("us-east-1")),
        // Live tail would look for `streaming-127.0.0.1`.
        ("AWS_DISABLE_HOST_PREFIX_INJECTION", Some("true")),
        ("AWS_SESSION_TOKEN", None),
        ("AWS_PROFILE", None),
    ]
}

/// Prints exports for a POSIX shell: `eval "$(wavetank env)"`.
pub(crate) fn env(at: &At) -> Result<ExitCode, Failure> {
    let endpoint = format!("http://127.0.0.1:{}", at.port);
    let mut unset = Vec::new();
    for (name, value) in environment(&endpoint) {
        match value {
            Some(value) => println!("export {name}={value}"),
            None => unset.push(name),
        }
    }
    println!("unset {}", unset.join(" "));
    // Last, so that nothing is lost where a shell makes one line of all.
    println!("# aws-cli 1 looks for sqs and rds at AWS all the same: give it --endpoint-url {endpoint}");
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn clock(args: &ClockArgs) -> Result<ExitCode, Failure> {
    let answer = match &args.command {
        None => ask(&args.at, Method::GET, "/_wavetank/clock", None)?,
        Some(ClockCommand::Advance { by }) => {
            let body = json!({ "by": format!("{}ms", by.as_millis()) });
            ask(&args.at, Method::POST, "/_wavetank/clock/advance", Some(body))?
        }
    };
    println!("{}", answer["now"].as_str().unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn status(at: &At) -> Result<ExitCode, Failure> {
    println!("{:#}", ask(at, Method::GET, "/_wavetank/status", None)?);
    Ok(ExitCode::SUCCESS)
}

/// One request to the control API, answered with JSON.
fn ask(at: &At, method: Method, path: &str, body: Option<Value>) -> Result<Value, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Environment(format!("cannot start: {error}")))?;
    let port = at.port;
    let (status, text) = runtime.block_on(send(port, method, path, body)).map_err(|cause| {
        let hint = format!("start one with `wavetank serve --port {port}`");
        Failure::Environment(format!("no tank answers on 127.0.0.1:{port}: {cause}\nhint: {hint}"))
    })?;
    let answer: Value = serde_json::from_slice(&text).unwrap_or_default();
    if status.is_success() {
        return Ok(answer);
    }
    let message = answer["message"].as_str().unwrap_or("no message");
    let hint = answer["hint"].as_str().unwrap_or("is it a tank that listens there?");
    Err(Failure::Failed(format!("the tank answered {status}: {message}\nhint: {hint}")))
}

type Sent = Result<(hyper::StatusCode, Bytes), Box<dyn std::error::Error>>;

async fn send(port: u16, method: Method, path: &str, body: Option<Value>) -> Sent {
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", format!("127.0.0.1:{port}"))
        .header("content-type", "application/json")
        .body(Full::new(body))?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}
