//! JSON documents: awsJson bodies whole, and the body members of restJson.
//!
//! Reading goes from bytes straight into `Val` by the shape (`read.rs`, over the tokens of `lex.rs`), writing straight
//! into one buffer (`write.rs`). Records are most of a stream's bytes: base64 is found and decoded by vector
//! instructions, and all blobs of a message lie in one allocation, of which each is a slice.
//! Unknown members are ignored and null is absent, in lists and maps too. Depth is bounded.
//! A number for an integer may exceed its type: the validator tells the range.
//! Recorded: all of these but depth (athena-local, as in `words.rs`). Assumed: for maps.

mod lex;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub(super) use lex::Number;
pub(super) use read::{as_number, read, read_all};
pub(super) use write::{weight, write, write_all};
pub use write::{write_blob, write_text};
