//! Records to send: generated rows with known identities, or a test's own.

use std::num::NonZeroUsize;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use wavetank_generators::registry::Profile;
use wavetank_generators::write::write_rows;
use wavetank_generators::{Defects, Format};
use wavetank_types::Seed;

use super::{Tank, TankError};
use crate::defects::DefectList;

/// Columns by which generated rows are told apart, the first that a table has.
const IDENTITIES: [&[&str]; 5] = [&["event_id"], &["message_id"], &["pk", "sk"], &["order_id"], &["id"]];

/// Records of JSON, in the order in which they will be sent.
#[derive(Clone, Debug, Default)]
pub struct Records {
    pub(super) lines: Vec<Bytes>,
    /// The members that tell them apart, if that is known.
    pub(super) identity: Vec<String>,
}

impl Records {
    /// One record of each item.
    ///
    /// Error: [`TankError::Records`] for what does not become an object of JSON.
    pub fn of<T: Serialize>(items: impl IntoIterator<Item = T>) -> Result<Self, TankError> {
        let line = |item: T| {
            let line = serde_json::to_vec(&item).map_err(|why| TankError::Records(why.to_string()))?;
            match line.first() {
                Some(b'{') => Ok(Bytes::from(line)),
                _ => {
                    let line = String::from_utf8_lossy(&line);
                    Err(TankError::Records(format!("a record is an object of JSON, not {line}")))
                }
            }
        };
        let lines = items.into_iter().map(line).collect::<Result<_, _>>()?;
        Ok(Self { lines, identity: Vec::new() })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Each record as it will be sent, without a line's end.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.lines.iter().map(|line| line.as_ref())
    }

    /// Each record, read.
    pub fn rows(&self) -> impl Iterator<Item = Value> + '_ {
        self.lines.iter().map(|line| serde_json::from_slice(line).unwrap_or_default())
    }

    /// All of them as lines of JSON: the content of a file.
    pub fn ndjson(&self) -> Bytes {
        let mut file = Vec::with_capacity(self.lines.iter().map(|line| line.len() + 1).sum());
        for line in &self.lines {
            file.extend_from_slice(line);
            file.push(b'\n');
        }
        Bytes::from(file)
    }
}

/// What becomes records: generated ones, and lists of anything that becomes an object of JSON.
pub trait IntoRecords {
    /// The records.
    fn into_records(self) -> Result<Records, TankError>;
}

impl IntoRecords for Records {
    fn into_records(self) -> Result<Records, TankError> {
        Ok(self)
    }
}

impl IntoRecords for &Records {
    fn into_records(self) -> Result<Records, TankError> {
        Ok(self.clone())
    }
}

impl<T: Serialize> IntoRecords for Vec<T> {
    fn into_records(self) -> Result<Records, TankError> {
        Records::of(self)
    }
}

impl<T: Serialize> IntoRecords for &[T] {
    fn into_records(self) -> Result<Records, TankError> {
        Records::of(self)
    }
}

impl<T: Serialize> IntoRecords for &Vec<T> {
    fn into_records(self) -> Result<Records, TankError> {
        Records::of(self)
    }
}

impl<T: Serialize, const N: usize> IntoRecords for [T; N] {
    fn into_records(self) -> Result<Records, TankError> {
        Records::of(self)
    }
}

/// A generator's profile that is about to be read: [`Generate::records`].
#[must_use = "nothing is generated until `records` is called"]
#[derive(Clone, Debug)]
pub struct Generate {
    profile: String,
    seed: Seed,
    rows: Option<u64>,
    table: Option<String>,
    defects: String,
}

impl Tank {
    /// Rows of a generator's profile (`wavetank list` shows them), drawn from the tank's seed.
    ///
    /// ```
    /// let tank = wavetank::Tank::seeded(7);
    /// let clicks = tank.generate("clickstream").rows(1_000).records()?;
    /// assert_eq!(clicks.len(), 1_000);
    /// # Ok::<_, wavetank::TankError>(())
    /// ```
    pub fn generate(&self, profile: &str) -> Generate {
        let (profile, seed) = (profile.to_owned(), Seed(self.seed()));
        Generate { profile, seed, rows: None, table: None, defects: String::new() }
    }
}

impl Generate {
    /// How many rows; the profile's own number otherwise.
    pub fn rows(mut self, rows: u64) -> Self {
        self.rows = Some(rows);
        self
    }

    /// This table, of a profile with several; its first otherwise.
    pub fn table(mut self, name: &str) -> Self {
        self.table = Some(name.to_owned());
        self
    }

    /// Defects to put in, as `wavetank generate --defects` takes them: `duplicate=0.02,late=0.1`.
    pub fn defects(mut self, list: &str) -> Self {
        list.clone_into(&mut self.defects);
        self
    }

    /// The rows, each an object of JSON. The same seed gives the same bytes.
    ///
    /// Error: [`TankError::Profile`] or [`TankError::Records`] for a profile, table or defect that there is not.
    pub fn records(self) -> Result<Records, TankError> {
        let refuse = |why: &dyn std::fmt::Display| TankError::Records(why.to_string());
        let defects: Defects = self.defects.parse::<DefectList>().map_err(|why| refuse(&why))?.defects;
        let profile = Profile::open(&self.profile, self.rows, self.seed, defects)?;
        let tables = profile.tables();
        let wanted = |name: &str| self.table.as_deref().is_none_or(|table| table == name);
        let Some((_, rows)) = tables.iter().find(|(name, _)| wanted(name)) else {
            let names: Vec<&str> = tables.iter().map(|(name, _)| *name).collect();
            let (profile, table) = (&self.profile, self.table.unwrap_or_default());
            return Err(refuse(&format!("{profile} has no table `{table}`; it has {}", names.join(", "))));
        };
        let mut file = Vec::new();
        write_rows(rows, Format::Ndjson, NonZeroUsize::MIN, &mut file).map_err(|why| refuse(&why))?;
        let (file, mut lines, mut start) = (Bytes::from(file), Vec::new(), 0);
        for end in memchr::memchr_iter(b'\n', &file) {
            lines.push(file.slice(start..end));
            start = end + 1;
        }
        let has = |name: &&str| rows.columns().iter().any(|column| column.name == *name);
        let identity = IDENTITIES.iter().find(|names| names.iter().all(&has));
        let identity = identity.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        Ok(Records { lines, identity: identity.unwrap_or_default() })
    }
}
