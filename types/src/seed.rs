//! Every draw comes from a named stream of one seed, so that adding a draw in one place moves nothing elsewhere.

use std::fmt;
use std::str::FromStr;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One run's randomness. The same seed gives the same run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

/// A stream of random draws; its name and seed alone decide what it yields.
pub type Stream = ChaCha8Rng;

impl Seed {
    /// The stream of this name.
    ///
    /// Its key is SHA-256 over the seed and the name, so that neighbouring seeds and names share nothing.
    pub fn stream(self, name: &str) -> Stream {
        self.chunk_stream(name, 0)
    }

    /// The stream of one chunk of a table: any chunk can be made alone, in any order, on any thread.
    pub fn chunk_stream(self, name: &str, chunk: u64) -> Stream {
        let mut hash = Sha256::new();
        hash.update(self.0.to_le_bytes());
        hash.update(chunk.to_le_bytes());
        hash.update(name.as_bytes());
        Stream::from_seed(hash.finalize().into())
    }

    /// A seed for a part that draws its own streams.
    pub fn child(self, name: &str) -> Self {
        Self(self.stream(name).next_u64())
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Seed {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_seed_name_and_chunk_and_nothing_else() {
        let first = |seed: u64, name: &str, chunk| Seed(seed).chunk_stream(name, chunk).next_u64();
        assert_eq!(first(7, "a", 0), first(7, "a", 0));
        assert_ne!(first(7, "a", 0), first(8, "a", 0));
        assert_ne!(first(7, "a", 0), first(7, "b", 0));
        assert_ne!(first(7, "a", 0), first(7, "a", 1));
    }
}
