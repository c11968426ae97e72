//! Streams of events: what a caller holds who was answered by one. It is closed by its end, or by being dropped.
//!
//! The queue itself has no bound: the service hears of each event that is taken, and holds back what a slow reader would let
//! pile up. Over a socket an event is taken when the connection has room for it, so that TCP's and HTTP/2's own windows
//! reach the service.

use std::task::{Context, Poll};

use tokio::sync::mpsc;
use wavetank_wire::{Val, WireError};

use super::{Core, Tank};
use crate::world::Ticket;

/// How a request was answered.
#[derive(Debug)]
pub enum Opened {
    /// At once, or after a while, whole.
    Output(Val),
    /// By events, as they come.
    Events(EventStream),
}

/// The events of one answer, in order. The service hears of it when this is dropped before the end.
#[derive(Debug)]
pub struct EventStream {
    tank: Tank,
    ticket: Ticket,
    events: mpsc::UnboundedReceiver<Result<Val, WireError>>,
}

impl EventStream {
    /// The next event: the stream's union with one member set. An error is the last; `None` is the end.
    pub async fn next(&mut self) -> Option<Result<Val, WireError>> {
        let event = self.events.recv().await;
        self.taken(event.as_ref());
        event
    }

    /// The same for who polls.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Val, WireError>>> {
        let polled = self.events.poll_recv(cx);
        if let Poll::Ready(event) = &polled {
            self.taken(event.as_ref());
        }
        polled
    }

    /// What has come already; `None` if nothing has, or nothing will.
    pub fn try_next(&mut self) -> Option<Result<Val, WireError>> {
        let event = self.events.try_recv().ok();
        self.taken(event.as_ref());
        event
    }

    fn taken(&self, event: Option<&Result<Val, WireError>>) {
        if let Some(Ok(_)) = event {
            let mut core = self.tank.core_now();
            core.world.event_taken(self.ticket);
            self.tank.settle_up(core);
        }
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        // A panic while the world was held has been told already.
        if let Ok(mut core) = self.tank.0.core.lock() {
            if core.streams.remove(&self.ticket).is_some() {
                core.world.close_stream(self.ticket);
            }
            self.tank.settle_up(core);
        }
    }
}

impl Tank {
    /// Listens to a stream that has just been opened, under the same lock.
    pub(super) fn listen(&self, core: &mut Core, ticket: Ticket) -> EventStream {
        let (sender, events) = mpsc::unbounded_channel();
        core.streams.insert(ticket, sender);
        EventStream { tank: self.clone(), ticket, events }
    }

    /// Ends all streams of events that are open: a server that stops does not wait for those who listen.
    pub(crate) fn end_streams(&self) {
        let mut core = self.core();
        for ticket in std::mem::take(&mut core.streams).into_keys() {
            core.world.close_stream(ticket);
        }
        self.settle_up(core);
    }
}
