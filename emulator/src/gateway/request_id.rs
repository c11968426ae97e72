//! Request ids: a counter, mixed with the tank's seed so that they look like AWS's and repeat with the run.

use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderValue;
use wavetank_types::Seed;

/// Gives out ids.
#[derive(Debug)]
pub(super) struct RequestIds {
    seed: u64,
    next: AtomicU64,
}

impl RequestIds {
    pub(super) fn new(seed: Seed) -> Self {
        Self { seed: seed.0, next: AtomicU64::new(0) }
    }

    fn draw(&self) -> u64 {
        mix(self.seed.wrapping_add(self.next.fetch_add(1, Ordering::Relaxed)))
    }

    /// As S3 sends it: 16 characters.
    pub(super) fn next_short(&self) -> HeaderValue {
        const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let (mut high, mut low) = (self.draw(), mix(self.seed ^ 1));
        low ^= high;
        let mut text = [0u8; 16];
        for letter in &mut text {
            *letter = LETTERS[(high % 32) as usize];
            high = (high >> 5) | (low << 59);
            low >>= 5;
        }
        HeaderValue::from_bytes(&text).expect("letters and digits are a header's value")
    }

    /// As other services send it: a UUID.
    pub(super) fn next_uuid(&self) -> String {
        let high = self.draw();
        let low = mix(high);
        let (version, variant) = (0x4000 | (high & 0x0FFF), 0x8000 | ((low >> 48) & 0x3FFF));
        format!(
            "{:08x}-{:04x}-{version:04x}-{variant:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xFFFF,
            low & 0xFFFF_FFFF_FFFF
        )
    }
}

/// Spreads neighbouring numbers over all 64 bits, one to one.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
