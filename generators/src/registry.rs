//! The profiles by name: what `wavetank generate <profile>` takes and `wavetank list` shows.
//!
//! A new profile is a module, one entry of [`PROFILES`] and one arm of [`Profile::open`].

use wavetank_types::Seed;

use crate::defects::{Defects, DefectsError};
use crate::table::{Column, Table};
use crate::{EventRevenue, PeopleVi, Shop, Trades, event_revenue, people_vi, shop, trades};

/// What is known of a profile before it has a size and a seed.
#[derive(Clone, Copy, Debug)]
pub struct ProfileInfo {
    /// The name.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The columns in order.
    pub columns: &'static [Column],
    /// Rows when none are asked for.
    pub rows_default: u64,
    /// Whether a truth file is written beside the output, and defects can be asked for.
    pub has_truth: bool,
}

/// Every profile, by name.
pub const PROFILES: [ProfileInfo; 4] = [
    ProfileInfo {
        name: event_revenue::NAME,
        summary: "events with place, attendance and ticket revenue; dates in three formats, nulls, zeros",
        columns: &event_revenue::COLUMNS,
        rows_default: 60,
        has_truth: true,
    },
    ProfileInfo {
        name: people_vi::NAME,
        summary: "people with Vietnamese names, phones, provinces and balances",
        columns: &people_vi::COLUMNS,
        rows_default: 1_000,
        has_truth: false,
    },
    ProfileInfo {
        name: shop::NAME,
        summary: "the items of one DynamoDB table: customers, products, stock, orders (as many as rows) and their items",
        columns: &shop::COLUMNS,
        rows_default: 200,
        has_truth: false,
    },
    ProfileInfo {
        name: trades::NAME,
        summary: "messages about trades with hierarchy and versions, some sent twice and some out of order",
        columns: &trades::COLUMNS,
        rows_default: 1_000,
        has_truth: false,
    },
];

/// A profile with its size and seed.
#[derive(Clone, Debug)]
pub enum Profile {
    /// `event-revenue`
    EventRevenue(EventRevenue),
    /// `people-vi`
    PeopleVi(PeopleVi),
    /// `shop`
    Shop(Shop),
    /// `trades`
    Trades(Trades),
}

impl Profile {
    /// Opens a profile by name. No `rows` takes the profile's default.
    ///
    /// Error: no such profile, defects that do not add up, or defects of a profile that has none.
    pub fn open(name: &str, rows: Option<u64>, seed: Seed, defects: Defects) -> Result<Self, ProfileError> {
        let info = PROFILES
            .iter()
            .find(|info| info.name == name)
            .ok_or_else(|| ProfileError::NoSuchProfile(name.to_owned()))?;
        if !info.has_truth && defects != Defects::default() {
            return Err(ProfileError::NoDefects(info.name));
        }
        let rows = rows.unwrap_or(info.rows_default);
        Ok(match info.name {
            event_revenue::NAME => Self::EventRevenue(EventRevenue::new(rows, seed, defects)?),
            shop::NAME => Self::Shop(Shop::new(rows, seed)),
            trades::NAME => Self::Trades(Trades::new(rows, seed)),
            _ => Self::PeopleVi(PeopleVi::new(rows, seed)),
        })
    }

    /// The table to write.
    pub fn table(&self) -> &dyn Table {
        match self {
            Self::EventRevenue(profile) => profile,
            Self::PeopleVi(profile) => profile,
            Self::Shop(profile) => profile,
            Self::Trades(profile) => profile,
        }
    }

    /// The profile whose truth is known, if this is it.
    pub fn with_truth(&self) -> Option<&EventRevenue> {
        match self {
            Self::EventRevenue(profile) => Some(profile),
            Self::PeopleVi(_) | Self::Shop(_) | Self::Trades(_) => None,
        }
    }
}

/// Why a profile does not open.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProfileError {
    /// No profile has this name.
    #[error("no profile is named `{0}`; there are event-revenue, people-vi, shop and trades")]
    NoSuchProfile(String),
    /// Defects were asked of a profile that makes none.
    #[error("profile {0} makes no defects")]
    NoDefects(&'static str),
    /// The defects were refused.
    #[error(transparent)]
    Defects(#[from] DefectsError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_opens_by_its_name_with_its_columns() {
        for info in &PROFILES {
            let profile = Profile::open(info.name, None, Seed(7), Defects::default()).expect(info.name);
            assert_eq!(profile.table().columns(), info.columns, "{}", info.name);
            assert_eq!(profile.with_truth().is_some(), info.has_truth, "{}", info.name);
        }
    }

    #[test]
    fn what_cannot_be_made_is_refused() {
        let bom = Defects { bom: true, ..Defects::default() };
        let check = |name: &str, defects, expected| {
            let opened = Profile::open(name, None, Seed(7), defects);
            assert_eq!(opened.err(), Some(expected), "{name}");
        };
        let unknown = ProfileError::NoSuchProfile("events".to_owned());
        check("events", Defects::default(), unknown);
        check("people-vi", bom, ProfileError::NoDefects("people-vi"));
    }
}
