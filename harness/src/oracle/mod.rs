//! What each bundled query must answer, from the generator's truth and never from the pipeline.
//!
//! A query and its oracle have the same name; each bundled scenario has a file here.

pub mod data_lake_iot;
pub mod event_revenue;
pub mod fashion_store;
pub mod sent;
pub mod table_design;
pub mod trades;

use wavetank_generators::event_revenue::Oracle;
use wavetank_types::Said;

use crate::check::oracle::Compared;

/// A row of an answer; `None` is NULL.
pub type Row = Vec<Option<String>>;

/// What is known of what was sent.
#[derive(Debug)]
pub enum Truth {
    /// Of rows of the profile `event-revenue`.
    EventRevenue(Box<Oracle>),
    /// Of the records of the scenario `data-lake-iot`.
    DataLakeIot(data_lake_iot::Truth),
    /// Of the items of the scenario `table-design`.
    TableDesign(table_design::Truth),
    /// Of the messages of the scenario `trades`.
    Trades(trades::Truth),
    /// Of the days of the scenario `fashion-store`.
    FashionStore(Box<fashion_store::Truth>),
    /// Nothing: a file that a person brought, or a scenario of their own.
    Unknown,
}

impl Truth {
    /// The rows that a query must answer, in its order. `None` if nobody knows.
    pub fn expected(&self, query: &str) -> Option<Vec<Row>> {
        match self {
            Self::EventRevenue(oracle) => event_revenue::expected(query, oracle),
            Self::DataLakeIot(truth) => truth.expected(query),
            Self::TableDesign(truth) => truth.expected(query),
            Self::Trades(truth) => truth.expected(query),
            Self::FashionStore(truth) => truth.expected(query),
            Self::Unknown => None,
        }
    }

    /// Why answers are wrong, where the truth can tell.
    pub fn likely_cause(&self, queries: &[Compared]) -> Option<Said> {
        match self {
            Self::Trades(truth) => truth.likely_cause(queries),
            _ => None,
        }
    }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn number(number: u64) -> Option<String> {
    Some(number.to_string())
}
