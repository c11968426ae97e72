//! Backups: on demand, continuous with recovery to any second, and S3 both ways.

mod history;
#[cfg(test)]
mod props;

pub(crate) use history::History;
