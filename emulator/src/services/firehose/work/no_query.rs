//! `MetadataExtractionQuery` in a build without jq (feature `jq`): there is no filter. Who asks for one is refused before
//! (`settings/processors.rs`).

use std::collections::BTreeMap;

/// A filter that nobody can make.
#[derive(Debug)]
pub(in super::super) enum Query {}

impl Query {
    /// Fails, and says why.
    pub(in super::super) fn compile(_: &str) -> Result<Self, String> {
        Err("this build has no jq".to_owned())
    }

    /// The keys of one record.
    pub(super) fn keys(&self, _: &[u8]) -> Result<BTreeMap<String, String>, String> {
        match *self {}
    }
}
