//! Records by a template of the Kinesis Data Generator: text with calls such as `{{random.number(50)}}` in it.
//!
//! Each record draws from a stream of its own, named by its number, so that any record can be made alone. The template's
//! line ends are removed, and every record ends with one, as the Kinesis Data Generator does
//! (github.com/awslabs/amazon-kinesis-data-generator, web/js/producer.js, read 2026-11-29).
//! Left out: sending (the command line does), and helpers of faker.js that are not in `call.rs`: a template that names
//! one is refused with its place. When records are sent is `rate.rs`.
//! Start with [`Template`]; `call.rs` has what a call may be.

mod call;
mod moment;
mod rate;
#[cfg(test)]
mod tests;

use wavetank_types::{Seed, Timestamp};

use call::Call;
pub use rate::{Rate, RateError};

/// The name on the command line, and that of the random streams.
pub const NAME: &str = "kdg";
/// One sentence.
pub const SUMMARY: &str =
    "records by a template of the Kinesis Data Generator (--template FILE), to a file or a tank";

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Call(Call),
}

/// A template, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    parts: Vec<Part>,
}

/// Why a text is not a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {cause}")]
pub struct TemplateError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong there.
    pub cause: String,
}

impl Template {
    /// Reads a template.
    ///
    /// Error: a call that is not closed, is not known, or has arguments that it does not take.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(open) = text[at..].find("{{").map(|found| at + found) {
            push_text(&mut parts, &text[at..open]);
            let (call, end) = Call::parse(&text[open + 2..]).map_err(|cause| place(text, open, cause))?;
            parts.push(Part::Call(call));
            at = open + 2 + end;
        }
        push_text(&mut parts, &text[at..]);
        Ok(Self { parts })
    }

    /// The record of this number, sent at this instant, with the line end that closes it.
    pub fn record(&self, seed: Seed, number: u64, at: Timestamp) -> String {
        let mut out = String::with_capacity(256);
        self.write_record(&mut out, seed, number, at);
        out
    }

    /// Appends the record to `out`.
    pub fn write_record(&self, out: &mut String, seed: Seed, number: u64, at: Timestamp) {
        let mut stream = seed.chunk_stream(NAME, number);
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Call(call) => call.write(out, &mut stream, at),
            }
        }
        out.push('\n');
    }
}

/// Template text, without its line ends.
fn push_text(parts: &mut Vec<Part>, text: &str) {
    let text: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
}

fn place(text: &str, at: usize, cause: String) -> TemplateError {
    let before = &text[..at];
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = before.matches('\n').count() + 1;
    TemplateError { line, column: before[start..].chars().count() + 1, cause }
}
