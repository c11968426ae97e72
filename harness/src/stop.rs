//! How a run is asked to end early: it removes what it has made, and then ends.

use std::sync::Arc;

use tokio::sync::Notify;

/// Asked once, heard once. Clones are handles to the same one.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Notify>);

impl Stop {
    /// Asks.
    pub fn ask(&self) {
        self.0.notify_one();
    }

    /// Comes back when it has been asked, even if that was before.
    pub async fn asked(&self) {
        self.0.notified().await;
    }
}
