//! Connections to servers: a few to each, kept while they are good, so that requests need not wait for each other.
//!
//! A connection that the server closed while it lay idle is replaced, and the request that met it goes again, if nothing of it
//! had been sent or it only reads: by its method, or because its sender says so ([`OnlyReads`]). Left out: HTTP/2.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::client::causes;
use crate::target::address::Origin;

/// How long a server may take to take a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// How often a new connection may be dropped before it answers, for a request that only reads, and how long is waited each time: a
/// server that is just starting does so, and a container's port whose server is not there yet.
const DROPPED_MAX: u32 = 5;
const AFTER_DROP: Duration = Duration::from_millis(200);

/// What bytes go through.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Opens connections.
#[async_trait]
pub trait Dial: fmt::Debug + Send + Sync {
    /// A new connection to this server.
    async fn dial(&self, origin: &Origin) -> io::Result<Box<dyn Stream>>;
}

/// Without TLS.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

#[async_trait]
impl Dial for Plain {
    async fn dial(&self, origin: &Origin) -> io::Result<Box<dyn Stream>> {
        if origin.is_tls {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "TLS is not spoken to this target"));
        }
        let stream = TcpStream::connect((origin.host.as_str(), origin.port)).await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }
}

/// Why a server and we do not come to speak TLS, of a [`Dial`] that tried: what its `io::Error` carries.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTls {
    /// Its certificate is not trusted, in these words.
    #[error("{0}")]
    Untrusted(String),
    /// It answers otherwise, in these words.
    #[error("{0}")]
    Unspoken(String),
}

/// Why nothing was heard of a server.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Unheard {
    /// In the words of whatever failed.
    #[error("{0}")]
    Said(String),
    /// It is there, and was not asked.
    #[error(transparent)]
    Tls(NoTls),
}

impl From<String> for Unheard {
    fn from(words: String) -> Self {
        Self::Said(words)
    }
}

impl From<io::Error> for Unheard {
    fn from(error: io::Error) -> Self {
        match error.get_ref().and_then(|cause| cause.downcast_ref::<NoTls>()) {
            Some(cause) => Self::Tls(cause.clone()),
            None => Self::Said(error.to_string()),
        }
    }
}

/// Says of a request, among its extensions, that it changes nothing though its method could: every call of AWS's query and JSON
/// protocols is a `POST`.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnlyReads;

type Connection = SendRequest<Full<Bytes>>;

/// The connections to one server.
#[derive(Debug)]
struct Lane {
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

/// Connections to any number of servers.
#[derive(Debug)]
pub(super) struct Pool {
    dial: Arc<dyn Dial>,
    connections_max: usize,
    lanes: Mutex<BTreeMap<Origin, Arc<Lane>>>,
}

impl Pool {
    /// So many connections to each server, at most.
    pub(super) fn new(dial: Arc<dyn Dial>, connections_max: usize) -> Self {
        Self { dial, connections_max: connections_max.max(1), lanes: Mutex::default() }
    }

    /// Waits until no request is under way.
    pub(super) async fn quiesce(&self) {
        let lanes: Vec<Arc<Lane>> = {
            let lanes = self.lanes.lock().expect("nothing panics while it holds this");
            lanes.values().cloned().collect()
        };
        let all = u32::try_from(self.connections_max).unwrap_or(u32::MAX);
        for lane in lanes {
            drop(lane.permits.acquire_many(all).await);
        }
    }

    fn lane(&self, origin: &Origin) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().expect("nothing panics while it holds this");
        let new = || Lane { permits: Semaphore::new(self.connections_max), idle: Mutex::default() };
        Arc::clone(lanes.entry(origin.clone()).or_insert_with(|| Arc::new(new())))
    }

    /// One request, answered whole within this time. Says why not.
    pub(super) async fn send(
        &self,
        origin: &Origin,
        mut request: Request<Bytes>,
        within: Duration,
    ) -> Result<Response<Bytes>, Unheard> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = path.parse().map_err(|why| format!("{why}"))?;
        if !request.headers().contains_key("host") {
            let host = HeaderValue::from_str(&origin.authority()).map_err(|why| why.to_string())?;
            request.headers_mut().insert("host", host);
        }
        let lane = self.lane(origin);
        let _permit = lane.permits.acquire().await.map_err(|why| why.to_string())?;
        match tokio::time::timeout(within, self.exchange(&lane, origin, request.map(Full::new))).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer within {} s", within.as_secs()).into()),
        }
    }

    async fn exchange(
        &self,
        lane: &Lane,
        origin: &Origin,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, Unheard> {
        // What only reads may go twice.
        let only_reads = request.method().is_safe() || request.extensions().get::<OnlyReads>().is_some();
        let again = only_reads.then(|| request.clone());
        let mut dropped = 0;
        loop {
            let kept = lane.take();
            let is_kept = kept.is_some();
            let mut connection = match kept {
                Some(mut connection) => match connection.ready().await {
                    Ok(()) => connection,
                    Err(_) => continue,
                },
                None => self.connect(origin).await?,
            };
            match connection.try_send_request(request).await {
                Ok(answer) => {
                    let (head, body) = answer.into_parts();
                    let body = body.collect().await.map_err(|why| causes(&why))?.to_bytes();
                    lane.idle.lock().expect("nothing panics while it holds this").push(connection);
                    return Ok(Response::from_parts(head, body));
                }
                Err(mut failed) => match failed.take_message().or_else(|| again.clone()) {
                    Some(message) if is_kept => request = message,
                    Some(message) if only_reads && dropped < DROPPED_MAX => {
                        dropped += 1;
                        pause(AFTER_DROP).await;
                        request = message;
                    }
                    _ => return Err(causes(&failed.into_error()).into()),
                },
            }
        }
    }

    async fn connect(&self, origin: &Origin) -> Result<Connection, Unheard> {
        let dialled = tokio::time::timeout(CONNECT_WITHIN, self.dial.dial(origin)).await;
        let stream =
            dialled.map_err(|_| format!("no connection within {} s", CONNECT_WITHIN.as_secs()))??;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|why| causes(&why))?;
        tokio::spawn(connection);
        Ok(sender)
    }
}

impl Lane {
    /// A connection that can take a request, as far as can be seen from here.
    fn take(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().expect("nothing panics while it holds this");
        idle.retain(|connection| !connection.is_closed());
        idle.pop()
    }
}

#[expect(clippy::disallowed_methods, reason = "a real server is waited for")]
async fn pause(span: Duration) {
    tokio::time::sleep(span).await;
}
