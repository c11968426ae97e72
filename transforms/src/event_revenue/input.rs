//! A window over the input: enough bytes to decide any row, in a buffer that never grows.

use std::io::{ErrorKind, Read};

use super::ROW_BYTES_MAX;

const BUFFER_BYTES: usize = 1024 * 1024;

/// Bytes that are visible unless the input ends before: the longest row, and a line end that shows it is not longer.
pub(super) const VISIBLE_BYTES_MIN: usize = ROW_BYTES_MAX + 2;

pub(super) struct Window<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
}

impl<R: Read> Window<R> {
    pub(super) fn new(input: R) -> Self {
        let buffer = vec![0; BUFFER_BYTES];
        Self { input, buffer, start: 0, end: 0, at_end: false }
    }

    /// Makes at least [`VISIBLE_BYTES_MIN`] bytes visible, or all that are left.
    pub(super) fn fill(&mut self) -> std::io::Result<()> {
        if self.at_end || self.end - self.start >= VISIBLE_BYTES_MIN {
            return Ok(());
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        while !self.at_end && self.end < self.buffer.len() {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.at_end = true,
                Ok(bytes) => self.end += bytes,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub(super) fn visible(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Whether the visible bytes are known to be all that are left.
    pub(super) fn is_whole(&self) -> bool {
        self.at_end
    }

    pub(super) fn consume(&mut self, bytes: usize) {
        self.start += bytes;
        debug_assert!(self.start <= self.end);
    }
}
