//! Where processes (functions, scripts, Airflow) reach a tank that listens nowhere: a port of this machine that is open for all of
//! the tank's life.
//!
//! A process that stays keeps its connections, so the port must not change between two pieces of work. The tank would never end if
//! the port kept it: it is held only while a piece of work is under way, and nobody calls at other times.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, Weak};

use http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::Body;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OnceCell, oneshot};

use super::Door;
use crate::driver::Tank;
use crate::gateway::{Gateway, plain};
use crate::server;

type Slot = Arc<Mutex<Weak<Gateway>>>;

/// An open port. It closes when this is dropped.
#[derive(Debug)]
struct Port {
    endpoint: String,
    slot: Slot,
    _stop: oneshot::Sender<()>,
}

/// A tank's port, opened when the first process needs it.
#[derive(Debug, Default)]
pub(super) struct Ports(OnceCell<Port>);

impl Ports {
    /// Where the tank can be reached by a process, for as long as this is kept: where it listens anyway, or at a port of its own.
    pub(super) async fn reach(&self, door: &Door) -> io::Result<Reach> {
        match door.tank.endpoint() {
            Some(endpoint) => Ok(Reach { endpoint, _gateway: None }),
            None => Ok(self.0.get_or_try_init(Port::open).await?.reach(&door.tank)),
        }
    }
}

/// The tank can be reached while this is kept.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    endpoint: String,
    _gateway: Option<Arc<Gateway>>,
}

impl Reach {
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

impl Port {
    /// Opens a free one.
    async fn open() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel();
        let slot = Slot::default();
        accept_in_background(listener, Arc::clone(&slot), stopped);
        Ok(Self { endpoint, slot, _stop: stop })
    }

    /// Lets this tank be reached.
    fn reach(&self, tank: &Tank) -> Reach {
        let mut slot = self.slot.lock().expect("nothing panics while it holds this");
        let gateway = slot.upgrade().unwrap_or_else(|| Arc::new(Gateway::new(tank)));
        *slot = Arc::downgrade(&gateway);
        Reach { endpoint: self.endpoint.clone(), _gateway: Some(gateway) }
    }
}

/// Not `async`, so that nobody has to know the types behind it: what is served may be asked by a job.
fn accept_in_background(listener: TcpListener, slot: Slot, stopped: oneshot::Receiver<()>) {
    tokio::spawn(accept(listener, slot, stopped));
}

/// Until the port is dropped. A connection ends with the process that has made it.
async fn accept(listener: TcpListener, slot: Slot, mut stopped: oneshot::Receiver<()>) {
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(tokio::spawn(connection(stream, Arc::clone(&slot)))),
                Err(error) => {
                    tracing::warn!(%error, "a process's connection was not accepted");
                    tokio::task::yield_now().await;
                }
            },
            _ = &mut stopped => return,
        }
    }
}

async fn connection(stream: TcpStream, slot: Slot) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let service = service_fn(move |request: Request<Incoming>| {
        let gateway = slot.lock().expect("nothing panics while it holds this").upgrade();
        async move {
            Ok::<_, Infallible>(match gateway {
                Some(gateway) => server::answer(&gateway, &[], request).await,
                None => plain(StatusCode::SERVICE_UNAVAILABLE, "no work is under way").map(Body::from),
            })
        }
    });
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a process's connection ended early");
    }
}
