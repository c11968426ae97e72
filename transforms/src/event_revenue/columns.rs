//! The output's columns while a batch is filled.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Builder, Decimal128Builder, Float32Builder, Int32Builder, Int64Builder, RecordBatch,
    StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::SchemaRef;

use super::schema::{REVENUE_PRECISION, REVENUE_SCALE, as_taught_schema, cleaned_schema};

/// A row's text columns, in order: name, type, city, country, organizer, currency, channel.
pub(super) type Texts<'a> = [Option<&'a str>; 7];

/// One row of the output before it is one; `None` is null.
pub(super) struct Row<'a, Revenue> {
    pub(super) event_id: Option<i64>,
    /// Days since 1970-01-01.
    pub(super) event_day: Option<i32>,
    pub(super) texts: Texts<'a>,
    pub(super) participant_count: Option<i32>,
    pub(super) revenue: Option<Revenue>,
    /// Microseconds since 1970-01-01 00:00:00.
    pub(super) created_at: Option<i64>,
    /// Microseconds since 1970-01-01 00:00:00.
    pub(super) updated_at: Option<i64>,
}

/// How a variant holds money.
pub(super) trait Revenue: Copy + Default {
    type Builder: Default;
    fn append(builder: &mut Self::Builder, value: Option<Self>);
    fn finish(builder: &mut Self::Builder) -> ArrayRef;
    fn is_positive(self) -> bool;
    fn schema() -> SchemaRef;
}

/// Exact hundredths.
#[derive(Clone, Copy, Default)]
pub(super) struct Cents(pub(super) i64);

impl Revenue for Cents {
    type Builder = Decimal128Builder;

    fn append(builder: &mut Self::Builder, value: Option<Self>) {
        builder.append_option(value.map(|cents| i128::from(cents.0)));
    }

    fn finish(builder: &mut Self::Builder) -> ArrayRef {
        let array = builder.finish().with_precision_and_scale(REVENUE_PRECISION, REVENUE_SCALE);
        Arc::new(array.expect("the scale is within the precision"))
    }

    fn is_positive(self) -> bool {
        self.0 > 0
    }

    fn schema() -> SchemaRef {
        cleaned_schema()
    }
}

impl Revenue for f32 {
    type Builder = Float32Builder;

    fn append(builder: &mut Self::Builder, value: Option<Self>) {
        builder.append_option(value);
    }

    fn finish(builder: &mut Self::Builder) -> ArrayRef {
        Arc::new(builder.finish())
    }

    /// Spark orders NaN above every number, so a NaN is above zero.
    fn is_positive(self) -> bool {
        self > 0.0 || self.is_nan()
    }

    fn schema() -> SchemaRef {
        as_taught_schema()
    }
}

#[derive(Default)]
pub(super) struct Columns<R: Revenue> {
    rows: usize,
    event_ids: Int64Builder,
    event_days: Date32Builder,
    texts: [StringBuilder; 7],
    participant_counts: Int32Builder,
    revenues: R::Builder,
    created_at: TimestampMicrosecondBuilder,
    updated_at: TimestampMicrosecondBuilder,
    statuses: StringBuilder,
}

impl<R: Revenue> Columns<R> {
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn push(&mut self, row: &Row<'_, R>) {
        self.rows += 1;
        self.event_ids.append_option(row.event_id);
        self.event_days.append_option(row.event_day);
        for (column, text) in self.texts.iter_mut().zip(row.texts) {
            column.append_option(text);
        }
        self.participant_counts.append_option(row.participant_count);
        R::append(&mut self.revenues, row.revenue);
        self.created_at.append_option(row.created_at);
        self.updated_at.append_option(row.updated_at);
        let is_completed = row.revenue.is_some_and(R::is_positive);
        self.statuses.append_value(if is_completed { "completed" } else { "cancelled" });
    }

    /// The rows so far as a batch; the columns are empty after it.
    pub(super) fn finish(&mut self) -> RecordBatch {
        self.rows = 0;
        let [name, kind, city, country, organizer, currency, channel] =
            self.texts.each_mut().map(|text| Arc::new(text.finish()) as ArrayRef);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.event_ids.finish()),
            name,
            kind,
            Arc::new(self.event_days.finish()),
            city,
            country,
            organizer,
            Arc::new(self.participant_counts.finish()),
            R::finish(&mut self.revenues),
            currency,
            channel,
            Arc::new(self.created_at.finish()),
            Arc::new(self.updated_at.finish()),
            Arc::new(self.statuses.finish()),
        ];
        RecordBatch::try_new(R::schema(), columns).expect("a row appends to every column once")
    }
}
