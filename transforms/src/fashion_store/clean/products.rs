//! The catalogue with its dirt: names with commas that nothing quotes, `NA` and nothing for what is not known, empty columns
//! behind the last.
//!
//! All of it can be read, so all of it is delivered. The columns before the name are counted from the left, the price from
//! the right, and the name is what stands between.

use csv::ByteRecord;

use super::Reason;
use super::values::{is_absent, whole};
use crate::csv_rows::CsvRows;

/// Columns before the product's name.
const BEFORE_NAME: usize = 9;

/// A row of the catalogue, as it can be read. What is not known is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// From 1.
    pub id: i64,
    /// `gender`, `master_category`, `article_type`, `base_colour`, `season` and `usage`, in this order.
    pub texts: [Option<String>; 6],
    /// What the recommender goes by.
    pub sub_category: Option<String>,
    /// The season's year.
    pub year: Option<i64>,
    /// The whole name, its commas too.
    pub name: String,
    /// The price as it is written; nothing in the public catalogue.
    pub price: String,
}

/// A row that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub reason: Reason,
    /// What breaks the rule.
    pub detail: String,
}

/// A file that is not the catalogue's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the header has {0} columns; a catalogue has 10, or 11 with the price")]
pub struct ProductError(usize);

/// The rows of a file.
#[derive(Debug)]
pub struct Products<'a> {
    rows: CsvRows<'a>,
    row: ByteRecord,
    has_price: bool,
}

/// Reads the header and is ready for the rows. A file without any line has no rows.
pub fn read(file: &[u8]) -> Result<Products<'_>, ProductError> {
    let (mut rows, mut row) = (CsvRows::of(file), ByteRecord::new());
    rows.next_into(&mut row);
    match row.len() {
        0 | 10 | 11 => Ok(Products { rows, has_price: row.len() == 11, row }),
        other => Err(ProductError(other)),
    }
}

impl Iterator for Products<'_> {
    type Item = Result<Product, Refused>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rows.next_into(&mut self.row).then(|| product(&self.row, self.has_price))
    }
}

fn product(record: &ByteRecord, has_price: bool) -> Result<Product, Refused> {
    let fields: Vec<String> =
        record.iter().map(|field| String::from_utf8_lossy(field).trim().to_owned()).collect();
    let columns = BEFORE_NAME + 1 + usize::from(has_price);
    let mut count = fields.len();
    while count > columns && fields[count - 1].is_empty() {
        count -= 1;
    }
    if count < columns {
        let detail = format!("{count} of {columns} fields");
        return Err(Refused { reason: Reason::WrongFieldCount, detail });
    }
    let id = whole(&fields[0]).filter(|id| *id > 0);
    let id = id.ok_or_else(|| Refused { reason: Reason::BadKey, detail: fields[0].clone() })?;
    let year = match fields[7].as_str() {
        absent if is_absent(absent) => None,
        text => {
            let refused = || Refused { reason: Reason::BadValue, detail: format!("year {text}") };
            Some(whole(text).filter(|year| *year < 10_000).ok_or_else(refused)?)
        }
    };
    let known = |at: usize| Some(fields[at].clone()).filter(|text| !is_absent(text));
    let name_end = count - usize::from(has_price);
    Ok(Product {
        id,
        texts: [known(1), known(2), known(4), known(5), known(6), known(8)],
        sub_category: known(3),
        year,
        name: joined(record, BEFORE_NAME, name_end),
        price: if has_price { fields[count - 1].clone() } else { String::new() },
    })
}

/// The name as it stood there, the spaces behind its commas too.
fn joined(record: &ByteRecord, from: usize, to: usize) -> String {
    let parts: Vec<&[u8]> = record.iter().skip(from).take(to - from).collect();
    String::from_utf8_lossy(&parts.join(&b',')).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "id,gender,master_category,sub_category,article_type,base_colour,season,year,usage,product_display_name,price\n";

    #[test]
    fn every_kind_of_dirt_is_read_as_it_was_meant() {
        let check = |row: &str, name: &str, year: Option<i64>, usage: Option<&str>, price: &str| {
            let file = format!("{HEADER}{row}\n");
            let found = read(file.as_bytes()).expect("a catalogue").next().expect("a row");
            let found = found.unwrap_or_else(|refused| panic!("{row}: {refused:?}"));
            let Product { name: is, year: has, texts, price: costs, .. } = found;
            assert_eq!((is.as_str(), has, costs.as_str()), (name, year, price), "{row}");
            assert_eq!(texts[5].as_deref(), usage, "{row}");
        };
        let row = |year: &str, usage: &str, rest: &str| {
            format!("1,Men,Apparel,Topwear,Shirts,Navy Blue,Fall,{year},{usage},{rest}")
        };
        check(
            &row("2011", "Casual", "Blue Shirt,8421.0"),
            "Blue Shirt",
            Some(2011),
            Some("Casual"),
            "8421.0",
        );
        check(&row("2011.0", "NA", "Blue, Shirt,8421.0"), "Blue, Shirt", Some(2011), None, "8421.0");
        check(&row("", "Casual", "\"Blue, Shirt\",8421.0"), "Blue, Shirt", None, Some("Casual"), "8421.0");
        check(&row("NA", "", "Blue Shirt,8421.0,,"), "Blue Shirt", None, None, "8421.0");
        check(
            &row("2011", "Casual", "Blue,Shirt,X,8421.0,,"),
            "Blue,Shirt,X",
            Some(2011),
            Some("Casual"),
            "8421.0",
        );
        check(&row("2011", "Casual", "Blue Shirt,"), "Blue Shirt", Some(2011), Some("Casual"), "");
    }

    #[test]
    fn the_public_catalogue_has_no_price_and_broken_rows_are_refused() {
        let header = HEADER.replace(",price", "");
        let check = |row: &str, expected: Result<(&str, &str), Reason>| {
            let file = format!("{header}{row}\n");
            let found = read(file.as_bytes()).expect("a catalogue").next().expect("a row");
            let found = found.as_ref().map(|it| (it.name.as_str(), it.price.as_str()));
            assert_eq!(found.map_err(|refused| refused.reason), expected, "{row}");
        };
        check("7,Men,Apparel,Topwear,Shirts,Blue,Fall,2011,Casual,A, B,", Ok(("A, B", "")));
        check("0,Men,Apparel,Topwear,Shirts,Blue,Fall,2011,Casual,A", Err(Reason::BadKey));
        check("x,Men,Apparel,Topwear,Shirts,Blue,Fall,2011,Casual,A", Err(Reason::BadKey));
        check("7,Men,Apparel,Topwear", Err(Reason::WrongFieldCount));
        check("7,Men,Apparel,Topwear,Shirts,Blue,Fall,soon,Casual,A", Err(Reason::BadValue));
        assert!(matches!(read(b"id,name\n"), Err(ProductError(2))));
        assert_eq!(read(b"").expect("nothing").count(), 0);
    }
}
