//! Properties of cleaning, against a naive model: no row from nowhere, cleaning is idempotent, the order of the input
//! never matters, totals equal the model's, and any bytes give rows or reasons and never a panic.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::tests::{HEADER, Outcome, run, texts};
use super::*;

/// A row as it was meant. The model keeps values; the file keeps text.
#[derive(Clone, Debug)]
struct Meant {
    id: i64,
    name: String,
    date: (i32, u32, u32),
    form: u8,
    count: Option<u32>,
    cents: Option<u64>,
    spoiled: Option<(usize, String)>,
}

impl Meant {
    fn fields(&self) -> Vec<String> {
        let (year, month, day) = self.date;
        let date = match self.form {
            0 => format!("{year:04}-{month:02}-{day:02}"),
            1 => format!("{year:04}/{month:02}/{day:02}"),
            _ => format!("{year:04}-{month:02}-{day:02} 12:34:56"),
        };
        let mut fields: Vec<String> = vec![
            self.id.to_string(),
            self.name.clone(),
            "Meetup".into(),
            date,
            "Ha Noi".into(),
            "Vietnam".into(),
            "FCJ".into(),
            self.count.map_or(String::new(), |count| format!("{count}.0")),
            self.cents.map_or(String::new(), |cents| format!("{}.{:02}", cents / 100, cents % 100)),
            "VND".into(),
            "Online".into(),
            "2023-11-13 10:00:48".into(),
            "2023-11-15 10:00:48".into(),
        ];
        if let Some((column, text)) = &self.spoiled {
            fields[*column] = text.clone();
        }
        fields
    }

    /// What must come out, column by column, from the values alone.
    fn cleaned(&self) -> Vec<Option<String>> {
        let (year, month, day) = self.date;
        let is_paid = self.cents.is_some_and(|cents| cents > 0);
        let text = |text: &str| Some(text.to_owned());
        vec![
            Some(self.id.to_string()),
            Some(self.name.clone()),
            text("Meetup"),
            Some(format!("{year:04}-{month:02}-{day:02}")),
            text("Ha Noi"),
            text("Vietnam"),
            text("FCJ"),
            self.count.map(|count| count.to_string()),
            self.cents.map(|cents| format!("{}.{:02}", cents / 100, cents % 100)),
            text("VND"),
            text("Online"),
            text("2023-11-13 10:00:48"),
            text("2023-11-15 10:00:48"),
            text(if is_paid { "completed" } else { "cancelled" }),
        ]
    }
}

/// Rows, some spoiled in one column, each id meaning one thing.
fn meant() -> impl Strategy<Value = Meant> {
    let name = "[a-zA-Z ,\"\\n\\r\u{1ec7}]{0,12}";
    let date = (1_i32..=9_999, 1_u32..=12, 1_u32..=28);
    let cents = option::weighted(0.9, 0_u64..10_000_000_000);
    let spoiled = option::weighted(0.2, (select(vec![0_usize, 3, 7, 8, 11, 12]), "[xyz]{1,5}"));
    (1_i64..1_000_000, name, date, 0_u8..3, option::weighted(0.9, 0_u32..100_000), cents, spoiled).prop_map(
        |(id, name, date, form, count, cents, spoiled)| Meant { id, name, date, form, count, cents, spoiled },
    )
}

/// Rows of unique ids.
fn rows() -> impl Strategy<Value = Vec<Meant>> {
    vec(meant(), 1..40).prop_map(|rows| {
        let by_id: BTreeMap<i64, Meant> = rows.into_iter().map(|row| (row.id, row)).collect();
        by_id.into_values().collect()
    })
}

/// A file by the `csv` crate's writer, which is not ours.
fn file(rows: impl IntoIterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(HEADER.as_bytes().to_vec());
    rows.into_iter().for_each(|row| writer.write_record(row).expect("memory"));
    writer.into_inner().expect("memory")
}

fn clean(file: &[u8]) -> Outcome {
    run(Variant::Correct, file).expect("a good header")
}

fn sorted<T: Ord>(rows: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut rows: Vec<T> = rows.into_iter().collect();
    rows.sort();
    rows
}

/// Hands out its bytes in pieces of these sizes, as a network does.
struct Pieces<'a> {
    bytes: &'a [u8],
    size: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let taken = self.size.min(buffer.len());
        self.bytes.read(&mut buffer[..taken])
    }
}

/// Text that is mostly quotes, separators and line ends.
fn nasty() -> impl Strategy<Value = Vec<u8>> {
    let piece = select(vec![
        &b","[..],
        b"\"",
        b"\"\"",
        b"\n",
        b"\r\n",
        b"\r",
        b"1",
        b"a",
        b"1.0",
        b"\xFF",
        b"\xC3\xA9",
        b"2024-01-26",
        b"2024/01/26 ",
        b"7,n,t,2024-01-26,c,c,o,1.0,2.0,VND,Online,2023-11-13 10:00:48,2023-11-15 10:00:48",
    ]);
    vec(piece, 0..120).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Good rows come out as the model says, spoiled ones do not, and nothing else does.
    #[test]
    fn no_row_comes_from_nowhere(rows in rows()) {
        let outcome = clean(&file(rows.iter().map(Meant::fields)));
        let good = rows.iter().filter(|row| row.spoiled.is_none());
        prop_assert_eq!(outcome.rows, good.map(Meant::cleaned).collect::<Vec<_>>());
        let spoiled = rows.iter().filter(|row| row.spoiled.is_some()).count();
        prop_assert_eq!(outcome.rejected.len(), spoiled);
        prop_assert_eq!(outcome.summary.rows_read, rows.len() as u64);
    }

    /// The cleaned rows written as a file clean to themselves.
    #[test]
    fn cleaning_is_idempotent(rows in rows()) {
        let once = clean(&file(rows.iter().map(Meant::fields))).rows;
        prop_assume!(!once.is_empty());
        let again = once.iter().map(|row| row[..13].iter().map(|cell| cell.clone().unwrap_or_default()).collect());
        let twice = clean(&file(again));
        prop_assert_eq!(twice.rows, once);
        prop_assert_eq!(twice.rejected, []);
    }

    /// A shuffled file with repeats gives the same rows, and refuses as often for the same reasons.
    #[test]
    fn the_order_of_the_input_never_matters(
        (rows, shuffled) in rows()
            .prop_map(|rows| rows.iter().chain(rows.iter().take(5)).cloned().collect::<Vec<_>>())
            .prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
    ) {
        let (plain, mixed) = (file(rows.iter().map(Meant::fields)), file(shuffled.iter().map(Meant::fields)));
        let (plain, mixed) = (clean(&plain), clean(&mixed));
        prop_assert_eq!(sorted(plain.rows), sorted(mixed.rows));
        prop_assert_eq!(plain.summary, mixed.summary);
    }

    /// Revenue, participants and counts are those of the model, to the hundredth.
    #[test]
    fn totals_equal_the_models(rows in rows()) {
        let outcome = clean(&file(rows.iter().chain(&rows).map(Meant::fields)));
        let good: Vec<&Meant> = rows.iter().filter(|row| row.spoiled.is_none()).collect();
        let cents = |text: &String| text.replace('.', "").parse::<u64>().expect("digits");
        let revenue: u64 = outcome.rows.iter().filter_map(|row| row[8].as_ref()).map(cents).sum();
        prop_assert_eq!(revenue, good.iter().filter_map(|row| row.cents).sum::<u64>());
        let people = |text: &String| text.parse::<u32>().expect("digits");
        let participants: u32 = outcome.rows.iter().filter_map(|row| row[7].as_ref()).map(people).sum();
        prop_assert_eq!(participants, good.iter().filter_map(|row| row.count).sum::<u32>());
        prop_assert_eq!(outcome.summary.delivered, good.len() as u64);
        let repeated = outcome.summary.rejected.get(&Reason::DuplicateEventId).copied().unwrap_or_default();
        prop_assert_eq!(repeated, good.len() as u64);
    }

    /// Any bytes below a header give rows or reasons, as many as were read, with ids that occur once.
    #[test]
    fn any_bytes_give_rows_or_reasons(body in prop_oneof![nasty(), vec(any::<u8>(), 0..400)]) {
        let file = [HEADER.as_bytes(), &body].concat();
        for variant in Variant::ALL {
            let Ok(outcome) = run(variant, &file) else {
                prop_assert!(body.iter().all(|byte| matches!(byte, b'\n' | b'\r')));
                continue;
            };
            let summary = &outcome.summary;
            prop_assert_eq!(summary.delivered, outcome.rows.len() as u64);
            prop_assert_eq!(summary.rejected_total(), outcome.rejected.len() as u64);
            prop_assert_eq!(summary.rows_read, summary.delivered + summary.rejected_total());
        }
        if let Ok(outcome) = run(Variant::Correct, &file) {
            let ids: BTreeSet<_> = outcome.rows.iter().map(|row| row[0].clone()).collect();
            prop_assert_eq!(ids.len(), outcome.rows.len());
        }
    }

    /// Any bytes without a header are read or refused.
    #[test]
    fn any_bytes_are_a_file_or_refused(bytes in vec(any::<u8>(), 0..400)) {
        for variant in Variant::ALL {
            let _ = run(variant, &bytes);
        }
        let _ = check_head(&bytes, bytes.len() as u64);
    }

    /// A line with an open quote costs itself and nothing after it.
    #[test]
    fn an_open_quote_swallows_no_other_row(rows in rows(), at in any::<prop::sample::Index>()) {
        let rows: Vec<Meant> = rows.into_iter().filter(|row| row.spoiled.is_none()).collect();
        prop_assume!(!rows.is_empty());
        let at = at.index(rows.len());
        let (before, after) = rows.split_at(at);
        let mut whole = file(before.iter().map(Meant::fields));
        whole.extend_from_slice(b"5000000,\"never closed,Meetup\n");
        let tail = file(after.iter().map(Meant::fields));
        whole.extend_from_slice(&tail[HEADER.len()..]);
        let outcome = clean(&whole);
        prop_assert_eq!(outcome.rows, rows.iter().map(Meant::cleaned).collect::<Vec<_>>());
        prop_assert_eq!(outcome.rejected.len(), 1);
        prop_assert_eq!(outcome.rejected[0].reason, Reason::UnterminatedQuote);
        prop_assert_eq!(outcome.rejected[0].row_number, at as u64 + 1);
    }

    /// How the bytes arrive changes nothing.
    #[test]
    fn the_pieces_of_the_input_do_not_matter(body in nasty(), size in 1_usize..50) {
        let file = [HEADER.as_bytes(), b"1", &body].concat();
        for variant in Variant::ALL {
            let pieces = Batches::open(variant, Pieces { bytes: &file, size }).expect("a good header");
            let rows: Vec<_> = pieces.flat_map(|cleaned| texts(&cleaned.expect("memory").batch)).collect();
            prop_assert_eq!(rows, run(variant, &file).expect("a good header").rows);
        }
    }
}
