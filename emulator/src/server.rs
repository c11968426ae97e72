//! The gateway behind TCP: HTTP/1.1, and HTTP/2 for who begins with it, for local clients only.
//!
//! A page in a browser can reach a local port, so a request must name this machine in `Host` (against DNS rebinding) and
//! must not come from another site's page (`Origin`). Whether to listen beyond loopback is the caller's choice.
//! Left out: TLS, and the upgrade of a connection to HTTP/2: SDKs that want it begin with it.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use http::header::{HOST, ORIGIN};
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::Body;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use crate::driver::Tank;
use crate::gateway::{Gateway, plain};

/// Most headers of one request.
const HEADERS_MAX: usize = 128;

/// How much an HTTP/2 client may send before it has to wait, in bytes; per request and per connection.
const HTTP2_WINDOW_BYTES: u32 = 4 << 20;

/// Who may talk to the server.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// Further names of this machine that `Host` may give, such as a container's; `*` allows any.
    pub hosts: Vec<String>,
}

/// Serves a tank until `shutdown`, then finishes the requests that have begun.
pub async fn serve(tank: &Tank, listener: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    serve_gateway(Gateway::new(tank), listener, ServerOptions::default(), shutdown).await
}

/// The same for a gateway that is there already.
pub async fn serve_gateway(
    gateway: Gateway,
    listener: TcpListener,
    options: ServerOptions,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let (stop, stopped) = watch::channel(());
    // Each connection holds a sender; when the last is gone, all are done.
    let (working, mut done) = mpsc::channel::<()>(1);
    let hosts: Arc<[String]> = options.hosts.into();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // A client that went away before it was accepted, or too many open files: others go on.
                Err(why) => {
                    tracing::warn!(%why, "a connection was not accepted");
                    tokio::task::yield_now().await;
                    continue;
                }
            },
            () = &mut shutdown => break,
        };
        let (gateway, hosts) = (gateway.clone(), Arc::clone(&hosts));
        let (stopped, working) = (stopped.clone(), working.clone());
        tokio::spawn(async move {
            connection(stream, gateway, hosts, stopped).await;
            drop(working);
        });
    }
    drop(listener);
    drop(stop);
    drop(working);
    gateway.tank().end_streams();
    while done.recv().await.is_some() {}
    Ok(())
}

async fn connection(
    stream: TcpStream,
    gateway: Gateway,
    hosts: Arc<[String]>,
    mut stopped: watch::Receiver<()>,
) {
    // Without this a response whose head and body go out apart waits for the client's delayed acknowledgement.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let service = service_fn(move |request: Request<Incoming>| {
        let (gateway, hosts) = (gateway.clone(), Arc::clone(&hosts));
        async move { Ok::<Response<Body>, Infallible>(answer(&gateway, &hosts, request).await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // No `pipeline_flush`: it takes whatever a body gives, however slow the client is, and copies all of it.
    builder.http1().max_headers(HEADERS_MAX);
    builder
        .http2()
        .initial_stream_window_size(HTTP2_WINDOW_BYTES)
        .initial_connection_window_size(HTTP2_WINDOW_BYTES);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(why) = ended {
        tracing::debug!(%why, "a connection ended early");
    }
}

/// One request of a local client, or a refusal of who is none.
pub(crate) async fn answer(
    gateway: &Gateway,
    hosts: &[String],
    mut request: Request<Incoming>,
) -> Response<Body> {
    // HTTP/2 names the host beside the path.
    if let Some(authority) = request.uri().authority().filter(|_| !request.headers().contains_key(HOST))
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        request.headers_mut().insert(HOST, host);
    }
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let host = text(HOST).unwrap_or_default();
    if !is_this_machine(host, hosts) {
        let why = format!(
            "`{host}` is not a name of this server\nhint: use 127.0.0.1 or localhost, or start it with `serve --host NAME`\n"
        );
        return plain(StatusCode::FORBIDDEN, &why).map(Body::from);
    }
    let origin = request.headers().get(ORIGIN).map(|value| value.to_str().unwrap_or_default());
    if let Some(origin) = origin
        && !is_local_origin(origin, hosts)
    {
        let why =
            format!("a page of `{origin}` may not use this server\nhint: open the page from localhost\n");
        return plain(StatusCode::FORBIDDEN, &why).map(Body::from);
    }
    gateway.handle(request.map(Body::from)).await
}

/// Whether a `Host` header names this machine.
fn is_this_machine(host: &str, hosts: &[String]) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_end_matches('.');
    let is_loopback = name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    is_loopback
        || name == "[::1]"
        || is_under(name, "localhost")
        || is_under(name, "localhost.localstack.cloud")
        || hosts.iter().any(|allowed| allowed == "*" || is_under(name, allowed))
}

fn is_under(name: &str, domain: &str) -> bool {
    let length = name.len().checked_sub(domain.len());
    let Some((front, back)) = length.and_then(|at| name.split_at_checked(at)) else { return false };
    back.eq_ignore_ascii_case(domain) && (front.is_empty() || front.ends_with('.'))
}

/// Whether a page from there is one of this machine's own. `null` is not: any page can have that origin.
fn is_local_origin(origin: &str, hosts: &[String]) -> bool {
    let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    host.is_some_and(|host| is_this_machine(host, hosts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_served() {
        let allowed = ["tank".to_owned()];
        let check = |host: &str, served: bool| assert_eq!(is_this_machine(host, &allowed), served, "{host}");
        check("127.0.0.1:4566", true);
        check("127.0.0.2", true);
        check("localhost:4566", true);
        check("lake.s3.localhost:4566", true);
        check("[::1]:4566", true);
        check("tank:4566", true);
        check("lake.tank:4566", true);
        check("", false);
        check("10.0.0.1:4566", false);
        check("evil.example:4566", false);
        check("localhost.evil.example", false);
        check("notlocalhost", false);
        check("s3.us-east-1.amazonaws.com", false);
    }

    #[test]
    fn pages_of_other_sites_are_refused() {
        let check = |origin: &str, served: bool| assert_eq!(is_local_origin(origin, &[]), served, "{origin}");
        check("http://localhost:3000", true);
        check("http://127.0.0.1:4566", true);
        check("https://evil.example", false);
        check("null", false);
        check("file://", false);
    }
}
