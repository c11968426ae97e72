//! Where Airflow's processes reach a tank that listens nowhere: a port of this machine that is open for all of the tank's life.
//!
//! A run that waits keeps its connections, so the port must not change between two pieces of work. The tank would never end if
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
use tokio::sync::oneshot;

use crate::driver::Tank;
use crate::gateway::{Gateway, plain};
use crate::server;

type Slot = Arc<Mutex<Weak<Gateway>>>;

/// An open port. It closes when this is dropped.
#[derive(Debug)]
pub(super) struct Port {
    endpoint: String,
    slot: Slot,
    _stop: oneshot::Sender<()>,
}

/// The tank can be reached while this is kept.
#[derive(Debug)]
pub(super) struct Reach {
    endpoint: String,
    _gateway: Option<Arc<Gateway>>,
}

impl Reach {
    /// Where the tank listens anyway.
    pub(super) fn elsewhere(endpoint: String) -> Self {
        Self { endpoint, _gateway: None }
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

impl Port {
    /// Opens a free one.
    pub(super) async fn open() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel();
        let slot = Slot::default();
        accept_in_background(listener, Arc::clone(&slot), stopped);
        Ok(Self { endpoint, slot, _stop: stop })
    }

    /// Lets this tank be reached.
    pub(super) fn reach(&self, tank: &Tank) -> Reach {
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
                    tracing::warn!(%error, "a connection of Airflow's was not accepted");
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
                None => plain(StatusCode::SERVICE_UNAVAILABLE, "no run is under way").map(Body::from),
            })
        }
    });
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection of Airflow's ended early");
    }
}
