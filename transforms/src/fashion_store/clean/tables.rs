//! The database's tables: CSV becomes typed Parquet, row by row.
//!
//! Keys must be there; a row with a broken one is refused. Prices are exact decimals. The mistake `price-as-integer` reads
//! them as whole numbers and, as Spark does, makes null of what is none.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    ArrayRef, Date32Builder, Decimal128Builder, Int32Builder, Int64Builder, RecordBatch, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use bytes::Bytes;
use csv::ByteRecord;

use super::file::{BATCH_ROWS, File, FileError};
use super::products::{self, Product, ProductError, Refused};
use super::values::{PRICE_PRECISION, PRICE_SCALE, day, price, price_as_integer, time, whole};
use super::{Reason, Rejected};
use crate::csv_rows::CsvRows;
use crate::fashion_store::{DETAIL_COLUMNS, Mistake, ORDER_COLUMNS, PRODUCT_COLUMNS, USER_COLUMNS};

/// A table of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the table of its name")]
pub enum Table {
    Users,
    Products,
    Orders,
    OrderDetails,
}

/// A file that cannot be cleaned at all.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Not the catalogue.
    #[error(transparent)]
    Products(#[from] ProductError),
    /// Parquet.
    #[error(transparent)]
    File(#[from] FileError),
}

/// What became of a file.
#[derive(Clone, Debug, Default)]
pub struct CleanTable {
    /// Data rows that were read.
    pub read: u64,
    /// Parquet; nothing if no row was delivered.
    pub file: Option<Bytes>,
    /// What was refused.
    pub rejected: Vec<Rejected>,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Users, Self::Products, Self::Orders, Self::OrderDetails];

    /// Its name, and its folder's.
    pub fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Products => "products",
            Self::Orders => "orders",
            Self::OrderDetails => "order_details",
        }
    }

    /// Whether each export holds all of it, and not the day's rows.
    pub fn is_snapshot(self) -> bool {
        matches!(self, Self::Users | Self::Products)
    }

    /// The columns of its Parquet files.
    pub fn schema(self) -> SchemaRef {
        static SCHEMAS: LazyLock<[SchemaRef; 4]> = LazyLock::new(|| Table::ALL.map(schema));
        SchemaRef::clone(&SCHEMAS[self as usize])
    }
}

fn schema(table: Table) -> SchemaRef {
    let names: &[&str] = match table {
        Table::Users => &USER_COLUMNS,
        Table::Products => &PRODUCT_COLUMNS,
        Table::Orders => &ORDER_COLUMNS,
        Table::OrderDetails => &DETAIL_COLUMNS,
    };
    let field = |name: &&str| {
        let (kind, is_nullable) = match *name {
            "id" | "user_id" | "order_id" | "product_id" => (DataType::Int64, false),
            "birthdate" => (DataType::Date32, true),
            "order_date" => (DataType::Timestamp(TimeUnit::Microsecond, None), false),
            "year" | "quantity" => (DataType::Int32, true),
            "price" | "total_price" | "unit_price" => {
                (DataType::Decimal128(PRICE_PRECISION, PRICE_SCALE), true)
            }
            _ => (DataType::Utf8, true),
        };
        Field::new(*name, kind, is_nullable)
    };
    Arc::new(Schema::new(names.iter().map(field).collect::<Vec<_>>()))
}

/// Cleans one file of a table.
pub fn clean(
    table: Table,
    object: &str,
    csv: &[u8],
    mistake: Option<Mistake>,
) -> Result<CleanTable, TableError> {
    let mut rows = Rows::new(table, mistake);
    let mut done = CleanTable::default();
    let note = |done: &mut CleanTable, outcome: Result<(), Refused>, raw: &[u8]| {
        done.read += 1;
        if let Err(Refused { reason, detail }) = outcome {
            done.rejected.push(Rejected::new(object, done.read, reason, &detail, raw));
        }
    };
    if table == Table::Products {
        for product in products::read(csv)? {
            let outcome = product.and_then(|product| rows.product(&product));
            note(&mut done, outcome, &[]);
            rows.flush_full()?;
        }
    } else {
        let (mut read, mut record) = (CsvRows::of(csv), ByteRecord::new());
        // The header, whose names are not looked at.
        read.next_into(&mut record);
        while read.next_into(&mut record) {
            let outcome = rows.record(&record);
            let raw: &[u8] = if outcome.is_err() { record.as_slice() } else { &[] };
            note(&mut done, outcome, raw);
            rows.flush_full()?;
        }
    }
    done.file = rows.end()?;
    Ok(done)
}

/// A column that grows.
enum Column {
    Key(Int64Builder),
    Whole(Int32Builder),
    Day(Date32Builder),
    Time(TimestampMicrosecondBuilder),
    Price(Decimal128Builder),
    Text(StringBuilder),
}

/// One value, read and not yet in its column.
enum Cell<'a> {
    Key(i64),
    Whole(Option<i32>),
    Day(Option<i32>),
    Time(i64),
    Price(Option<i128>),
    Text(Option<&'a str>),
}

struct Rows {
    table: Table,
    read_price: fn(&str) -> Option<i128>,
    /// Whether a price that cannot be read is null instead of refused.
    loses_prices: bool,
    columns: Vec<Column>,
    rows: usize,
    file: Option<File>,
}

impl Rows {
    fn new(table: Table, mistake: Option<Mistake>) -> Self {
        let column = |field: &Arc<Field>| match field.data_type() {
            DataType::Int64 => Column::Key(Int64Builder::new()),
            DataType::Int32 => Column::Whole(Int32Builder::new()),
            DataType::Date32 => Column::Day(Date32Builder::new()),
            DataType::Timestamp(..) => Column::Time(TimestampMicrosecondBuilder::new()),
            DataType::Decimal128(..) => Column::Price(
                Decimal128Builder::new().with_data_type(DataType::Decimal128(PRICE_PRECISION, PRICE_SCALE)),
            ),
            _ => Column::Text(StringBuilder::new()),
        };
        let loses_prices = mistake == Some(Mistake::PriceAsInteger);
        let columns = table.schema().fields().iter().map(column).collect();
        let read_price = if loses_prices { price_as_integer } else { price };
        Self { table, read_price, loses_prices, columns, rows: 0, file: None }
    }

    /// A row of any table but products, by the schema's columns in order.
    fn record(&mut self, record: &ByteRecord) -> Result<(), Refused> {
        let schema = self.table.schema();
        let wanted = schema.fields().len();
        if record.len() < wanted {
            let detail = format!("{} of {wanted} fields", record.len());
            return Err(Refused { reason: Reason::WrongFieldCount, detail });
        }
        let mut cells = Vec::with_capacity(wanted);
        for (field, text) in schema.fields().iter().zip(record) {
            let refused = |reason, text: &str| Refused { reason, detail: format!("{} {text}", field.name()) };
            let text = std::str::from_utf8(text)
                .map_err(|_| refused(Reason::BadValue, &String::from_utf8_lossy(text)))?;
            cells.push(self.cell(field.data_type(), text).map_err(|reason| refused(reason, text))?);
        }
        self.push(cells);
        Ok(())
    }

    fn cell<'a>(&self, kind: &DataType, text: &'a str) -> Result<Cell<'a>, Reason> {
        let absent = text.is_empty();
        Ok(match kind {
            DataType::Int64 => Cell::Key(whole(text).filter(|key| *key > 0).ok_or(Reason::BadKey)?),
            DataType::Timestamp(..) => Cell::Time(time(text).ok_or(Reason::BadTime)?),
            DataType::Int32 if absent => Cell::Whole(None),
            DataType::Int32 => {
                let number = whole(text).and_then(|number| i32::try_from(number).ok());
                Cell::Whole(Some(number.ok_or(Reason::BadValue)?))
            }
            DataType::Date32 if absent => Cell::Day(None),
            DataType::Date32 => Cell::Day(Some(day(text).ok_or(Reason::BadTime)?)),
            DataType::Decimal128(..) => self.price(text)?,
            _ => Cell::Text((!absent).then_some(text)),
        })
    }

    fn price<'a>(&self, text: &str) -> Result<Cell<'a>, Reason> {
        let read = (self.read_price)(text);
        if read.is_none() && !text.is_empty() && !self.loses_prices {
            return Err(Reason::BadValue);
        }
        Ok(Cell::Price(read))
    }

    fn product(&mut self, product: &Product) -> Result<(), Refused> {
        let detail = || format!("price {}", product.price);
        let price = self.price(&product.price).map_err(|reason| Refused { reason, detail: detail() })?;
        let [gender, master, article, colour, season, usage] = &product.texts;
        let text = |text: &Option<String>| -> Option<String> { text.clone() };
        let texts = [gender, master, &product.sub_category, article, colour, season].map(text);
        let mut cells = vec![Cell::Key(product.id)];
        cells.extend(texts.iter().map(|text| Cell::Text(text.as_deref())));
        cells.push(Cell::Whole(product.year.and_then(|year| i32::try_from(year).ok())));
        cells.push(Cell::Text(usage.as_deref()));
        cells.push(Cell::Text(Some(&product.name)));
        cells.push(price);
        self.push(cells);
        Ok(())
    }

    fn push(&mut self, cells: Vec<Cell<'_>>) {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            match (column, cell) {
                (Column::Key(column), Cell::Key(key)) => column.append_value(key),
                (Column::Whole(column), Cell::Whole(number)) => column.append_option(number),
                (Column::Day(column), Cell::Day(day)) => column.append_option(day),
                (Column::Time(column), Cell::Time(at)) => column.append_value(at * 1_000_000),
                (Column::Price(column), Cell::Price(price)) => column.append_option(price),
                (Column::Text(column), Cell::Text(text)) => column.append_option(text),
                _ => unreachable!("cells are made by the schema that made the columns"),
            }
        }
        self.rows += 1;
    }

    fn flush_full(&mut self) -> Result<(), FileError> {
        if self.rows >= BATCH_ROWS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), FileError> {
        self.rows = 0;
        let finish = |column: &mut Column| -> ArrayRef {
            match column {
                Column::Key(column) => Arc::new(column.finish()),
                Column::Whole(column) => Arc::new(column.finish()),
                Column::Day(column) => Arc::new(column.finish()),
                Column::Time(column) => Arc::new(column.finish()),
                Column::Price(column) => Arc::new(column.finish()),
                Column::Text(column) => Arc::new(column.finish()),
            }
        };
        let columns = self.columns.iter_mut().map(finish).collect();
        let batch = RecordBatch::try_new(self.table.schema(), columns).expect("a value of each column a row");
        if self.file.is_none() {
            self.file = Some(File::new(self.table.schema())?);
        }
        self.file.as_mut().map_or(Ok(()), |file| file.write(&batch))
    }

    fn end(mut self) -> Result<Option<Bytes>, FileError> {
        self.flush()?;
        self.file.map_or(Ok(None), File::end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Array, AsArray};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    fn batch(file: Option<Bytes>) -> RecordBatch {
        let reader = ParquetRecordBatchReaderBuilder::try_new(file.expect("rows")).expect("Parquet").build();
        reader.expect("Parquet").next().expect("a batch").expect("a batch")
    }

    #[test]
    fn rows_become_typed_and_broken_ones_are_refused_with_their_place() {
        let csv = "id,user_id,order_date,total_price\n1,2,2026-01-06 10:00:00,8421.0\n0,2,2026-01-06 10:00:00,1.0\n\
                   3,2,soon,1.0\n4,2,2026-01-06 10:00:00,cheap\n5,2\n6,7,2026-01-06 23:59:59,100\n";
        let done = clean(Table::Orders, "o.csv", csv.as_bytes(), None).expect("CSV");
        let refused: Vec<(u64, Reason)> = done.rejected.iter().map(|it| (it.line, it.reason)).collect();
        let expected =
            [(2, Reason::BadKey), (3, Reason::BadTime), (4, Reason::BadValue), (5, Reason::WrongFieldCount)];
        assert_eq!((done.read, refused.as_slice()), (6, expected.as_slice()));
        let batch = batch(done.file);
        assert_eq!(batch.num_rows(), 2);
        let prices = batch.column(3).as_primitive::<arrow::datatypes::Decimal128Type>();
        assert_eq!(prices.values().to_vec(), [842_100, 10_000]);
    }

    #[test]
    fn prices_as_whole_numbers_are_null_only_where_they_are_written_as_floats() {
        let csv = "order_id,product_id,quantity,unit_price\n1,2,3,8421.0\n1,3,1,8421\n";
        let check = |mistake, nulls: usize| {
            let done = clean(Table::OrderDetails, "d.csv", csv.as_bytes(), mistake).expect("CSV");
            assert_eq!((batch(done.file).column(3).null_count(), done.rejected.len()), (nulls, 0));
        };
        check(None, 0);
        check(Some(Mistake::PriceAsInteger), 1);
    }

    #[test]
    fn an_address_of_two_lines_is_one_value_and_a_header_alone_gives_no_file() {
        let header = "id,username,first_name,last_name,email,phone,address,sex,birthdate\n";
        let row = "1,an,An,Le,an@example.com,+84,\"1 Le Loi\nHue\",F,1990-02-28\n";
        let done = clean(Table::Users, "u.csv", format!("{header}{row}").as_bytes(), None).expect("CSV");
        let batch = batch(done.file);
        assert_eq!(batch.column(6).as_string::<i32>().value(0), "1 Le Loi\nHue");
        assert!(clean(Table::Users, "u.csv", header.as_bytes(), None).expect("CSV").file.is_none());
    }
}
