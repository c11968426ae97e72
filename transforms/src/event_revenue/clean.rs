//! The correct variant: rows by the rules of `validate.rs`, each delivered as it was meant or refused with a reason.

use std::io::Read;

use super::columns::{Cents, Columns, Row};
use super::fields::{self, Refused};
use super::input::Window;
use super::reason::Reason;
use super::records::{Found, Kind, find, split_plain, split_quoted};
use super::seen::SeenIds;
use super::validate::{FileReason, check_header, is_blank};
use super::{BATCH_ROWS_MAX, CleanError, Cleaned, RAW_BYTES_MAX, RAW_COLUMNS, Rejected, Summary};

/// Characters of a refused value that its detail shows.
const SHOWN_CHARS_MAX: usize = 60;

/// Cleans a file batch by batch. Memory is a buffer, a batch, and the set of ids.
pub struct Cleaner<R> {
    window: Window<R>,
    rows: Rows,
    is_over: bool,
}

impl<R: Read> Cleaner<R> {
    /// Reads the header of a file and is ready for its rows.
    ///
    /// Error: the file is refused, or cannot be read.
    pub fn open(input: R) -> Result<Self, CleanError> {
        let mut window = Window::new(input);
        window.fill()?;
        let body = check_header(window.visible())?;
        window.consume(body);
        window.fill()?;
        if window.is_whole() && is_blank(window.visible()) {
            return Err(FileReason::NoRows.into());
        }
        Ok(Self { window, rows: Rows::default(), is_over: false })
    }

    /// What became of the rows so far.
    pub fn summary(&self) -> &Summary {
        &self.rows.summary
    }

    /// Reads rows until a batch is full or the input ends.
    fn fill_batch(&mut self) -> std::io::Result<()> {
        while self.rows.waiting() < BATCH_ROWS_MAX {
            self.window.fill()?;
            let visible = self.window.visible();
            if visible.is_empty() {
                self.is_over = true;
                break;
            }
            let found = find(visible);
            if found.len > 0 {
                self.rows.take(&visible[..found.len], found);
            }
            self.window.consume(found.consumed);
            if found.kind == Kind::TooLong {
                self.drop_line()?;
            }
        }
        Ok(())
    }

    /// Drops what is left of a line that is too long to keep.
    fn drop_line(&mut self) -> std::io::Result<()> {
        loop {
            self.window.fill()?;
            let visible = self.window.visible();
            let feed = memchr::memchr(b'\n', visible);
            let (dropped, is_done) = match feed {
                Some(feed) => (feed + 1, true),
                None => (visible.len(), visible.is_empty()),
            };
            self.window.consume(dropped);
            if is_done {
                return Ok(());
            }
        }
    }
}

impl<R: Read> Iterator for Cleaner<R> {
    type Item = Result<Cleaned, CleanError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        if let Err(error) = self.fill_batch() {
            self.is_over = true;
            return Some(Err(error.into()));
        }
        (self.rows.waiting() > 0).then(|| Ok(self.rows.finish()))
    }
}

/// The rows of the batch being filled, and what is known of all before.
#[derive(Default)]
struct Rows {
    columns: Columns<Cents>,
    rejected: Vec<Rejected>,
    seen: SeenIds,
    summary: Summary,
    scratch: String,
}

/// A row that obeys every rule but, perhaps, the last.
struct Good<'a> {
    event_id: i64,
    row: Row<'a, Cents>,
}

/// Why a row is refused, with the value or count that broke the rule.
type Refusal = (Reason, String);

impl Rows {
    fn waiting(&self) -> usize {
        self.columns.rows() + self.rejected.len()
    }

    fn take(&mut self, bytes: &[u8], found: Found) {
        self.summary.rows_read += 1;
        let refusal = match read(bytes, found.kind, &mut self.scratch) {
            Ok(good) if self.seen.insert(good.event_id) => {
                self.summary.delivered += 1;
                return self.columns.push(&good.row);
            }
            Ok(good) => (Reason::DuplicateEventId, format!("event_id {} again", good.event_id)),
            Err(refusal) => refusal,
        };
        self.reject(bytes, refusal);
    }

    fn reject(&mut self, bytes: &[u8], (reason, detail): Refusal) {
        *self.summary.rejected.entry(reason).or_default() += 1;
        let first_field = bytes.split(|byte| *byte == b',').next().unwrap_or_default();
        self.rejected.push(Rejected {
            row_number: self.summary.rows_read,
            event_id: std::str::from_utf8(first_field).ok().and_then(|text| fields::event_id(text).ok()),
            reason,
            detail,
            raw: text_of(bytes),
        });
    }

    fn finish(&mut self) -> Cleaned {
        Cleaned { batch: self.columns.finish(), rejected: std::mem::take(&mut self.rejected) }
    }
}

/// Reads a row that was found, by all the rules that need no other row.
fn read<'a>(bytes: &'a [u8], kind: Kind, scratch: &'a mut String) -> Result<Good<'a>, Refusal> {
    let is_quoted = match kind {
        Kind::Plain => false,
        Kind::Quoted => true,
        Kind::Broken(reason) => return Err((reason, String::new())),
        Kind::TooLong => return Err((Reason::RowTooLong, String::new())),
    };
    let text = std::str::from_utf8(bytes)
        .map_err(|error| (Reason::InvalidUtf8, format!("at byte {}", error.valid_up_to())))?;
    let split = if is_quoted { split_quoted(text, scratch) } else { split_plain(text) };
    let fields = split.map_err(|count| {
        let reason = if count < RAW_COLUMNS.len() { Reason::WrongFieldCount } else { Reason::ExtraColumn };
        (reason, format!("{count} fields, expected {}", RAW_COLUMNS.len()))
    })?;
    typed(fields)
}

fn typed<'a>(fields: [&'a str; RAW_COLUMNS.len()]) -> Result<Good<'a>, Refusal> {
    let [id, name, kind, date, city, country, organizer, count, revenue, currency, channel, created, updated] =
        fields;
    let because =
        |reason, column, value: &'a str| move |Refused| (reason, format!("{column}: `{}`", shown(value)));
    let event_id = fields::event_id(id).map_err(because(Reason::BadEventId, "event_id", id))?;
    let event_day = fields::event_date(date).map_err(because(Reason::BadDate, "event_date", date))?;
    let participant_count = fields::participant_count(count).map_err(because(
        Reason::BadParticipantCount,
        "participant_count",
        count,
    ))?;
    let cents =
        fields::revenue_cents(revenue).map_err(because(Reason::BadRevenue, "ticket_revenue", revenue))?;
    let created_at =
        fields::time_micros(created).map_err(because(Reason::BadCreatedAt, "created_at", created))?;
    let updated_at =
        fields::time_micros(updated).map_err(because(Reason::BadUpdatedAt, "updated_at", updated))?;
    let row = Row {
        event_id: Some(event_id),
        event_day: Some(event_day),
        texts: [name, kind, city, country, organizer, currency, channel].map(Some),
        participant_count,
        revenue: cents.map(Cents),
        created_at: Some(created_at),
        updated_at: Some(updated_at),
    };
    Ok(Good { event_id, row })
}

fn shown(value: &str) -> &str {
    let end = value.char_indices().nth(SHOWN_CHARS_MAX).map_or(value.len(), |(at, _)| at);
    &value[..end]
}

/// The row as text, cut to [`RAW_BYTES_MAX`] bytes between characters.
fn text_of(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(&bytes[..bytes.len().min(RAW_BYTES_MAX)]).into_owned();
    text.truncate(text.floor_char_boundary(RAW_BYTES_MAX));
    text
}
