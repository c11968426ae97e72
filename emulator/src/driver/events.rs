//! Streams of events: what a caller holds who was answered by one. It is closed by its end, or by being dropped.
//!
//! Events wait without bound for a reader who is slow: how many there are is the service's to pace.

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
        self.events.recv().await
    }

    /// The same for who polls.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Val, WireError>>> {
        self.events.poll_recv(cx)
    }

    /// What has come already; `None` if nothing has, or nothing will.
    pub fn try_next(&mut self) -> Option<Result<Val, WireError>> {
        self.events.try_recv().ok()
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
