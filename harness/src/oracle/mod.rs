//! What each bundled query must answer, from the generator's truth and never from the pipeline.
//!
//! A query and its oracle have the same name; each bundled scenario has a file here.

pub mod data_lake_iot;
pub mod event_revenue;

use wavetank_generators::event_revenue::Oracle;

/// A row of an answer; `None` is NULL.
pub type Row = Vec<Option<String>>;

/// What is known of what was sent.
#[derive(Debug)]
pub enum Truth {
    /// Of rows of the profile `event-revenue`.
    EventRevenue(Box<Oracle>),
    /// Of the records of the scenario `data-lake-iot`.
    DataLakeIot(data_lake_iot::Truth),
    /// Nothing: a file that a person brought, or a scenario of their own.
    Unknown,
}

impl Truth {
    /// The rows that a query must answer, in its order. `None` if nobody knows.
    pub fn expected(&self, query: &str) -> Option<Vec<Row>> {
        match self {
            Self::EventRevenue(oracle) => event_revenue::expected(query, oracle),
            Self::DataLakeIot(truth) => truth.expected(query),
            Self::Unknown => None,
        }
    }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn number(number: u64) -> Option<String> {
    Some(number.to_string())
}
