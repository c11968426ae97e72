//! An object's content, as the chunks in which it arrived. Readers share them; nothing is copied per reader.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::{Bytes, BytesMut};

use super::limits::COPIED_BODY_BYTES_MAX;

/// Content that does not change once it is stored. A clone shares it.
#[derive(Clone, Debug, Default)]
pub struct Body {
    chunks: Chunks,
    size: u64,
}

#[derive(Clone, Debug)]
enum Chunks {
    One(Bytes),
    Many(Arc<Many>),
}

#[derive(Debug)]
struct Many {
    chunks: Vec<Bytes>,
    /// The same content in one piece, made for the first reader who needs it so.
    whole: OnceLock<Bytes>,
}

impl Default for Chunks {
    fn default() -> Self {
        Self::One(Bytes::new())
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self { size: bytes.len() as u64, chunks: Chunks::One(bytes) }
    }
}

impl Body {
    /// The content that arrived in these chunks.
    pub fn of_chunks(mut chunks: Vec<Bytes>) -> Self {
        let size = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        let chunks = match chunks.len() {
            0 => Chunks::default(),
            1 => Chunks::One(chunks.swap_remove(0)),
            _ => Chunks::Many(Arc::new(Many { chunks, whole: OnceLock::new() })),
        };
        let body = Self { chunks, size };
        if size <= COPIED_BODY_BYTES_MAX as u64 { body.in_own_memory() } else { body }
    }

    /// Small content in memory of its own, so that it does not keep a connection's read buffer alive.
    fn in_own_memory(self) -> Self {
        let mut own = BytesMut::with_capacity(self.chunks().iter().map(Bytes::len).sum());
        for chunk in self.chunks() {
            own.extend_from_slice(chunk);
        }
        Self::from(own.freeze())
    }

    /// How many bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The chunks, in order.
    pub fn chunks(&self) -> &[Bytes] {
        match &self.chunks {
            Chunks::One(bytes) => std::slice::from_ref(bytes),
            Chunks::Many(many) => &many.chunks,
        }
    }

    /// All of it in one piece: the chunk itself if there is one, else a copy that is made once and kept.
    pub fn whole(&self) -> Bytes {
        match &self.chunks {
            Chunks::One(bytes) => bytes.clone(),
            Chunks::Many(many) => many.whole.get_or_init(|| many.chunks.concat().into()).clone(),
        }
    }

    /// The chunks that cover a range, cut to it. The range must lie within the content.
    pub fn slice(&self, range: Range<u64>) -> Vec<Bytes> {
        if range == (0..self.size) {
            return self.chunks().to_vec();
        }
        let mut out = Vec::new();
        let mut at = 0;
        for chunk in self.chunks() {
            let len = chunk.len() as u64;
            let (from, to) = (range.start.max(at), range.end.min(at + len));
            if from < to {
                // Both lie within this chunk, whose length is a usize.
                out.push(chunk.slice((from - at) as usize..(to - at) as usize));
            }
            at += len;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_is_the_same_bytes_however_the_body_arrived() {
        let content: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
        let whole = Body::from(Bytes::from(content.clone()));
        let split = Body::of_chunks(content.chunks(7_777).map(Bytes::copy_from_slice).collect());
        assert_eq!(whole.whole(), split.whole());
        for range in [0..200_000u64, 0..1, 7_776..7_778, 199_999..200_000, 5..5, 100..90_000] {
            let expected = &content[range.start as usize..range.end as usize];
            assert_eq!(split.slice(range.clone()).concat(), expected, "{range:?}");
            assert_eq!(whole.slice(range.clone()).concat(), expected, "{range:?}");
        }
    }
}
