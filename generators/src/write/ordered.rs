//! Makes chunks on many threads and hands them over in order, in bounded memory.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// Chunks that wait for the writer, per worker, besides the one being made.
const CHUNKS_WAITING_MAX: usize = 1;

/// Calls `take` with `make(0)`, `make(1)`, ... in this order, while `threads` workers make them.
///
/// Worker `w` makes chunks `w`, `w + threads`, ...: which thread makes a chunk is fixed, and reading the workers in turn
/// gives the order. The first error of `take` ends it all and is returned.
pub(crate) fn in_order<T: Send, E>(
    threads: NonZeroUsize,
    chunks: u64,
    make: impl Fn(u64) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    if threads == NonZeroUsize::MIN {
        return (0..chunks).try_for_each(|chunk| take(make(chunk)));
    }
    let make = &make;
    thread::scope(|scope| {
        let workers: Vec<Receiver<T>> = (0..threads.get())
            .map(|worker| {
                let (sender, receiver) = sync_channel(CHUNKS_WAITING_MAX);
                scope.spawn(move || {
                    for chunk in (worker as u64..chunks).step_by(threads.get()) {
                        if sender.send(make(chunk)).is_err() {
                            return;
                        }
                    }
                });
                receiver
            })
            .collect();
        for (_, worker) in (0..chunks).zip(workers.iter().cycle()) {
            let made = worker.recv().expect("a worker ends after its last chunk, or panics");
            take(made)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_arrive_in_order_whatever_the_threads() {
        let check = |threads: usize, chunks: u64| {
            let threads = NonZeroUsize::new(threads).expect("a thread");
            let mut seen = Vec::new();
            in_order(
                threads,
                chunks,
                |chunk| chunk * 10,
                |made| {
                    seen.push(made);
                    Ok::<(), ()>(())
                },
            )
            .expect("nothing refuses");
            assert_eq!(seen, (0..chunks).map(|n| n * 10).collect::<Vec<_>>());
        };
        check(1, 5);
        check(3, 0);
        check(3, 100);
        check(16, 5);
    }

    #[test]
    fn the_first_refusal_stops_the_workers() {
        let threads = NonZeroUsize::new(4).expect("a thread");
        let refused = in_order(
            threads,
            u64::MAX,
            |chunk| chunk,
            |chunk| {
                if chunk < 10 { Ok(()) } else { Err(chunk) }
            },
        );
        assert_eq!(refused, Err(10));
    }
}
