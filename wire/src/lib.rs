//! AWS's wire: shapes generated from the service models, one codec per protocol, validation in AWS's words.
//!
//! `ops.toml` says what is served; `cargo xtask wire` writes `gen/`. A message passes through one untyped value,
//! [`Val`], between bytes and the generated structs, so that codecs and validator are written once per protocol.
//! S3 is not here: its wire is the crate `s3s`.
//! Start with `val.rs` and `schema.rs`, then `codec/mod.rs`.

pub mod codec;
pub mod error;
#[rustfmt::skip]
pub mod r#gen;
pub mod route;
pub mod schema;
pub mod sign;
pub mod val;
pub mod validate;

pub use error::{TURNED_AWAY, WireError};
pub use r#gen::{
    SERVICES, athena, backup, cloudformation, cloudwatch, dynamodb, dynamodbstreams, events, firehose, glue,
    iam, kinesis, lambda, logs, mwaa, rds, rds_data, scheduler, secretsmanager, sns, sqs, sts,
};
pub use val::{Document, Form, FromVal, Kept, ToVal, Val};

use schema::Service;

/// The requests of one service: an enum with a variant per served operation.
pub trait OperationSet: Sized + Send + 'static {
    /// The service.
    fn service() -> &'static Service;
    /// The request of this operation, from a validated value. `None` if the operation is not served.
    fn decode(operation: &str, input: Val) -> Option<Self>;
    /// The operation's name.
    fn operation(&self) -> &'static str;
    /// The request as a value.
    fn to_val(self) -> Val;
}

/// The responses of one service: an enum with a variant per served operation.
pub trait ResponseSet: Sized + Send + 'static {
    /// The response as a value.
    fn to_val(self) -> Val;
    /// The response of this operation, from a value.
    fn decode(operation: &str, output: Val) -> Option<Self>;
}

/// One operation, as clients name it: `client.call::<glue::GetTable>(input)`.
pub trait Operation {
    /// What is sent.
    type Input: FromVal + ToVal;
    /// What comes back.
    type Output: FromVal;
    /// The operation's name.
    const NAME: &'static str;
    /// The service.
    fn service() -> &'static Service;
}
