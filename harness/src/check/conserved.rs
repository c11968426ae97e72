//! Conservation: every row that was sent is delivered once with its content, or refused once for its reason.
//!
//! Expectation comes from the generator's truth, or, for a file that a person brought, from the file's own rows.

use std::collections::BTreeMap;

use wavetank_generators::EventRevenue;
use wavetank_generators::event_revenue::{CLEANED_COLUMNS, Canonical, Expected as Truth};
use wavetank_types::ledger::{Balance, Expected, Sighting};
use wavetank_types::{Checksum, Ledger, Said};

use super::rows::{self, RowText};
use super::{EXAMPLES_MAX, Finding};
use crate::client::Aws;
use crate::flow::Spread;
use crate::observe::{self, Object, ObserveError, Refusal};

/// What was sent.
#[derive(Clone, Copy, Debug)]
pub enum Sent<'a> {
    /// Generated rows: every row's fate and content are known.
    Generated(&'a EventRevenue),
    /// A file that a person brought: its rows are known, their fates are not.
    Brought(&'a [u8]),
}

/// The ledger at rest, and what its rows say went wrong.
#[derive(Clone, Debug)]
pub struct Conservation {
    /// The sums.
    pub balance: Balance,
    /// Rows with other content, by column, with the first example of each.
    pub mutated: BTreeMap<String, Mutated>,
    /// What became of each row.
    pub ledger: Ledger,
    /// What probably went wrong, where the input's own check knows better than the rules here.
    pub cause: Option<Said>,
    /// Rows that were read in each object, by its address.
    pub found: BTreeMap<String, u64>,
    /// How long records took that tell when they were sent.
    pub ages: Spread,
}

impl Conservation {
    /// A ledger that is full: closes it.
    pub fn of(mut ledger: Ledger) -> Self {
        let balance = ledger.close();
        let (mutated, found, ages) = (BTreeMap::new(), BTreeMap::new(), Spread::default());
        Self { balance, mutated, ledger, cause: None, found, ages }
    }
}

/// A column whose content differs from what was sent.
#[derive(Clone, Debug)]
pub struct Mutated {
    /// In how many rows.
    pub rows: u64,
    /// Whether the first of them holds null instead of a value.
    pub is_null: bool,
    /// The first of them.
    pub example: Said,
}

/// Fills the ledger from what was sent and what is found, and closes it.
pub async fn conserve(
    aws: Aws<'_>,
    sent: Sent<'_>,
    data: &[Object],
    refusals: &BTreeMap<u64, Vec<Refusal>>,
) -> Result<Conservation, ObserveError> {
    let mut ledger = Ledger::default();
    let mut identities = Identities::expect(&mut ledger, sent, refusals);
    let (mut mutated, mut found) = (Mutations::default(), BTreeMap::new());
    for (number, object) in (0..).zip(data) {
        let body = observe::get(aws, object).await?;
        let fail = |cause: String| ObserveError::Content { uri: object.uri(), cause };
        let mut text = RowText::default();
        for batch in rows::read(body).map_err(fail)? {
            let batch = batch.map_err(fail)?;
            *found.entry(object.uri()).or_default() += batch.num_rows() as u64;
            for row in 0..batch.num_rows() {
                text.set(&batch, row).map_err(fail)?;
                let id = text.fields().next().flatten().and_then(|id| id.parse::<i64>().ok());
                let Some(index) = id.and_then(|id| identities.index_of(id)) else {
                    let shown = id.map_or_else(|| "null".to_owned(), |id| id.to_string());
                    ledger.observe_phantom(|| {
                        Said::new(
                            format!("id {shown} in {} was never sent", object.uri()),
                            format!("id {shown} trong {} chưa từng được gửi", object.uri()),
                        )
                    });
                    continue;
                };
                let checksum = Checksum::of_fields(text.fields());
                ledger.observe_delivered(index, &Sighting { checksum, route: None, delivery: number });
                // Drawing a record again costs more than reading it: only where something differs.
                if !ledger.expects(index, checksum) {
                    mutated.compare(sent, index, checksum, &text);
                }
            }
        }
    }
    Ok(Conservation { mutated: mutated.by_column, found, ..Conservation::of(ledger) })
}

/// Turns a row's id into the record's index.
enum Identities<'a> {
    Generated(&'a EventRevenue),
    /// Rows of each id that were not refused, first row last.
    Brought(BTreeMap<i64, Vec<u64>>),
}

impl<'a> Identities<'a> {
    /// Writes what was sent, and what was refused, into the ledger.
    fn expect(ledger: &mut Ledger, sent: Sent<'a>, refusals: &BTreeMap<u64, Vec<Refusal>>) -> Self {
        let refused = |row: u64| refusals.get(&row).map_or(&[][..], Vec::as_slice);
        let mut rows = 0;
        let identities = match sent {
            Sent::Generated(profile) => {
                for row in profile.rows() {
                    rows = row.number;
                    let index = row.record.index;
                    ledger.generate(
                        index,
                        match row.expected() {
                            Truth::Delivered => Expected::Delivered { checksum: row.checksum(), route: None },
                            Truth::Rejected(reason) => Expected::Rejected(reason.to_owned()),
                        },
                    );
                    refused(row.number)
                        .iter()
                        .for_each(|refusal| ledger.observe_rejected(index, &refusal.reason));
                }
                Self::Generated(profile)
            }
            Sent::Brought(file) => {
                let mut by_id: BTreeMap<i64, Vec<u64>> = BTreeMap::new();
                for (number, row) in (1..).zip(data_rows(file)) {
                    rows = number;
                    ledger.generate(number, Expected::Either);
                    let refusals = refused(number);
                    refusals.iter().for_each(|refusal| ledger.observe_rejected(number, &refusal.reason));
                    if let Some(id) = leading_id(row).filter(|_| refusals.is_empty()) {
                        by_id.entry(id).or_default().insert(0, number);
                    }
                }
                Self::Brought(by_id)
            }
        };
        for (number, _) in refusals.range(rows + 1..) {
            ledger.observe_phantom(|| {
                Said::new(
                    format!("row {number} was refused, but only {rows} were sent"),
                    format!("dòng {number} bị từ chối, nhưng chỉ có {rows} dòng được gửi"),
                )
            });
        }
        identities
    }

    fn index_of(&mut self, id: i64) -> Option<u64> {
        match self {
            Self::Generated(profile) => profile.index_of(id),
            // The last one stays: an id that is delivered more often than sent is a duplicate of it.
            Self::Brought(by_id) => {
                let rows = by_id.get_mut(&id)?;
                if rows.len() > 1 { rows.pop() } else { rows.first().copied() }
            }
        }
    }
}

/// The id in a row's first field.
fn leading_id(row: &[u8]) -> Option<i64> {
    let field = row.split(|byte| *byte == b',').next()?;
    std::str::from_utf8(field).ok()?.trim().trim_matches('"').trim_end_matches(".0").parse().ok()
}

/// The data rows of a CSV file, header and empty lines left out.
///
/// A quoted field may hold line ends; a quote that nothing closes within 64 KiB ends with its line.
fn data_rows(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    const QUOTED_BYTES_MAX: usize = 64 * 1024;
    let mut rest = file;
    let next = move || {
        if rest.is_empty() {
            return None;
        }
        let line_end = |from: usize| {
            rest[from..].iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| from + at + 1)
        };
        let is_balanced = |end: usize| rest[..end].iter().filter(|byte| **byte == b'"').count() % 2 == 0;
        let first = line_end(0);
        let mut end = first;
        while !is_balanced(end) && end < rest.len() && end < QUOTED_BYTES_MAX {
            end = line_end(end);
        }
        let end = if is_balanced(end) { end } else { first };
        let (row, tail) = rest.split_at(end);
        rest = tail;
        Some(row)
    };
    std::iter::from_fn(next).filter(|row| !row.iter().all(|byte| matches!(byte, b'\n' | b'\r'))).skip(1)
}

/// Which columns differ from the truth, and how often.
#[derive(Default)]
struct Mutations {
    by_column: BTreeMap<String, Mutated>,
    expected: Canonical,
}

impl Mutations {
    fn compare(&mut self, sent: Sent<'_>, index: u64, checksum: Checksum, found: &RowText) {
        let Sent::Generated(profile) = sent else { return };
        let record = profile.record(index);
        if self.expected.set(&record) == checksum {
            return;
        }
        for ((column, expected), found) in
            CLEANED_COLUMNS.iter().zip(self.expected.fields()).zip(found.fields())
        {
            if expected != found {
                let show = |value: Option<&str>| value.unwrap_or("null").to_owned();
                let entry = self.by_column.entry((*column).to_owned()).or_insert_with(|| {
                    let (id, should, is) = (record.event_id, show(expected), show(found));
                    let example = Said::new(
                        format!("event_id {id}: {column} should be {should}, is {is}"),
                        format!("event_id {id}: {column} lẽ ra là {should}, thực tế là {is}"),
                    );
                    Mutated { rows: 0, is_null: found.is_none(), example }
                });
                entry.rows += 1;
            }
        }
    }
}

/// What the report says of it.
///
/// Where the sender may have sent records again, because it did not hear that they had arrived, its repeats are named and held
/// against nobody.
pub fn finding(conservation: &Conservation, may_repeat: bool) -> Finding {
    let Conservation { balance, mutated, .. } = conservation;
    let anomalies: u64 = balance.anomalies.values().map(|examples| examples.count).sum();
    let accounted = balance.accounted();
    let sent = balance.generated;
    let detail = Said::new(
        format!("{sent} rows sent, {accounted} accounted for, {anomalies} anomalies"),
        format!("đã gửi {sent} dòng, xác định được {accounted} dòng, {anomalies} bất thường"),
    );
    let of_columns = mutated.iter().map(|(column, Mutated { rows, example, .. })| {
        Said::new(
            format!("{column} differs in {rows} rows; {}", example.en),
            format!("{column} khác ở {rows} dòng; {}", example.vi),
        )
    });
    let of_records = balance.anomalies.iter().flat_map(|(anomaly, examples)| {
        examples
            .first
            .iter()
            .take(EXAMPLES_MAX / 2)
            .map(move |example| example.clone().after(&format!("{anomaly}: ")))
    });
    let holds = balance.is_conserved() || (may_repeat && balance.is_conserved_but_for_repeats());
    let finding = Finding::new("conserved", holds, detail).with_examples(of_columns.chain(of_records));
    match likely_cause(conservation).filter(|_| !holds) {
        Some(cause) => finding.with_cause(cause),
        None => finding,
    }
}

fn likely_cause(conservation: &Conservation) -> Option<Said> {
    let Conservation { balance, mutated, cause, .. } = conservation;
    if cause.is_some() {
        return cause.clone();
    }
    let is_null = |column: &str| mutated.get(column).is_some_and(|mutated| mutated.is_null);
    if is_null("event_date") {
        return Some(Said::new(
            "a cast to date gives NULL for every date that is not yyyy-MM-dd (Spark's cast does so without a word); parse each form",
            "ép kiểu (cast) sang date cho NULL với mọi ngày không viết theo yyyy-MM-dd (Spark làm vậy mà không báo gì); hãy đọc từng dạng ngày",
        ));
    }
    if mutated.contains_key("ticket_revenue") {
        return Some(Said::new(
            "money in a float loses digits (39847495 reads back as 39847496); use decimal(18,2)",
            "lưu tiền bằng float làm mất chữ số (39847495 đọc lại thành 39847496); hãy dùng decimal(18,2)",
        ));
    }
    if balance.duplicates > 0 {
        return Some(Said::new(
            "the same file was processed twice into new files; name the output after the source",
            "cùng một tệp đã được xử lý hai lần thành các tệp mới; hãy đặt tên kết quả theo tệp nguồn",
        ));
    }
    (balance.lost() > 0).then(|| {
        Said::new(
            "the job drops rows without writing why; every refusal needs a reason",
            "job bỏ dòng mà không ghi lý do; mỗi lần từ chối cần một lý do",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_brought_file_are_told_apart_as_csv_says() {
        let check = |file: &str, expected: &[&str]| {
            let found: Vec<&str> =
                data_rows(file.as_bytes()).map(|row| std::str::from_utf8(row).unwrap().trim_end()).collect();
            assert_eq!(found, expected, "{file:?}");
        };
        check("h\n1,a\n2,b", &["1,a", "2,b"]);
        check("h\r\n1,a\r\n\r\n2,b\r\n", &["1,a", "2,b"]);
        check("h\n1,\"a\nb\"\n2,c\n", &["1,\"a\nb\"", "2,c"]);
        check("h\n1,\"a\n2,c\n", &["1,\"a", "2,c"]);
        check("h\n", &[]);
        check("", &[]);
    }

    #[test]
    fn an_id_is_read_from_the_first_field() {
        let check = |row: &str, id: Option<i64>| assert_eq!(leading_id(row.as_bytes()), id, "{row}");
        check("1001,x", Some(1001));
        check("\"1001\",x", Some(1001));
        check("x,1001", None);
        check("", None);
    }
}
