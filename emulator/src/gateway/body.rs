//! A request's body in one piece. A large one is gathered in memory that the next request uses again.
//!
//! Fresh memory for each large request costs more than the copying: the allocator gives it back, and the kernel clears every
//! page of it anew. Chunks are copied as they come, so that the connection reads the next one into the same place too.

use std::sync::{Mutex, MutexGuard};

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use s3s::Body;

/// Buffers kept for later requests, at most. As many large requests at one time gain from them.
const KEPT_MAX: usize = 8;

/// Bytes of all of them, at most.
const KEPT_BYTES_MAX: usize = 16 << 20;

/// The body is larger than allowed, or ended early.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unreadable;

/// A body in one piece.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) bytes: Bytes,
    /// It lies in one of our buffers, not in the connection's.
    is_ours: bool,
}

/// Memory for bodies.
#[derive(Debug, Default)]
pub(super) struct Buffers(Mutex<Vec<BytesMut>>);

impl Buffers {
    /// Reads a body. Give it back with [`Buffers::give_back`] once it has been decoded.
    pub(super) async fn gather(&self, mut body: Body, bytes_max: usize) -> Result<Gathered, Unreadable> {
        let expected = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        if expected > bytes_max {
            return Err(Unreadable);
        }
        let mut first = Bytes::new();
        let mut gathered: Option<BytesMut> = None;
        while !body.is_end_stream()
            && let Some(frame) = body.frame().await
        {
            let Ok(chunk) = frame.map_err(|_| Unreadable)?.into_data() else { continue };
            let before = gathered.as_ref().map_or(first.len(), BytesMut::len);
            if before + chunk.len() > bytes_max {
                return Err(Unreadable);
            }
            match &mut gathered {
                // Most bodies are one chunk: it stays where it is.
                None if first.is_empty() => first = chunk,
                None => {
                    let mut whole = self.room_for(expected.max(first.len() + chunk.len()));
                    whole.extend_from_slice(&std::mem::take(&mut first));
                    whole.extend_from_slice(&chunk);
                    gathered = Some(whole);
                }
                Some(whole) => whole.extend_from_slice(&chunk),
            }
        }
        Ok(match gathered {
            Some(whole) => Gathered { bytes: whole.freeze(), is_ours: true },
            None => Gathered { bytes: first, is_ours: false },
        })
    }

    /// Takes the memory of a body back, unless what was decoded lies in it.
    pub(super) fn give_back(&self, body: Gathered) {
        if !body.is_ours {
            return;
        }
        let Ok(mut buffer) = body.bytes.try_into_mut() else { return };
        buffer.clear();
        let mut kept = self.kept();
        let bytes: usize = kept.iter().map(BytesMut::capacity).sum();
        if kept.len() < KEPT_MAX && bytes + buffer.capacity() <= KEPT_BYTES_MAX {
            kept.push(buffer);
        }
    }

    fn room_for(&self, bytes: usize) -> BytesMut {
        let mut kept = self.kept();
        let fits = kept.iter().rposition(|buffer| buffer.capacity() >= bytes);
        match fits.map(|at| kept.swap_remove(at)) {
            Some(buffer) => buffer,
            None => BytesMut::with_capacity(bytes),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<BytesMut>> {
        self.0.lock().expect("nothing panics while it holds the buffers")
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;
    use http_body::Frame;
    use http_body_util::StreamBody;

    use super::*;

    fn chunks(of: &[&'static [u8]]) -> Body {
        let frames: Vec<Result<Frame<Bytes>, std::convert::Infallible>> =
            of.iter().map(|chunk| Ok(Frame::data(Bytes::from_static(chunk)))).collect();
        Body::http_body_unsync(StreamBody::new(stream::iter(frames)))
    }

    fn kept(buffers: &Buffers) -> Vec<usize> {
        buffers.kept().iter().map(BytesMut::capacity).collect()
    }

    #[tokio::test]
    async fn chunks_become_one_piece_and_its_memory_is_used_again() {
        let buffers = Buffers::default();
        let check = async |of: &[&'static [u8]], max: usize, expected: Option<&[u8]>, kept_after: usize| {
            let gathered = buffers.gather(chunks(of), max).await;
            assert_eq!(gathered.as_ref().ok().map(|body| &body.bytes[..]), expected, "{of:?}");
            gathered.into_iter().for_each(|body| buffers.give_back(body));
            assert_eq!(kept(&buffers).len(), kept_after, "{of:?}");
        };
        check(&[], 9, Some(b""), 0).await;
        check(&[b"one"], 3, Some(b"one"), 0).await;
        check(&[b"one", b"two", b"three"], 11, Some(b"onetwothree"), 1).await;
        check(&[b"four", b"", b"five"], 11, Some(b"fourfive"), 1).await;
        check(&[b"four", b"five"], 7, None, 1).await;
        check(&[b"toolong"], 6, None, 1).await;
    }

    #[tokio::test]
    async fn memory_that_somebody_holds_or_that_is_too_much_is_not_kept() {
        let buffers = Buffers::default();
        let body = buffers.gather(chunks(&[b"a", b"b"]), 9).await.expect("small enough");
        let held = body.bytes.slice(1..);
        buffers.give_back(body);
        assert_eq!((&held[..], kept(&buffers).len()), (&b"b"[..], 0));
        let bodies: Vec<Gathered> =
            (0..KEPT_MAX + 2).map(|_| Gathered { bytes: Bytes::from(vec![0; 100]), is_ours: true }).collect();
        bodies.into_iter().for_each(|body| buffers.give_back(body));
        assert_eq!(kept(&buffers).len(), KEPT_MAX);
        let large = Gathered { bytes: Bytes::from(vec![0; KEPT_BYTES_MAX]), is_ours: true };
        buffers.kept().pop();
        buffers.give_back(large);
        assert_eq!(kept(&buffers).len(), KEPT_MAX - 1);
    }
}
