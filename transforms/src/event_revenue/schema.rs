//! The columns that come in and the types that go out.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// Columns of the raw file, in the order in which the header must name them.
pub const RAW_COLUMNS: [&str; 13] = [
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
];

/// Columns of the output: the raw ones and `status`.
pub const OUTPUT_COLUMNS: [&str; 14] = {
    let mut all = ["status"; 14];
    let mut n = 0;
    while n < RAW_COLUMNS.len() {
        all[n] = RAW_COLUMNS[n];
        n += 1;
    }
    all
};

/// Digits of a revenue, and how many of them follow the point.
pub(super) const REVENUE_PRECISION: u8 = 18;
pub(super) const REVENUE_SCALE: i8 = 2;

/// Microseconds without a time zone: what Athena reads as `timestamp`.
const TIME: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

static CLEANED: LazyLock<SchemaRef> = LazyLock::new(|| {
    let decimal = DataType::Decimal128(REVENUE_PRECISION, REVENUE_SCALE);
    schema(DataType::Int32, decimal, |name| matches!(name, "participant_count" | "ticket_revenue"))
});

static AS_TAUGHT: LazyLock<SchemaRef> =
    LazyLock::new(|| schema(DataType::Int32, DataType::Float32, |_| true));

/// The output of the correct variant: revenue is an exact decimal(18, 2); only count and revenue can be null.
pub fn cleaned_schema() -> SchemaRef {
    SchemaRef::clone(&CLEANED)
}

/// The output as the workshop's job gives it: revenue is float32, and anything can be null.
pub fn as_taught_schema() -> SchemaRef {
    SchemaRef::clone(&AS_TAUGHT)
}

fn schema(count: DataType, revenue: DataType, is_nullable: fn(&str) -> bool) -> SchemaRef {
    let field = |name: &str| {
        let data_type = match name {
            "event_id" => DataType::Int64,
            "event_date" => DataType::Date32,
            "participant_count" => count.clone(),
            "ticket_revenue" => revenue.clone(),
            "created_at" | "updated_at" => TIME,
            _ => DataType::Utf8,
        };
        Field::new(name, data_type, is_nullable(name))
    };
    let fields: Vec<Field> = OUTPUT_COLUMNS.into_iter().map(field).collect();
    Arc::new(Schema::new(fields))
}
