//! ORC's streams: runs of bytes, bits and whole numbers, and the chunks that they are compressed in.

use std::io::Write as _;

/// Bytes of one chunk before it is compressed.
pub(super) const BLOCK_BYTES: usize = 256 << 10;

/// What a stream holds. The numbers are the format's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Present = 0,
    Data = 1,
    Length = 2,
    Secondary = 5,
}

/// One stream of one column.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) kind: Kind,
    pub(super) column: usize,
    pub(super) bytes: Vec<u8>,
}

/// How streams and footers are compressed. The numbers are the format's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Compression {
    None = 0,
    Zlib = 1,
    Snappy = 2,
}

impl Compression {
    /// Chunks of at most [`BLOCK_BYTES`], each with three bytes of head; one that does not shrink stays as it is.
    pub(super) fn apply(self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        if self == Self::None {
            return Ok(bytes.to_vec());
        }
        let mut out = Vec::with_capacity(bytes.len() / 2 + 3);
        for block in bytes.chunks(BLOCK_BYTES) {
            let smaller = self.shrink(block)?;
            let is_original = smaller.len() >= block.len();
            let chunk = if is_original { block } else { &smaller };
            let head = (chunk.len() << 1) | usize::from(is_original);
            out.extend(&head.to_le_bytes()[..3]);
            out.extend(chunk);
        }
        Ok(out)
    }

    fn shrink(self, block: &[u8]) -> Result<Vec<u8>, String> {
        if self == Self::Snappy {
            return snap::raw::Encoder::new().compress_vec(block).map_err(|why| why.to_string());
        }
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(block).and_then(|()| encoder.finish()).map_err(|why| why.to_string())
    }
}

/// A number with seven bits in each byte, the lowest first.
pub(super) fn unsigned(mut number: u128, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push((number as u8) | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Small numbers of either sign as small numbers without.
pub(super) fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

/// Runs of equal bytes, from three on, between literal ones.
pub(super) fn byte_runs(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut literal = 0;
    let mut at = 0;
    let flush = |from: usize, to: usize, out: &mut Vec<u8>| {
        for part in bytes[from..to].chunks(128) {
            out.push((part.len() as u8).wrapping_neg());
            out.extend(part);
        }
    };
    while at < bytes.len() {
        let run = bytes[at..].iter().take(130).take_while(|byte| **byte == bytes[at]).count();
        if run >= 3 {
            flush(literal, at, &mut out);
            out.extend([(run - 3) as u8, bytes[at]]);
            literal = at + run;
        }
        at += if run >= 3 { run } else { 1 };
    }
    flush(literal, bytes.len(), &mut out);
    out
}

/// Bits, eight in a byte, the highest first; the bytes in runs.
#[derive(Debug, Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    pub(super) fn push(&mut self, bit: bool) {
        if self.count.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (7 - self.count % 8);
        }
        self.count += 1;
    }

    pub(super) fn finish(self) -> Vec<u8> {
        byte_runs(&self.bytes)
    }
}

/// Whole numbers in runs of a constant step between literal ones: run lengths of version 1.
#[derive(Debug)]
pub(super) struct Integers;

impl Integers {
    /// Numbers as they are written: signed ones by [`zigzag`].
    ///
    /// Only runs of equal numbers are sought: a step between numbers of either sign is not one between what is written.
    pub(super) fn of(numbers: impl Iterator<Item = u64>) -> Vec<u8> {
        let numbers: Vec<u64> = numbers.collect();
        let mut out = Vec::new();
        let (mut literal, mut at) = (0, 0);
        let flush = |from: usize, to: usize, out: &mut Vec<u8>| {
            for part in numbers[from..to].chunks(128) {
                out.push((part.len() as u8).wrapping_neg());
                part.iter().for_each(|number| unsigned((*number).into(), out));
            }
        };
        while at < numbers.len() {
            let run = numbers[at..].iter().take(130).take_while(|number| **number == numbers[at]).count();
            if run >= 3 {
                flush(literal, at, &mut out);
                // No step.
                out.extend([(run - 3) as u8, 0]);
                unsigned(numbers[at].into(), &mut out);
                literal = at + run;
            }
            at += if run >= 3 { run } else { 1 };
        }
        flush(literal, numbers.len(), &mut out);
        out
    }
}
