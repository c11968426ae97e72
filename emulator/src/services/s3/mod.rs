//! S3: buckets and objects of the whole world.
//!
//! Its wire is the crate `s3s` (see `gateway/s3/`), which calls the methods here under the world's lock. Other services
//! ask through [`Command`]. Start with `state.rs` (buckets), then `state/objects.rs`, `state/list.rs`.
//!
//! Emulated: buckets, objects with versions, listings, copies, uploads in parts, tags, conditional reads and writes,
//! checksums, notifications to functions, queues and topics, expiry by lifecycle rules (prefix and days). Stored, checked for form and
//! returned without further effect: policies (a policy opens a bucket to other accounts, whatever it says), public
//! access blocks (they do refuse public policies), ownership controls, default encryption, CORS, transitions.
//! Left out: ACLs, object lock, replication, inventory, analytics, website, logging, Select, restore, customer-provided
//! keys. Those requests answer `NotImplemented` by name, but for reads of a bucket's configuration, which say that there is none.
//! A request may come in any region: no redirect is answered for a bucket of another.
//!
//! Time: what is stored carries tank time; only signatures and presigned links look at the machine's clock.

pub mod body;
mod command;
pub mod digest;
pub mod error;
pub mod limits;
pub mod object;
mod operations;
mod perform;
#[cfg(test)]
mod props;
mod state;
#[cfg(test)]
mod tests;

pub use command::{
    BucketConfiguration, Command, CorsRule, Destination, LifecycleRule, Listener, Notification,
    PublicAccessBlock,
};
pub use operations::OPERATIONS;
pub use state::*;
