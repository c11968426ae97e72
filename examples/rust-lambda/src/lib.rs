//! Keeps orders: the code of a Lambda function that reads a Kinesis stream and writes a DynamoDB table.
//!
//! On AWS a `main.rs` hands [`keep`] to `lambda_runtime::run`. A test hands it to a tank instead, in its own process: set a
//! breakpoint here and debug the test.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// What Lambda hands to a reader of a stream.
#[derive(Debug, Deserialize)]
pub struct KinesisEvent {
    /// The batch, in order.
    #[serde(rename = "Records")]
    pub records: Vec<KinesisRecord>,
}

/// One record of the batch.
#[derive(Debug, Deserialize)]
pub struct KinesisRecord {
    /// What is the stream's.
    pub kinesis: KinesisData,
}

/// The record's data.
#[derive(Debug, Deserialize)]
pub struct KinesisData {
    /// As base64.
    pub data: String,
}

/// An order, as the shop sends it.
#[derive(Debug, Deserialize)]
pub struct Order {
    order_id: String,
    amount: f64,
    country: String,
}

/// Why a batch failed. Lambda tries it again.
#[derive(Debug)]
pub struct KeepError(String);

impl std::fmt::Display for KeepError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KeepError {}

/// Puts each order of a batch under its id, so that a batch that comes again changes nothing. Answers how many there were.
pub async fn keep(client: &Client, table: &str, event: KinesisEvent) -> Result<usize, KeepError> {
    for record in &event.records {
        let data = STANDARD.decode(&record.kinesis.data).map_err(|why| KeepError(why.to_string()))?;
        let order: Order = serde_json::from_slice(&data)
            .map_err(|why| KeepError(format!("no order: {why}: {}", String::from_utf8_lossy(&data))))?;
        let put = client
            .put_item()
            .table_name(table)
            .item("order_id", AttributeValue::S(order.order_id))
            .item("amount", AttributeValue::N(order.amount.to_string()))
            .item("country", AttributeValue::S(order.country));
        put.send().await.map_err(|why| KeepError(why.into_service_error().to_string()))?;
    }
    Ok(event.records.len())
}
