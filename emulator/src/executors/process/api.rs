//! The Lambda Runtime API as one function's process sees it: ask for the next event, answer it, or say why not.
//!
//! Documented: docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html (read 2026-11-29).
//! Left out: streamed responses and extensions.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use crate::services::lambda::Failure;

const PREFIX: &str = "/2018-06-01/runtime/";

/// A body that a runtime may send. Responses are limited by Lambda itself; this only bounds our memory.
const BODY_BYTES_MAX: usize = 64 * 1_024 * 1_024;

/// An event for the process.
#[derive(Clone, Debug)]
pub(super) struct Next {
    pub(super) request_id: String,
    /// Names and values, besides the request id.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) payload: Bytes,
}

/// What the process has said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It asked for an event: it has started.
    Ready,
    /// The answer, and how long the code has slept in tank time.
    Response(Bytes, Duration),
    /// What it raised, and the same.
    Error(Bytes, Duration),
    /// It has slept in tank time until its timeout, and waits to be stopped.
    TimedOut,
    /// It could not start.
    InitError(Bytes),
}

/// One process's end of the API: a server of its own on a port of its own, gone when this is dropped.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    pub(super) address: SocketAddr,
    pub(super) said: mpsc::UnboundedReceiver<Said>,
    next: mpsc::UnboundedSender<Next>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    next: tokio::sync::Mutex<mpsc::UnboundedReceiver<Next>>,
    said: mpsc::UnboundedSender<Said>,
    /// The event that has been given out and not been answered.
    current: Mutex<Option<String>>,
}

impl RuntimeApi {
    pub(super) async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (next, next_receiver) = mpsc::unbounded_channel();
        let (said_sender, said) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            next: tokio::sync::Mutex::new(next_receiver),
            said: said_sender,
            current: Mutex::new(None),
        });
        let server = tokio::spawn(serve(listener, shared));
        Ok(Self { address, said, next, server })
    }

    /// Gives the process an event.
    pub(super) fn give(&self, next: Next) {
        // The server ends only with this value: somebody is there to take it.
        drop(self.next.send(next));
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Serves connections until it is aborted, and theirs with it.
async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        let handle = service_fn(move |request| {
            let shared = Arc::clone(&shared);
            async move { Ok::<_, Infallible>(answer(&shared, request).await) }
        });
        let connection =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), handle);
        connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a function's process has hung up");
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(shared: &Shared, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let path = request.uri().path().strip_prefix(PREFIX).unwrap_or_default().to_owned();
    let parts: Vec<&str> = path.split('/').collect();
    match (request.method(), &parts[..]) {
        (&Method::GET, ["invocation", "next"]) => next(shared).await,
        (&Method::POST, ["init", "error"]) => match read(request).await {
            Ok(body) => accept(shared, Said::InitError(body)),
            Err(refused) => refused,
        },
        (&Method::POST, ["invocation", _, "timed-out"]) => accept(shared, Said::TimedOut),
        (&Method::POST, ["invocation", id, kind @ ("response" | "error")]) => {
            let (id, is_error) = ((*id).to_owned(), *kind == "error");
            let slept = slept(request.headers());
            let body = read(request).await;
            let current =
                shared.current.lock().expect("nothing panics while it holds this").take_if(|it| *it == id);
            if current.is_none() {
                return say(
                    StatusCode::BAD_REQUEST,
                    Failure::document("InvalidRequestID", "Invalid request ID"),
                );
            }
            match body {
                Ok(body) if is_error => accept(shared, Said::Error(body, slept)),
                Ok(body) => accept(shared, Said::Response(body, slept)),
                Err(refused) => {
                    let message = format!("Response payload size exceeded {BODY_BYTES_MAX} bytes.");
                    let document = Failure::document("Function.ResponseSizeTooLarge", &message);
                    accept(shared, Said::Error(document, slept));
                    refused
                }
            }
        }
        _ => say(StatusCode::NOT_FOUND, Failure::document("NotFound", "wavetank serves no such path")),
    }
}

/// What our Python client says of the sleeps of an invocation in a frozen tank. Others say nothing.
fn slept(headers: &HeaderMap) -> Duration {
    let millis = headers.get("Wavetank-Slept-Ms").and_then(|value| value.to_str().ok()?.parse().ok());
    Duration::from_millis(millis.unwrap_or(0))
}

/// Waits for an event, however long that takes.
async fn next(shared: &Shared) -> Response<Full<Bytes>> {
    drop(shared.said.send(Said::Ready));
    let Some(next) = shared.next.lock().await.recv().await else {
        return say(StatusCode::GONE, Failure::document("Gone", "the tank has ended"));
    };
    *shared.current.lock().expect("nothing panics while it holds this") = Some(next.request_id.clone());
    let mut response = Response::builder()
        .header("Content-Type", "application/json")
        .header("Lambda-Runtime-Aws-Request-Id", next.request_id);
    for (name, value) in next.headers {
        response = response.header(name, value);
    }
    response.body(Full::new(next.payload)).unwrap_or_else(|error| {
        say(StatusCode::INTERNAL_SERVER_ERROR, Failure::document("BadHeader", &error.to_string()))
    })
}

async fn read(request: Request<Incoming>) -> Result<Bytes, Response<Full<Bytes>>> {
    let body = Limited::new(request.into_body(), BODY_BYTES_MAX).collect().await;
    body.map(http_body_util::Collected::to_bytes).map_err(|error| {
        let document = Failure::document("RequestEntityTooLarge", &error.to_string());
        say(StatusCode::PAYLOAD_TOO_LARGE, document)
    })
}

fn accept(shared: &Shared, said: Said) -> Response<Full<Bytes>> {
    drop(shared.said.send(said));
    say(StatusCode::ACCEPTED, Bytes::from_static(b"{\"status\":\"OK\"}"))
}

fn say(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response
}
