//! One HTTP request to an address of this machine: Firehose's HTTP endpoints, SNS's subscriptions.
//!
//! Left out: TLS, redirects, proxies, keeping connections. A host that is not this machine is refused before anything is
//! sent. The work takes no tank time; only how long it may take is real.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST};
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::world::{HTTP_REPLY_BYTES_MAX, HttpOutput, HttpReply, HttpWork, Outcome, Output};

/// Sends the request and reads the answer. What goes wrong on the way is the outcome.
pub(super) async fn run(work: HttpWork) -> Outcome {
    let timeout = work.timeout;
    let result = match limited(timeout, send(work)).await {
        Some(result) => result,
        None => Err(format!("no answer within {} ms", timeout.as_millis())),
    };
    Outcome { duration: Duration::ZERO, output: Output::Http(HttpOutput { result }) }
}

/// A server that never answers must not hold the tank for ever.
async fn limited<R>(timeout: Duration, work: impl Future<Output = R>) -> Option<R> {
    tokio::time::timeout(timeout, work).await.ok()
}

async fn send(work: HttpWork) -> Result<HttpReply, String> {
    let uri: Uri = work.url.parse().map_err(|why| format!("`{}` is not a URL: {why}", work.url))?;
    let address = loopback(&uri)?;
    let failed = |why: &dyn std::fmt::Display| format!("{}: {why}", work.url);
    let stream = TcpStream::connect(address).await.map_err(|why| failed(&why))?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|why| failed(&why))?;
    // Ends when the sender is dropped and the answer has been read.
    tokio::spawn(async move {
        if let Err(why) = connection.await {
            tracing::debug!(%why, "a connection of the tank's own ended early");
        }
    });
    let authority = uri.authority().map_or("localhost", |authority| authority.as_str()).to_owned();
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let mut request = Request::builder().method(work.method.as_str()).uri(path).header(HOST, authority);
    for (name, value) in &work.headers {
        request = request.header(name, value);
    }
    let request = request.header(CONTENT_LENGTH, work.body.len());
    let request = request.body(Full::new(work.body.clone())).map_err(|why| failed(&why))?;
    let (head, body) = sender.send_request(request).await.map_err(|why| failed(&why))?.into_parts();
    let body: Bytes =
        Limited::new(body, HTTP_REPLY_BYTES_MAX).collect().await.map_err(|why| failed(&why))?.to_bytes();
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    Ok(HttpReply { status: head.status.as_u16(), headers, body })
}

/// Where a URL of this machine leads.
fn loopback(uri: &Uri) -> Result<SocketAddr, String> {
    let host = uri.host().unwrap_or_default();
    if uri.scheme_str() != Some("http") {
        return Err(format!("`{uri}`: only http:// to this machine is sent"));
    }
    let address: Option<IpAddr> = match host.trim_start_matches('[').trim_end_matches(']') {
        "localhost" => Some(IpAddr::from([127, 0, 0, 1])),
        other => other.parse().ok(),
    };
    match address {
        Some(address) if address.is_loopback() => Ok(SocketAddr::new(address, uri.port_u16().unwrap_or(80))),
        _ => Err(format!("`{host}` is not this machine")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_reached() {
        let check = |url: &str, expected: Result<&str, &str>| {
            let found = loopback(&url.parse().expect("a URL"));
            let found = found.map(|address| address.to_string());
            assert_eq!(found.as_deref().map_err(String::as_str), expected, "{url}");
        };
        check("http://127.0.0.1:8080/in?a=b", Ok("127.0.0.1:8080"));
        check("http://localhost/", Ok("127.0.0.1:80"));
        check("http://[::1]:9000/", Ok("[::1]:9000"));
        check("http://10.0.0.1/", Err("`10.0.0.1` is not this machine"));
        check("http://example.com/", Err("`example.com` is not this machine"));
        check("https://localhost/", Err("`https://localhost/`: only http:// to this machine is sent"));
    }
}
