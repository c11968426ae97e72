//! Which records of a chunk have which defect: a shuffle of the chunk, dealt out from the front.
//!
//! The shuffle is reversible, so a record's mark is found without a table and a clean record without a search.

use wavetank_types::Permutation;

use super::record::Twist;
use super::rows::Shape;
use super::{EventRevenue, NAME};
use crate::table::CHUNK_RECORDS;

/// Columns that a wrong-type defect spoils, by position, with the text that stands there instead.
pub(super) const WRONG_TYPES: [(usize, &str); 6] = [
    (0, "EVT-unknown"),
    (3, "sap co lich"),
    (7, "many"),
    (8, "N/A"),
    (11, "yesterday"),
    (12, "2024-13-45 99:99:99"),
];

/// How the records of one chunk are dealt out.
pub(super) struct Marks {
    shuffle: Permutation,
    /// Records with: malformed, wrong type, extra column, quoted. At most the chunk's length together.
    dealt: [u64; 4],
    len: u64,
}

impl Marks {
    pub(super) fn of(profile: &EventRevenue, chunk: u64) -> Self {
        let len = profile.chunk_len(chunk);
        let first = chunk * CHUNK_RECORDS;
        let mut left = len;
        let dealt = profile.defects.marks().map(|share| {
            let taken = (share.of_first(first + len) - share.of_first(first)).min(left);
            left -= taken;
            taken
        });
        Self { shuffle: Permutation::new(profile.seed, &format!("{NAME}/defects/{chunk}"), len), dealt, len }
    }

    /// How the record at this place of the chunk is written.
    pub(super) fn shape(&self, row: u64) -> Shape {
        if self.dealt == [0; 4] {
            return Shape::Plain;
        }
        let mut rank = self.shuffle.invert(row).expect("a chunk's rows are below its length");
        for (kind, taken) in self.dealt.iter().enumerate() {
            if rank < *taken {
                return shape_of(kind, rank);
            }
            rank -= taken;
        }
        Shape::Plain
    }

    /// A record to repeat: one that is delivered, if the chunk has any. `dice` picks.
    pub(super) fn to_repeat(&self, dice: u64) -> u64 {
        let refused: u64 = self.dealt[..3].iter().sum();
        let refused = if refused == self.len { 0 } else { refused };
        self.shuffle.apply(refused + dice % (self.len - refused))
    }
}

/// The shape of the `rank`-th record of a kind: variants take turns, so that each occurs.
fn shape_of(kind: usize, rank: u64) -> Shape {
    let turn = |among: usize| (rank % among as u64) as usize;
    match kind {
        0 if rank.is_multiple_of(2) => Shape::OpenQuote,
        0 => Shape::Truncated { fields: 1 + (rank / 2 % 12) as usize },
        1 => {
            let (column, text) = WRONG_TYPES[turn(WRONG_TYPES.len())];
            Shape::WrongType { column, text }
        }
        2 => Shape::ExtraField,
        _ => Shape::Twisted(Twist::ALL[turn(Twist::ALL.len())]),
    }
}
