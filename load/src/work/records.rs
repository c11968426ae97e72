//! What records look like: a line of JSON with a number of its own and letters drawn from the seed, of exactly the size that is asked.

use rand::Rng as _;
use wavetank_types::Seed;

/// 64 letters that JSON and CSV take as they are.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Bytes of all requests of a pool, at most.
const POOL_BYTES_MAX: usize = 16 << 20;
/// Requests of a pool, at most: a head each.
const POOL_MAX: usize = 1_024;

/// How many different requests of this many bytes are made.
pub(super) fn pool_size(request_bytes: usize, requests: usize) -> usize {
    (POOL_BYTES_MAX / request_bytes.max(1)).clamp(1, POOL_MAX).min(requests.max(1))
}

/// Letters without meaning, which do not compress to nothing.
pub(super) fn letters(seed: Seed, stream: &str, number: u64, count: usize) -> String {
    let mut bytes = vec![0; count];
    seed.chunk_stream(stream, number).fill_bytes(&mut bytes);
    bytes.into_iter().map(|byte| char::from(LETTERS[usize::from(byte & 63)])).collect()
}

/// The records of one request: lines of JSON that end in a newline; too small for that, letters alone.
pub(super) fn lines(seed: Seed, request: u64, count: u32, bytes: u32) -> Vec<String> {
    let bytes = bytes as usize;
    let pad = letters(seed, "bench.records", request, bytes * count as usize);
    (0..count as usize)
        .map(|at| {
            let head = format!("{{\"id\":\"{request}-{at}\",\"pad\":\"");
            let own = &pad[at * bytes..(at + 1) * bytes];
            match bytes.checked_sub(head.len() + 3) {
                Some(room) => format!("{head}{}\"}}\n", &own[..room]),
                None => own.to_owned(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_the_size_that_is_asked_and_depends_on_the_seed_alone() {
        for bytes in [1, 20, 26, 27, 100, 1_024] {
            let records = lines(Seed(7), 3, 5, bytes);
            assert!(records.iter().all(|record| record.len() == bytes as usize), "{bytes}");
            assert_eq!(records, lines(Seed(7), 3, 5, bytes));
        }
        assert_ne!(lines(Seed(7), 3, 1, 100), lines(Seed(8), 3, 1, 100));
        assert_ne!(lines(Seed(7), 3, 1, 100), lines(Seed(7), 4, 1, 100));
        let record = &lines(Seed(7), 3, 5, 100)[4];
        assert!(serde_json::from_str::<serde_json::Value>(record).is_ok(), "{record}");
    }

    #[test]
    fn a_pool_is_as_large_as_it_is_of_use() {
        let check = |bytes, requests, expected| assert_eq!(pool_size(bytes, requests), expected);
        check(700 << 10, 10_000, 23);
        check(200, 10_000, 1_024);
        check(200, 5, 5);
        check(64 << 20, 5, 1);
        check(200, 0, 1);
    }
}
