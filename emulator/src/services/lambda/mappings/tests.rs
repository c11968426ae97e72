//! Mappings against a small fake of Kinesis: what the function gets, when, and what becomes of what fails.
//!
//! With the real services they are tested in `tests/tests/mappings.rs`.

pub(super) mod lab;
mod settings;
mod streams;
mod windows;
