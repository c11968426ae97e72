//! A shard's records, each stored once: batches of small cells over one shared piece of memory.
//!
//! A record of 100 bytes costs 16 bytes and its share of a batch beside its data and key. Small data is copied into its
//! batch's memory when it comes, so that a batch pins nothing else; large data stays where it is. Readers get slices of the
//! same memory. What is too old is skipped at once and freed a few batches at a time.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// Data of this size or more, in bytes, stays in its own memory.
const APART_BYTES: usize = 512;
/// Records that come one by one share memory of this size, in bytes.
const SHARED_BYTES: usize = 16 << 10;
/// Records of one batch, at most.
const BATCH_RECORDS_MAX: usize = 512;
/// Batches freed by one call, at most.
const FREED_MAX: usize = 64;

/// In [`Cell::key`]: the record came while the stream was encrypted.
const ENCRYPTED: u16 = 1 << 15;

/// One record's place in its batch.
#[derive(Clone, Copy, Debug)]
struct Cell {
    /// When it came, in milliseconds.
    arrival: i64,
    /// Where it ends in the shared memory: its key, then its data unless that is apart.
    end: u32,
    /// The key's length in bytes, and [`ENCRYPTED`].
    key: u16,
    /// 0, or which of the batch's data apart, counted from 1.
    apart: u16,
}

#[derive(Debug, Default)]
struct Batch {
    /// The place of its first record.
    first: u64,
    shared: Bytes,
    cells: Vec<Cell>,
    apart: Vec<Bytes>,
}

/// A record as it is read.
#[derive(Debug)]
pub(in super::super) struct Stored<'a> {
    pub(in super::super) place: u64,
    /// When it came, in milliseconds.
    pub(in super::super) arrival: i64,
    /// Empty if it came without one.
    pub(in super::super) key: &'a str,
    pub(in super::super) data: Bytes,
    pub(in super::super) is_encrypted: bool,
}

impl Stored<'_> {
    /// What it counts for: data and key.
    pub(in super::super) fn bytes(&self) -> usize {
        self.data.len() + self.key.len()
    }
}

/// Records in the order in which they came. Places begin at 1.
#[derive(Debug)]
pub(in super::super) struct Log {
    batches: VecDeque<Batch>,
    /// The place of the next record.
    end: u64,
    /// Records before this place are gone, whatever the retention says now.
    floor: u64,
}

impl Default for Log {
    fn default() -> Self {
        Self { batches: VecDeque::new(), end: 1, floor: 1 }
    }
}

/// What a record takes of its batch's shared memory.
pub(in super::super) fn shared_bytes(key: &str, data: &Bytes) -> usize {
    key.len() + if data.len() < APART_BYTES { data.len() } else { 0 }
}

impl Log {
    /// The place of the next record.
    pub(in super::super) fn end(&self) -> u64 {
        self.end
    }

    /// Appends records that came together. `bytes` is the sum of their [`shared_bytes`]. Answers the first one's place.
    pub(in super::super) fn append<K: AsRef<str>>(
        &mut self,
        arrival: i64,
        is_encrypted: bool,
        bytes: usize,
        records: impl ExactSizeIterator<Item = (K, Bytes)>,
    ) -> u64 {
        let first = self.end;
        let count = records.len();
        let mut shared = self.room_for(bytes, count);
        let batch = self.batches.back_mut().expect("there is one now");
        batch.cells.reserve_exact(if batch.cells.is_empty() { count } else { 0 });
        for (key, data) in records {
            let key = key.as_ref();
            shared.extend_from_slice(key.as_bytes());
            let apart = if data.len() < APART_BYTES {
                shared.extend_from_slice(&data);
                0
            } else {
                batch.apart.push(data);
                batch.apart.len() as u16
            };
            let key = key.len() as u16 | if is_encrypted { ENCRYPTED } else { 0 };
            batch.cells.push(Cell { arrival, end: shared.len() as u32, key, apart });
        }
        batch.shared = shared.freeze();
        self.end += count as u64;
        first
    }

    /// The last batch's memory if these may join it, else that of a new one.
    fn room_for(&mut self, bytes: usize, count: usize) -> BytesMut {
        if let Some(last) = self.batches.back_mut()
            && last.shared.len() + bytes <= SHARED_BYTES
            && last.cells.len() + count <= BATCH_RECORDS_MAX
        {
            // Nobody may be reading what is to be written to.
            match std::mem::take(&mut last.shared).try_into_mut() {
                Ok(mut shared) => {
                    if shared.capacity() < shared.len() + bytes {
                        let mut larger = BytesMut::with_capacity(SHARED_BYTES);
                        larger.extend_from_slice(&shared);
                        shared = larger;
                    }
                    return shared;
                }
                Err(read) => last.shared = read,
            }
        }
        self.batches.push_back(Batch { first: self.end, ..Batch::default() });
        BytesMut::with_capacity(bytes)
    }

    /// Records from this place on.
    pub(in super::super) fn from(&self, place: u64) -> impl Iterator<Item = Stored<'_>> {
        let at = self.batches.partition_point(|batch| batch.end() <= place);
        let skip = self.batches.get(at).map_or(0, |batch| place.saturating_sub(batch.first) as usize);
        let batches = self.batches.range(at..);
        batches
            .zip(std::iter::once(skip).chain(std::iter::repeat(0)))
            .flat_map(|(batch, skip)| batch.from(skip))
    }

    /// When the record at this place came, in milliseconds.
    pub(in super::super) fn arrival(&self, place: u64) -> Option<i64> {
        let at = self.batches.partition_point(|batch| batch.end() <= place);
        let batch = self.batches.get(at)?;
        batch.cells.get(usize::try_from(place.checked_sub(batch.first)?).ok()?).map(|cell| cell.arrival)
    }

    /// The place of the first record that came at `millis` or later, or the end.
    pub(in super::super) fn first_since(&self, millis: i64) -> u64 {
        let at = self.batches.partition_point(|batch| batch.last_arrival() < millis);
        let Some(batch) = self.batches.get(at) else { return self.end };
        let place = batch.first + batch.cells.partition_point(|cell| cell.arrival < millis) as u64;
        place.max(self.floor)
    }

    /// Frees some of what came before `horizon`, in milliseconds.
    pub(in super::super) fn trim(&mut self, horizon: i64) {
        for _ in 0..FREED_MAX {
            match self.batches.front() {
                Some(batch) if batch.last_arrival() < horizon => self.floor = self.floor.max(batch.end()),
                _ => return,
            }
            self.batches.pop_front();
        }
    }

    /// What came before `horizon`, in milliseconds, stays gone even if the retention grows.
    pub(in super::super) fn forget_before(&mut self, horizon: i64) {
        self.floor = self.floor.max(self.first_since(horizon));
    }
}

impl Batch {
    fn end(&self) -> u64 {
        self.first + self.cells.len() as u64
    }

    fn last_arrival(&self) -> i64 {
        self.cells.last().map_or(i64::MAX, |cell| cell.arrival)
    }

    fn from(&self, skip: usize) -> impl Iterator<Item = Stored<'_>> {
        let start = skip.checked_sub(1).and_then(|before| self.cells.get(before)).map_or(0, |cell| cell.end);
        let cells = self.cells.get(skip..).unwrap_or_default();
        (self.first + skip as u64..).zip(cells).scan(start as usize, |start, (place, cell)| {
            let key_end = *start + usize::from(cell.key & !ENCRYPTED);
            let end = cell.end as usize;
            let key = std::str::from_utf8(&self.shared[*start..key_end]).expect("keys came as text");
            let data = match cell.apart {
                0 => self.shared.slice(key_end..end),
                which => self.apart[usize::from(which) - 1].clone(),
            };
            *start = end;
            Some(Stored { place, arrival: cell.arrival, key, data, is_encrypted: cell.key & ENCRYPTED != 0 })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(log: &mut Log, arrival: i64, records: &[(&'static str, usize)]) {
        let data = |bytes: usize| Bytes::from(vec![bytes as u8; bytes]);
        let bytes = records.iter().map(|(key, bytes)| shared_bytes(key, &data(*bytes))).sum();
        log.append(arrival, false, bytes, records.iter().map(|(key, bytes)| (*key, data(*bytes))));
    }

    fn read(log: &Log, place: u64) -> Vec<(u64, String, usize)> {
        log.from(place).map(|found| (found.place, found.key.to_owned(), found.data.len())).collect()
    }

    #[test]
    fn records_come_back_as_they_were_put_whatever_their_size() {
        let mut log = Log::default();
        put(&mut log, 1, &[("a", 3), ("bc", 600), ("", 0)]);
        put(&mut log, 2, &[("d", 4)]);
        put(&mut log, 3, &[("e", 20_000), ("f", 5)]);
        let all = [("a", 3), ("bc", 600), ("", 0), ("d", 4), ("e", 20_000), ("f", 5)];
        let expected: Vec<(u64, String, usize)> =
            (1..).zip(all).map(|(place, (key, bytes))| (place, key.to_owned(), bytes)).collect();
        assert_eq!(read(&log, 1), expected);
        assert_eq!(read(&log, 4), expected[3..]);
        assert_eq!(read(&log, 7), []);
        assert!(log.from(1).all(|found| found.data.iter().all(|byte| *byte == found.data.len() as u8)));
    }

    #[test]
    fn records_that_come_one_by_one_share_memory_unless_somebody_reads_it() {
        let mut log = Log::default();
        for _ in 0..100 {
            put(&mut log, 1, &[("k", 10)]);
        }
        assert_eq!(log.batches.len(), 1);
        let held: Vec<Bytes> = log.from(1).map(|found| found.data).collect();
        put(&mut log, 1, &[("k", 10)]);
        assert_eq!((log.batches.len(), held.len(), read(&log, 1).len()), (2, 100, 101));
    }

    #[test]
    fn what_is_old_is_found_by_time_and_freed() {
        let mut log = Log::default();
        for arrival in 0..2_000 {
            put(&mut log, arrival, &[("k", 10)]);
        }
        assert_eq!((log.first_since(-5), log.first_since(700), log.first_since(5_000)), (1, 701, 2_001));
        log.forget_before(700);
        log.trim(600);
        assert_eq!(log.first_since(0), 701);
        assert_eq!(log.arrival(701), Some(700));
        assert!(log.batches.len() < 4);
    }

    #[test]
    fn a_record_costs_little_beside_its_data_and_key() {
        let cost = |log: &Log| {
            let batch = |batch: &Batch| {
                size_of::<Batch>()
                    + batch.cells.capacity() * size_of::<Cell>()
                    + batch.apart.capacity() * size_of::<Bytes>()
            };
            let shared: usize = log.batches.iter().map(|batch| batch.shared.len()).sum();
            (log.batches.iter().map(batch).sum::<usize>(), shared)
        };
        let check = |batches: usize, of: usize, bytes: usize, bytes_each_max: usize| {
            let mut log = Log::default();
            for _ in 0..batches {
                put(&mut log, 1, &vec![("key-1", bytes); of]);
            }
            let (overhead, shared) = cost(&log);
            let count = batches * of;
            assert!(overhead / count <= bytes_each_max, "{} bytes for each of {count}", overhead / count);
            assert_eq!(shared, count * (5 + if bytes < APART_BYTES { bytes } else { 0 }));
        };
        check(20_000, 1, 100, 40);
        check(20, 500, 100, 20);
        check(2_000, 7, 100, 40);
        check(20, 500, 1_024, 100);
    }
}
