//! The end-to-end tests and those with genuine clients, in one program: `cargo test --test e2e fashion_store` runs one
//! module's. One program each would link the whole engine forty times, some 15 GB of a continuous integration's disk.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and skips aloud")]

mod cloudwatch;
mod compose;
mod data_lake_iot;
mod diff;
mod dynamodb_lab;
mod dynamodb_model;
mod dynamodb_sdk;
mod event_revenue;
mod events;
mod failing_function;
mod fashion_store;
mod fashion_store_airflow;
mod fashion_store_postgres;
mod fashion_store_rds;
mod faults;
mod firehose_sdk;
mod glue_flows;
mod image;
mod kcl;
mod kinesis_sdk;
mod lab;
mod localstack;
mod logs;
mod mappings;
mod mwaa;
mod native_calls;
mod own_pipeline;
mod parity;
mod rds;
mod report_html;
mod s3_sdk;
mod sim;
mod sim_places;
mod sqs_sdk;
mod streams_lab;
mod streams_wire_sdk;
mod table_design;
mod targets;
mod test_api;
mod testing_page;
mod trades;
