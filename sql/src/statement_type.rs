//! What kind of statement it is, as Athena counts and shows it.

/// Athena's `StatementType`.
///
/// Documented: docs.aws.amazon.com/athena/latest/APIReference/API_QueryExecution.html
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementType {
    /// Definitions.
    Ddl,
    /// Queries and what writes data, CTAS included.
    Dml,
    /// SHOW, DESCRIBE, EXPLAIN.
    Utility,
}

impl StatementType {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            StatementType::Ddl => "DDL",
            StatementType::Dml => "DML",
            StatementType::Utility => "UTILITY",
        }
    }
}
