//! CloudFormation's quotas, and how long its steps last in a tank. Unit in the name.
//!
//! Quotas are documented: docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
//! (read 2026-11-29). Spans are ours: long enough for a poller to see progress, short enough to wait for.

use std::time::Duration;

/// A template in `TemplateBody`.
pub const TEMPLATE_BODY_BYTES_MAX: usize = 51_200;
/// A template in S3, named by `TemplateURL`.
pub const TEMPLATE_OBJECT_BYTES_MAX: usize = 1_048_576;
/// Resources of a template.
pub const RESOURCES_MAX: usize = 500;
/// Parameters of a template.
pub const PARAMETERS_MAX: usize = 200;
/// Outputs of a template.
pub const OUTPUTS_MAX: usize = 200;
/// Mappings of a template.
pub const MAPPINGS_MAX: usize = 200;
/// Depth of maps and lists in a template. Ours: AWS publishes none.
pub const NESTING_MAX: usize = 100;
/// Bytes of a text that functions make. Ours: what `Fn::Sub` and `Fn::Join` can grow to.
pub const RESOLVED_BYTES_MAX: usize = 1_048_576;

/// Entries of a page of stacks, events, resources, exports.
pub const PAGE_ITEMS: usize = 100;

/// Tank time between a resource's beginning and its end.
pub const RESOURCE_SPAN: Duration = Duration::from_millis(100);
/// Tank time between two looks at something that is not ready, such as a function that is still `Pending`.
pub const POLL_SPAN: Duration = Duration::from_millis(250);
/// Looks after which something that is not ready has failed.
pub const POLLS_MAX: u32 = 240;
/// Tank time that making a change set takes.
pub const CHANGE_SET_SPAN: Duration = Duration::from_millis(100);
