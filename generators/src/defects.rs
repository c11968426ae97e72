//! Defects on request: which kinds there are, how many rows each takes, and why a request is refused.
//!
//! Counts are exact, not drawn: of the first `n` records `floor(share * n)` are taken, so a share is also a count and
//! any chunk knows its row numbers without the others. Which rows are taken is drawn (`event_revenue/marks.rs`).

use std::fmt;

use serde::{Deserialize, Serialize};

const PARTS_PER_WHOLE: u32 = 1_000_000;

/// A share of all records, in [0, 1], to the millionth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Share {
    ppm: u32,
}

impl Share {
    /// Nothing.
    pub const NONE: Self = Self { ppm: 0 };

    /// A share from a fraction; below a millionth it is rounded.
    ///
    /// Error: not a number, or outside [0, 1].
    pub fn new(fraction: f64) -> Result<Self, DefectsError> {
        if !(0.0..=1.0).contains(&fraction) {
            return Err(DefectsError::NotAShare(fraction.to_string()));
        }
        Ok(Self { ppm: (fraction * f64::from(PARTS_PER_WHOLE)).round() as u32 })
    }

    /// How many of the first `records` records the share takes, rounded down.
    pub fn of_first(self, records: u64) -> u64 {
        let taken = u128::from(records) * u128::from(self.ppm) / u128::from(PARTS_PER_WHOLE);
        u64::try_from(taken).expect("a share of a count is at most the count")
    }

    /// Whether it takes nothing.
    pub fn is_none(self) -> bool {
        self.ppm == 0
    }
}

impl TryFrom<f64> for Share {
    type Error = DefectsError;

    fn try_from(fraction: f64) -> Result<Self, DefectsError> {
        Self::new(fraction)
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        Self::from(share.ppm) / Self::from(PARTS_PER_WHOLE)
    }
}

/// What is wrong with a row, or with the file. Labels are part of the truth file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Defect {
    /// The same row again, byte for byte, later in the file.
    Duplicate,
    /// A line with too few fields, or with a quote that nothing closes.
    Malformed,
    /// Text where a number, a date or a time belongs.
    WrongType,
    /// One field too many.
    ExtraColumn,
    /// Commas, newlines and quotes inside a quoted field: legal CSV, to be delivered.
    Quoted,
    /// A byte order mark before the header; counted per file.
    Bom,
    /// Lines that end in CR LF; counted per file.
    Crlf,
    /// Sent a few seconds after later ones.
    OutOfOrder,
    /// Sent minutes to hours after it happened.
    Late,
    /// Sent again, with a new sequence number.
    ProducerDuplicate,
    /// Received again, with the same sequence number.
    ConsumerDuplicate,
    /// From an instant on, a member has another name.
    DriftRenamed,
    /// From an instant on, there is one more member.
    DriftAdded,
    /// A row as the public catalogue has some: a bare comma, `NA`, no year, empty columns at the end.
    Dirty,
}

impl Defect {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::Duplicate,
        Self::Malformed,
        Self::WrongType,
        Self::ExtraColumn,
        Self::Quoted,
        Self::Bom,
        Self::Crlf,
        Self::OutOfOrder,
        Self::Late,
        Self::ProducerDuplicate,
        Self::ConsumerDuplicate,
        Self::DriftRenamed,
        Self::DriftAdded,
        Self::Dirty,
    ];

    /// The kind of this label.
    pub fn of_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|defect| defect.label() == label)
    }

    /// Whether it is of a file as a whole: asked for or not, without a share.
    pub fn is_of_file(self) -> bool {
        matches!(self, Self::Bom | Self::Crlf)
    }

    /// The label in truth files and reports.
    pub fn label(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Malformed => "malformed",
            Self::WrongType => "wrong-type",
            Self::ExtraColumn => "extra-column",
            Self::Quoted => "quoted",
            Self::Bom => "bom",
            Self::Crlf => "crlf",
            Self::OutOfOrder => "out-of-order",
            Self::Late => "late",
            Self::ProducerDuplicate => "producer-duplicate",
            Self::ConsumerDuplicate => "consumer-duplicate",
            Self::DriftRenamed => "drift-renamed",
            Self::DriftAdded => "drift-added",
            Self::Dirty => "dirty",
        }
    }
}

/// A defect was asked of somebody who does not make it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{who} does not make `{defect}`\nhint: it makes {}", labels(made))]
pub struct NotMade {
    who: String,
    defect: Defect,
    made: Vec<Defect>,
}

fn labels(made: &[Defect]) -> String {
    if made.is_empty() {
        return "no defects".to_owned();
    }
    made.iter().map(|defect| defect.label()).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// Which defects a file has. The default is none.
///
/// A record has at most one of malformed, wrong type, extra column and quoted. Duplicates are rows beyond the records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Defects {
    /// Rows that repeat an earlier one, as a share of the records.
    pub duplicate: Share,
    /// Lines that cannot be read as 13 fields.
    pub malformed: Share,
    /// Rows with text where a number, a date or a time belongs.
    pub wrong_type: Share,
    /// Rows with one field too many.
    pub extra_column: Share,
    /// Rows whose event name needs quotes.
    pub quoted: Share,
    /// A byte order mark before the header.
    pub bom: bool,
    /// CR LF line ends.
    pub crlf: bool,
    /// Clicks that go a few seconds after later ones.
    #[serde(skip_serializing_if = "takes_nothing")]
    pub out_of_order: Share,
    /// Clicks that go minutes to hours after they happened.
    #[serde(skip_serializing_if = "takes_nothing")]
    pub late: Share,
    /// Clicks that go twice, each time with a sequence number of its own.
    #[serde(skip_serializing_if = "takes_nothing")]
    pub producer_duplicate: Share,
    /// Clicks that are read twice, with the same sequence number.
    #[serde(skip_serializing_if = "takes_nothing")]
    pub consumer_duplicate: Share,
    /// After this share of the days, `product_id` is called `product`.
    #[serde(skip_serializing_if = "takes_nothing")]
    pub drift_renamed: Share,
    /// After this share of the days, clicks have a `device`.
    #[serde(skip_serializing_if = "takes_nothing")]
    pub drift_added: Share,
    /// Rows of products with the catalogue's dirt.
    #[serde(skip_serializing_if = "takes_nothing")]
    pub dirty: Share,
}

/// By reference, as serde asks.
fn takes_nothing(share: &Share) -> bool {
    share.is_none()
}

impl Defects {
    /// Refuses shares that need more records than there are.
    pub fn check(&self) -> Result<(), DefectsError> {
        let sendings = [self.out_of_order, self.late, self.producer_duplicate, self.consumer_duplicate];
        let alternatives = [
            (self.marks(), "malformed, wrong type, extra column and quoted"),
            (sendings, "out of order, late, producer duplicate and consumer duplicate"),
        ];
        for (shares, names) in alternatives {
            let parts: u32 = shares.iter().map(|share| share.ppm).sum();
            if parts > PARTS_PER_WHOLE {
                let total = f64::from(parts) / f64::from(PARTS_PER_WHOLE);
                return Err(DefectsError::OverWhole { names, total });
            }
        }
        Ok(())
    }

    /// Refuses what `who` does not make.
    pub fn check_made(&self, who: &str, made: &[Defect]) -> Result<(), NotMade> {
        match self.asked().into_iter().find(|defect| !made.contains(defect)) {
            Some(defect) => Err(NotMade { who: who.to_owned(), defect, made: made.to_vec() }),
            None => Ok(()),
        }
    }

    /// The kinds that were asked for.
    pub fn asked(&self) -> Vec<Defect> {
        let is_asked = |defect: &Defect| match defect {
            Defect::Duplicate => !self.duplicate.is_none(),
            Defect::Malformed => !self.malformed.is_none(),
            Defect::WrongType => !self.wrong_type.is_none(),
            Defect::ExtraColumn => !self.extra_column.is_none(),
            Defect::Quoted => !self.quoted.is_none(),
            Defect::Bom => self.bom,
            Defect::Crlf => self.crlf,
            Defect::OutOfOrder => !self.out_of_order.is_none(),
            Defect::Late => !self.late.is_none(),
            Defect::ProducerDuplicate => !self.producer_duplicate.is_none(),
            Defect::ConsumerDuplicate => !self.consumer_duplicate.is_none(),
            Defect::DriftRenamed => !self.drift_renamed.is_none(),
            Defect::DriftAdded => !self.drift_added.is_none(),
            Defect::Dirty => !self.dirty.is_none(),
        };
        Defect::ALL.into_iter().filter(is_asked).collect()
    }

    /// The shares of which a record has at most one, in the order in which they are dealt out.
    pub(crate) fn marks(&self) -> [Share; 4] {
        [self.malformed, self.wrong_type, self.extra_column, self.quoted]
    }
}

/// Why a set of defects is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DefectsError {
    /// Not in [0, 1].
    #[error("`{0}` is not a share; write a fraction between 0 and 1")]
    NotAShare(String),
    /// A record has one defect at most.
    #[error("{names} add up to {total}; together they take at most 1")]
    OverWhole {
        /// The kinds that exclude each other.
        names: &'static str,
        /// The sum of the shares.
        total: f64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_a_prefix_never_takes_more_than_the_next_record_allows() {
        let check = |fraction: f64, records: u64, taken: u64| {
            let share = Share::new(fraction).expect("a share");
            assert_eq!(share.of_first(records), taken, "{fraction} of {records}");
        };
        check(0.0, 1_000_000, 0);
        check(0.01, 99, 0);
        check(0.01, 100, 1);
        check(0.01, 1_000_000, 10_000);
        check(1.0, u64::MAX, u64::MAX);
    }

    #[test]
    fn what_is_not_a_share_is_refused() {
        for fraction in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(Share::new(fraction).is_err(), "{fraction}");
        }
    }

    #[test]
    fn shares_beyond_the_whole_are_refused() {
        let half = Share::new(0.5).expect("a share");
        let defects = Defects { malformed: half, quoted: half, ..Defects::default() };
        assert_eq!(defects.check(), Ok(()));
        let over = Defects { wrong_type: half, ..defects };
        let names = "malformed, wrong type, extra column and quoted";
        assert_eq!(over.check(), Err(DefectsError::OverWhole { names, total: 1.5 }));
        let late = Defects { late: half, out_of_order: half, producer_duplicate: half, ..Defects::default() };
        assert!(late.check().is_err());
    }

    #[test]
    fn defects_read_from_plain_fractions() {
        let text = r#"{"duplicate": 0.01, "wrong-type": 0.002, "bom": true}"#;
        let defects: Defects = serde_json::from_str(text).expect("defects");
        assert_eq!(defects.duplicate.of_first(1_000), 10);
        assert!(defects.bom && !defects.crlf);
        assert!(serde_json::from_str::<Defects>(r#"{"duplicat": 0.01}"#).is_err());
        assert!(serde_json::from_str::<Defects>(r#"{"duplicate": 2}"#).is_err());
    }
}
