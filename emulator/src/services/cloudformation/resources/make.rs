//! What a type is told of the stack that a resource belongs to, and the names it makes up.

use wavetank_types::{Arn, Region};

use crate::world::Scope;

/// For whom a resource is made.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Make<'a> {
    pub(in super::super) stack: &'a str,
    pub(in super::super) logical: &'a str,
    pub(in super::super) scope: &'a Scope,
    /// 12 upper-case letters and digits, drawn for this resource.
    pub(in super::super) suffix: &'a str,
}

impl Make<'_> {
    /// `Stack-Logical-RANDOM12`, with stack and logical id cut so that the whole fits.
    ///
    /// Documented (the form): docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html.
    /// Assumed: how the cut is shared.
    pub(super) fn name(&self, chars_max: usize) -> String {
        let room = chars_max.saturating_sub(self.suffix.len() + 2);
        let logical = cut(self.logical, room / 2);
        let stack = cut(self.stack, room.saturating_sub(logical.len()));
        format!("{stack}-{logical}-{}", self.suffix)
    }

    /// The same in lower case, for buckets, databases and tables.
    pub(super) fn lower_name(&self, chars_max: usize) -> String {
        self.name(chars_max).to_ascii_lowercase()
    }

    pub(super) fn arn(&self, service: &str, resource: impl Into<String>) -> String {
        Arn::new(service, &self.scope.region, &self.scope.account, resource).to_string()
    }

    pub(super) fn global_arn(&self, service: &str, resource: impl Into<String>) -> String {
        Arn::global(service, &self.scope.account, resource).to_string()
    }

    pub(super) fn region(&self) -> &Region {
        &self.scope.region
    }
}

fn cut(text: &str, chars_max: usize) -> &str {
    // Stack names and logical ids are ASCII.
    text.get(..chars_max).unwrap_or(text)
}
