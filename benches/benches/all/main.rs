//! Every bench: `cargo bench -p wavetank-benches`, or some of them by a part of their names: `cargo bench -p wavetank-benches -- kinesis`.
//!
//! Two measure this process's memory, and run alone: `-- million-items` and `-- ten-million-records`.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "figures go to stdout, by the machine's clock"
)]

mod clicks;
mod data;
mod dynamodb;
mod dynamodb_million;
mod logs;
mod streams;
mod tank;
mod test_api;

use criterion::Criterion;

fn main() {
    let asked = |name: &str| std::env::args().any(|arg| arg == name);
    if asked("million-items") {
        return dynamodb_million::run();
    }
    if asked("ten-million-records") {
        return streams::ten_million_records();
    }
    clicks::benches();
    data::benches();
    dynamodb::benches();
    logs::benches();
    streams::benches();
    tank::benches();
    test_api::benches();
    Criterion::default().configure_from_args().final_summary();
}
