//! [`Tokens`]: what makes a transaction that is sent again the same transaction.
//!
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html (an edition of 2023-02 read 2026-11-28): for ten
//! minutes after it has succeeded, a token answers for its request and no other.

use std::collections::{BTreeMap, VecDeque};

use wavetank_types::Timestamp;
use wavetank_wire::Val;
use xxhash_rust::xxh3::Xxh3;

use crate::services::dynamodb::limits;

use super::super::error::DataError;

/// The tokens of the last minutes.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    /// The digest of each token's request.
    known: BTreeMap<String, u128>,
    /// In the order of their times.
    ages: VecDeque<(Timestamp, String)>,
}

impl Tokens {
    /// Whether this very request has been made with this token.
    pub(in super::super) fn has(
        &mut self,
        now: Timestamp,
        token: &str,
        digest: u128,
    ) -> Result<bool, DataError> {
        while let Some((at, old)) = self.ages.front() {
            if *at + limits::TOKEN_LIFE > now {
                break;
            }
            self.known.remove(old);
            self.ages.pop_front();
        }
        match self.known.get(token) {
            None => Ok(false),
            Some(known) if *known == digest => Ok(true),
            Some(_) => Err(DataError::TokenReused),
        }
    }

    /// From now on the token stands for this request.
    pub(in super::super) fn keep(&mut self, now: Timestamp, token: String, digest: u128) {
        self.ages.push_back((now, token.clone()));
        self.known.insert(token, digest);
    }
}

/// Tells requests apart without keeping them.
pub(in super::super) struct Digest(Xxh3);

impl Digest {
    pub(in super::super) fn new() -> Self {
        Self(Xxh3::new())
    }

    pub(in super::super) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text.as_bytes());
    }

    pub(super) fn option(&mut self, text: Option<&str>) {
        self.count(usize::from(text.is_some()));
        text.iter().for_each(|text| self.text(text));
    }

    pub(in super::super) fn count(&mut self, count: usize) {
        self.0.update(&(count as u64).to_le_bytes());
    }

    /// A value or an item as it came.
    pub(in super::super) fn val(&mut self, val: &Val) {
        match val {
            Val::Struct(members) => {
                self.count(members.len());
                for (at, val) in members {
                    self.count(usize::from(*at));
                    self.val(val);
                }
            }
            Val::Map(entries) => {
                self.count(entries.len());
                // Clients that keep attributes in a hash map send them in another order each time.
                let mut entries: Vec<&(String, Val)> = entries.iter().collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                for (name, val) in entries {
                    self.text(name);
                    self.val(val);
                }
            }
            Val::List(entries) => {
                self.count(entries.len());
                entries.iter().for_each(|val| self.val(val));
            }
            Val::Str(text) => self.text(text),
            Val::Blob(bytes) => {
                self.count(bytes.len());
                self.0.update(bytes);
            }
            Val::Kept(kept) => self.val(&kept.open()),
            Val::Bool(truth) => self.count(usize::from(*truth)),
            Val::Int(number) => self.count(number.cast_unsigned() as usize),
            Val::Null | Val::Float(_) | Val::Time(_) | Val::Doc(_) => self.count(usize::MAX),
        }
    }

    pub(in super::super) fn finish(&self) -> u128 {
        self.0.digest128()
    }
}
