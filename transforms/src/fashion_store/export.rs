//! The night's export: yesterday's orders with their details, and whole snapshots of users and products, as CSV.
//!
//! The key of each file is `table/YYYY/MM/DD/table.csv` of the local day that it tells of. Rows come from the database as CSV in
//! any number of parts; what is not of the day is left out here, whatever the database was asked for.

use std::collections::BTreeSet;

use bytes::Bytes;
use chrono::NaiveDate;
use csv::{ByteRecord, Writer};

use super::folder;
use crate::csv_rows::CsvRows;

/// What the database holds: each part is a CSV file with its header.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// All users.
    pub users: Bytes,
    /// All products.
    pub products: Bytes,
    /// Orders of the day, and perhaps of others.
    pub orders: Vec<Bytes>,
    /// Order details of those orders, and perhaps of others.
    pub order_details: Vec<Bytes>,
}

/// A file to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Its key.
    pub key: String,
    /// Its content.
    pub body: Bytes,
    /// Its data rows.
    pub rows: u64,
}

/// Rows from the database that are no CSV.
#[derive(Debug, thiserror::Error)]
#[error("{table}: {cause}")]
pub struct ExportError {
    table: &'static str,
    cause: csv::Error,
}

/// The files of a day, in the order users, products, orders, order_details.
pub fn export(day: NaiveDate, source: &Source) -> Result<[Exported; 4], ExportError> {
    let date = day.format("%Y-%m-%d").to_string();
    let mut order_ids: BTreeSet<Vec<u8>> = BTreeSet::new();
    let orders = filtered("orders", &source.orders, |row| {
        let is_of_day = row.get(2).is_some_and(|at| at.starts_with(date.as_bytes()));
        if is_of_day {
            order_ids.insert(row.get(0).unwrap_or_default().to_vec());
        }
        is_of_day
    })?;
    let order_details = filtered("order_details", &source.order_details, |row| {
        row.get(0).is_some_and(|order| order_ids.contains(order))
    })?;
    let file = |table: &str, body: Bytes, rows| {
        let key = format!("{table}/{}{table}.csv", folder(day));
        Exported { key, body, rows }
    };
    Ok([
        file("users", source.users.clone(), data_rows(&source.users)),
        // As it is: the catalogue's rows are not all CSV by the book, and the clean zone's rules know how to read them.
        file("products", source.products.clone(), data_rows(&source.products)),
        file("orders", orders.0, orders.1),
        file("order_details", order_details.0, order_details.1),
    ])
}

/// Rows of a database as CSV with a header; NULL is nothing between two commas.
pub fn csv_of(header: &[&str], rows: &[Vec<Option<String>>]) -> Bytes {
    let mut out = Writer::from_writer(Vec::new());
    let texts = rows.iter().map(|row| row.iter().map(|cell| cell.as_deref().unwrap_or_default()).collect());
    for row in std::iter::once(header.to_vec()).chain(texts) {
        // Memory takes everything, and each row has the header's length.
        let _ = out.write_record(&row);
    }
    Bytes::from(out.into_inner().unwrap_or_default())
}

/// How many rows a file has behind its header.
fn data_rows(file: &[u8]) -> u64 {
    let (mut read, mut row) = (CsvRows::of(file), ByteRecord::new());
    let rows = std::iter::from_fn(|| read.next_into(&mut row).then_some(())).count() as u64;
    rows.saturating_sub(1)
}

/// The parts as one file with one header, and only the rows that are wanted; and how many these are.
fn filtered(
    table: &'static str,
    parts: &[Bytes],
    mut is_wanted: impl FnMut(&ByteRecord) -> bool,
) -> Result<(Bytes, u64), ExportError> {
    let fail = |cause: csv::Error| ExportError { table, cause };
    let mut out = Writer::from_writer(Vec::new());
    let (mut rows, mut row) = (0, ByteRecord::new());
    let all = joined(parts);
    let mut read = CsvRows::of(&all);
    let mut is_header = true;
    while read.next_into(&mut row) {
        let is_kept = is_header || is_wanted(&row);
        rows += u64::from(is_kept && !is_header);
        is_header = false;
        if is_kept {
            // A row of another length is dirt, and only counted.
            out.write_byte_record(&row).or_else(unequal).map_err(fail)?;
        }
    }
    let body = out.into_inner().map_err(|error| fail(csv::Error::from(error.into_error())))?;
    Ok((Bytes::from(body), rows))
}

/// All parts behind the first one's header.
fn joined(parts: &[Bytes]) -> Bytes {
    let Some((first, rest)) = parts.split_first().filter(|(_, rest)| !rest.is_empty()) else {
        return parts.first().cloned().unwrap_or_default();
    };
    let mut all = first.to_vec();
    for part in rest {
        if !all.ends_with(b"\n") && !all.is_empty() {
            all.push(b'\n');
        }
        let mut rows = CsvRows::of(part);
        rows.next_into(&mut ByteRecord::new());
        all.extend_from_slice(&part[rows.position()..]);
    }
    Bytes::from(all)
}

fn unequal(error: csv::Error) -> Result<(), csv::Error> {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { .. } => Ok(()),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str) -> Bytes {
        Bytes::from(text.to_owned())
    }

    #[test]
    fn rows_of_a_database_are_quoted_where_they_must_be() {
        let cell = |text: &str| Some(text.to_owned());
        let rows = [vec![cell("1"), cell("12 Le Loi,\nHue")], vec![cell("2"), None]];
        assert_eq!(csv_of(&["id", "address"], &rows), "id,address\n1,\"12 Le Loi,\nHue\"\n2,\n");
    }

    #[test]
    fn only_the_day_s_orders_leave_and_their_details_with_them() {
        let source = Source {
            users: part("id,username\n1,\"a\nb\"\n"),
            products: part("id,name,price\n1,x,y,9.0\n2,z,8.0\n"),
            orders: vec![
                part(
                    "id,user_id,order_date,total_price\n1,1,2026-01-05 23:59:59,9.0\n2,1,2026-01-06 00:00:00,8.0\n",
                ),
                part(
                    "id,user_id,order_date,total_price\n3,1,2026-01-06 23:59:59,8.0\n4,1,2026-01-07 00:00:00,8.0\n",
                ),
            ],
            order_details: vec![part(
                "order_id,product_id,quantity,unit_price\n1,1,1,9.0\n2,2,1,8.0\n3,2,1,8.0\n4,2,1,8.0\n",
            )],
        };
        let day = NaiveDate::from_ymd_opt(2026, 1, 6).expect("a day");
        let files = export(day, &source).expect("CSV");
        let check = |at: usize, key: &str, rows: u64, body: &str| {
            let Exported { key: found, body: text, rows: count } = &files[at];
            let found = (found.as_str(), *count, std::str::from_utf8(text).expect("text"));
            assert_eq!(found, (key, rows, body));
        };
        check(0, "users/2026/01/06/users.csv", 1, "id,username\n1,\"a\nb\"\n");
        check(1, "products/2026/01/06/products.csv", 2, "id,name,price\n1,x,y,9.0\n2,z,8.0\n");
        let header = "id,user_id,order_date,total_price\n";
        let rows = "2,1,2026-01-06 00:00:00,8.0\n3,1,2026-01-06 23:59:59,8.0\n";
        check(2, "orders/2026/01/06/orders.csv", 2, &format!("{header}{rows}"));
        let header = "order_id,product_id,quantity,unit_price\n";
        check(3, "order_details/2026/01/06/order_details.csv", 2, &format!("{header}2,2,1,8.0\n3,2,1,8.0\n"));
    }

    #[test]
    fn a_day_without_orders_has_files_with_a_header_alone() {
        let source =
            Source { orders: vec![part("id,user_id,order_date,total_price\n")], ..Source::default() };
        let day = NaiveDate::from_ymd_opt(2026, 1, 6).expect("a day");
        let files = export(day, &source).expect("CSV");
        assert_eq!(files.iter().map(|file| file.rows).collect::<Vec<_>>(), [0, 0, 0, 0]);
    }
}
