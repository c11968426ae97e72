//! Makes chunks on many threads and hands them over in order, in bounded memory.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Chunks that wait for the writer, per worker, besides the one being made.
const CHUNKS_WAITING_MAX: usize = 1;

/// Pieces that are at a worker, at most.
const PIECES_AHEAD: usize = 2;

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
    // A thread costs more than most small tables: one chunk needs none.
    if threads == NonZeroUsize::MIN || chunks <= 1 {
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

/// Calls `take` with `make` of every piece in order, while `threads` workers make them. The pieces themselves are made one after
/// another by the caller's thread, which is at most two pieces per worker ahead. The first error of `take` ends it all.
pub(crate) fn in_turn<P: Send, T: Send, E>(
    threads: NonZeroUsize,
    mut pieces: impl Iterator<Item = P>,
    make: impl Fn(P) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    if threads == NonZeroUsize::MIN {
        return pieces.try_for_each(|piece| take(make(piece)));
    }
    let make = &make;
    thread::scope(|scope| {
        let workers: Vec<(SyncSender<P>, Receiver<T>)> = (0..threads.get())
            .map(|_| {
                let (to, from_caller) = sync_channel::<P>(PIECES_AHEAD);
                let (to_caller, from) = sync_channel(PIECES_AHEAD);
                scope.spawn(move || {
                    for piece in from_caller {
                        if to_caller.send(make(piece)).is_err() {
                            return;
                        }
                    }
                });
                (to, from)
            })
            .collect();
        let worker = |number: usize| &workers[number % workers.len()];
        let (mut sent, mut taken) = (0, 0);
        for piece in pieces {
            if sent - taken == PIECES_AHEAD * workers.len() {
                take(worker(taken).1.recv().expect("a worker answers each piece, or panics"))?;
                taken += 1;
            }
            worker(sent).0.send(piece).expect("a worker takes pieces until there are none, or panics");
            sent += 1;
        }
        (taken..sent).try_for_each(|number| take(worker(number).1.recv().expect("as above")))
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
    fn pieces_arrive_in_order_whatever_the_threads() {
        for (threads, pieces) in [(1, 5), (3, 0), (3, 100), (16, 5)] {
            let threads = NonZeroUsize::new(threads).expect("a thread");
            let mut seen = Vec::new();
            let take = |made| {
                seen.push(made);
                if seen.len() < 90 { Ok(()) } else { Err(made) }
            };
            let ended = in_turn(threads, 0..pieces, |piece| piece * 10, take);
            assert_eq!(ended, if pieces < 90 { Ok(()) } else { Err(890) });
            assert_eq!(seen, (0..pieces.min(90)).map(|n| n * 10).collect::<Vec<_>>());
        }
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
