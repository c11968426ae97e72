//! Mappings against a small fake of Kinesis: what the function gets, when, and what becomes of what fails.
//!
//! `tank.rs` tests them with the real services.

pub(super) mod lab;
mod settings;
mod streams;
mod tables;
mod tank;
mod windows;
