//! The canonical text of a cleaned row, from which its checksum is taken.
//!
//! The form, which a harness must build from what it finds: the 14 columns of [`CLEANED_COLUMNS`] in order, each as
//! text. Integers are plain digits; `ticket_revenue` has exactly two decimals (`39847495.00`); `event_date` is
//! `yyyy-MM-dd`; the two times are `yyyy-MM-dd HH:mm:ss`; other texts are as they are; null is `None`, which is not the
//! empty text. The checksum is `Checksum::of_fields` over these.

use wavetank_types::Checksum;

use super::record::Record;
use super::rows::Row;
use crate::text::{push_date, push_time, push_two};

/// The columns of a cleaned row.
pub const CLEANED_COLUMNS: [&str; 14] = [
    "event_id",
    "event_name",
    "event_type",
    "event_date",
    "city",
    "country",
    "organizer",
    "participant_count",
    "ticket_revenue",
    "currency",
    "sales_channel",
    "created_at",
    "updated_at",
    "status",
];

/// A buffer that holds one cleaned row as text; kept between rows to save allocations.
#[derive(Clone, Debug, Default)]
pub struct Canonical {
    text: String,
    /// Where each field ends; `None` is null.
    ends: [Option<usize>; CLEANED_COLUMNS.len()],
}

impl Canonical {
    /// The fields of the row that was set last.
    pub fn fields(&self) -> impl Iterator<Item = Option<&str>> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let field = &self.text[start..(*end)?];
            start += field.len();
            Some(field)
        })
    }

    /// Sets the row to a record and answers its checksum.
    pub fn set(&mut self, record: &Record) -> Checksum {
        self.text.clear();
        let mut digits = itoa::Buffer::new();
        self.put(0, |text| text.push_str(digits.format(record.event_id)));
        self.put(1, |text| record.name.write_to(|piece| text.push_str(piece)));
        self.put(2, |text| text.push_str(record.event_type));
        self.put(3, |text| push_date(text, record.event_day, '-'));
        self.put(4, |text| text.push_str(record.place.city));
        self.put(5, |text| text.push_str(record.place.country));
        self.put(6, |text| text.push_str(record.organizer));
        self.ends[7] = None;
        if let Some(count) = record.participant_count {
            self.put(7, |text| text.push_str(digits.format(count)));
        }
        self.ends[8] = None;
        if let Some(cents) = record.revenue_cents {
            self.put(8, |text| push_cents(text, cents));
        }
        self.put(9, |text| text.push_str(record.place.currency));
        self.put(10, |text| text.push_str(record.sales_channel));
        self.put(11, |text| push_time(text, record.created_at));
        self.put(12, |text| push_time(text, record.updated_at));
        self.put(13, |text| text.push_str(record.status()));
        Checksum::of_fields(self.fields())
    }

    fn put(&mut self, column: usize, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.ends[column] = Some(self.text.len());
    }
}

impl Row {
    /// The checksum of the row's cleaned content; of a row that is refused, of what it would have been.
    pub fn checksum(&self) -> Checksum {
        Canonical::default().set(&self.record)
    }
}

fn push_cents(text: &mut String, cents: i64) {
    text.push_str(itoa::Buffer::new().format(cents / 100));
    text.push('.');
    push_two(text, (cents % 100) as u32);
}
