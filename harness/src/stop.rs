//! How something long is asked to end early: it removes what it has made, and then ends.

use std::sync::Arc;

use tokio::sync::watch;

/// Asked once, and so for good. Clones are handles to the same one.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// Asks.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Whether it has been asked.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Comes back when it has been asked, even if that was before.
    pub async fn asked(&self) {
        // The sender is here: there is no end of it to hear of.
        drop(self.0.subscribe().wait_for(|is_asked| *is_asked).await);
    }
}
