//! Work that must be cleaned up after, however it ends: done, with a panic, or because somebody stopped it.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;

/// How the work ended.
#[derive(Debug)]
pub enum Ended<T, S> {
    /// By itself.
    Done(T),
    /// With a panic, in its words.
    Panicked(String),
    /// It was stopped.
    Stopped(S),
}

/// Works until it is done, panics, or `stop` says so. What has been begun by then is dropped.
pub async fn until<T, S>(work: impl Future<Output = T>, stop: impl Future<Output = S>) -> Ended<T, S> {
    tokio::select! {
        biased;
        said = stop => Ended::Stopped(said),
        ended = AssertUnwindSafe(work).catch_unwind() => match ended {
            Ok(value) => Ended::Done(value),
            Err(panic) => Ended::Panicked(words(panic.as_ref())),
        },
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no words".to_owned())
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn work_is_followed_to_whichever_end_it_has() {
        assert!(matches!(until(ready(1), pending::<()>()).await, Ended::Done(1)));
        assert!(matches!(until(pending::<()>(), ready(15)).await, Ended::Stopped(15)));
        let panics = async { panic!("in the {}", "middle") };
        assert!(
            matches!(until::<(), ()>(panics, pending()).await, Ended::Panicked(said) if said == "in the middle")
        );
    }
}
