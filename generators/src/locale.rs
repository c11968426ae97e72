//! Locales that `fake` lacks, through its public `Data` trait.

pub mod vi;
