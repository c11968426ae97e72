//! The profiles by name: what `wavetank generate <profile>` takes and `wavetank list` shows.
//!
//! A new profile is a module, one entry of [`PROFILES`] and one arm of [`Profile::open`].

use wavetank_types::Seed;

use crate::defects::{Defect, Defects, DefectsError, NotMade};
use crate::fashion_store::{Part, StoreError, StoreOptions, StoreProfile};
use crate::table::{Column, Rows, Table};
use crate::{EventRevenue, PeopleVi, Shop, Trades, event_revenue, people_vi, shop, trades};

/// What is known of a profile before it has a size and a seed.
#[derive(Clone, Copy, Debug)]
pub struct ProfileInfo {
    /// The name.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The tables' names and their columns in order; one, but for those that are whole only together.
    pub tables: &'static [(&'static str, &'static [Column])],
    /// Rows when none are asked for.
    pub rows_default: u64,
    /// Whether a truth file is written beside the output.
    pub has_truth: bool,
    /// The defects that can be asked for.
    pub defects: &'static [Defect],
}

const fn of_store(part: Part, rows_default: u64, summary: &'static str) -> ProfileInfo {
    let (name, tables, has_truth, defects) = (part.name(), part.tables(), part.has_truth(), part.defects());
    ProfileInfo { name, summary, tables, rows_default, has_truth, defects }
}

/// Every profile, by name.
pub const PROFILES: [ProfileInfo; 10] = [
    of_store(
        Part::Catalogue,
        500,
        "the public catalogue of fashion products, with the dirt of its file on request",
    ),
    of_store(
        Part::Clickstream,
        10_000,
        "clicks of sessions that look, fill a cart, leave or buy, in the order of sending",
    ),
    ProfileInfo {
        name: event_revenue::NAME,
        summary: "events with place, attendance and ticket revenue; dates in three formats, nulls, zeros",
        tables: &[(event_revenue::NAME, &event_revenue::COLUMNS)],
        rows_default: 60,
        has_truth: true,
        defects: &event_revenue::DEFECTS,
    },
    of_store(
        Part::Whole,
        10_000,
        "a fashion store: users, products, orders and their details, and the clicks (as many as rows) that lead to them",
    ),
    ProfileInfo {
        name: people_vi::NAME,
        summary: "people with Vietnamese names, phones, provinces and balances",
        tables: &[(people_vi::NAME, &people_vi::COLUMNS)],
        rows_default: 1_000,
        has_truth: false,
        defects: &[],
    },
    of_store(Part::Products, 500, "the fashion store's products with their prices"),
    of_store(Part::Purchases, 1_000, "the fashion store's orders (as many as rows) and their details"),
    ProfileInfo {
        name: shop::NAME,
        summary: "the items of one DynamoDB table: customers, products, stock, orders (as many as rows) and their items",
        tables: &[(shop::NAME, &shop::COLUMNS)],
        rows_default: 200,
        has_truth: false,
        defects: &[],
    },
    ProfileInfo {
        name: trades::NAME,
        summary: "messages about trades with hierarchy and versions, some sent twice and some out of order",
        tables: &[(trades::NAME, &trades::COLUMNS)],
        rows_default: 1_000,
        has_truth: false,
        defects: &[],
    },
    of_store(
        Part::Users,
        1_000,
        "the fashion store's users: Vietnamese, or American with addresses of two lines",
    ),
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
    /// `fashion-store`, or a part of it
    FashionStore(Box<StoreProfile>),
}

impl Profile {
    /// Opens a profile by name. No `rows` takes the profile's default.
    ///
    /// Error: no such profile, defects that do not add up, or defects of a profile that has none.
    pub fn open(name: &str, rows: Option<u64>, seed: Seed, defects: Defects) -> Result<Self, ProfileError> {
        Self::open_with(name, rows, seed, defects, &StoreOptions::default())
    }

    /// Opens a profile as [`Profile::open`] does; of a fashion store more can be said.
    pub fn open_with(
        name: &str,
        rows: Option<u64>,
        seed: Seed,
        defects: Defects,
        options: &StoreOptions,
    ) -> Result<Self, ProfileError> {
        let info = PROFILES
            .iter()
            .find(|info| info.name == name)
            .ok_or_else(|| ProfileError::NoSuchProfile(name.to_owned()))?;
        defects.check_made(&format!("profile {}", info.name), info.defects)?;
        let rows = rows.unwrap_or(info.rows_default);
        if let Some(part) = Part::ALL.into_iter().find(|part| part.name() == info.name) {
            let profile = StoreProfile::new(part, rows, seed, defects, options)?;
            return Ok(Self::FashionStore(Box::new(profile)));
        }
        if *options != StoreOptions::default() {
            return Err(ProfileError::NoStore(info.name));
        }
        Ok(match info.name {
            event_revenue::NAME => Self::EventRevenue(EventRevenue::new(rows, seed, defects)?),
            shop::NAME => Self::Shop(Shop::new(rows, seed)),
            trades::NAME => Self::Trades(Trades::new(rows, seed)),
            _ => Self::PeopleVi(PeopleVi::new(rows, seed)),
        })
    }

    /// The tables to write, with their names.
    pub fn tables(&self) -> Vec<(&'static str, Rows<'_>)> {
        fn one<'a>(name: &'static str, table: &'a dyn Table) -> Vec<(&'static str, Rows<'a>)> {
            vec![(name, Rows::Chunks(Box::new(table)))]
        }
        match self {
            Self::EventRevenue(profile) => one(event_revenue::NAME, profile),
            Self::PeopleVi(profile) => one(people_vi::NAME, profile),
            Self::Shop(profile) => one(shop::NAME, profile),
            Self::Trades(profile) => one(trades::NAME, profile),
            Self::FashionStore(profile) => profile.tables(),
        }
    }
}

/// Why a profile does not open.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProfileError {
    /// No profile has this name.
    #[error("no profile is named `{0}`; there are {names}", names = PROFILES.map(|info| info.name).join(", "))]
    NoSuchProfile(String),
    /// A defect was asked of a profile that does not make it.
    #[error(transparent)]
    NotMade(#[from] NotMade),
    /// Users, days and the like were said of a profile that has none.
    #[error("profile {0} is no part of a fashion store: only its rows, seed and defects can be said")]
    NoStore(&'static str),
    /// The store was refused.
    #[error(transparent)]
    Store(#[from] StoreError),
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
            let tables = profile.tables();
            let tables: Vec<_> = tables.iter().map(|(name, rows)| (*name, rows.columns())).collect();
            assert_eq!(tables, info.tables, "{}", info.name);
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
        let says = |name: &str, expected: &str| {
            let refused = Profile::open(name, None, Seed(7), bom).expect_err(name);
            assert_eq!(refused.to_string(), expected);
        };
        says("people-vi", "profile people-vi does not make `bom`\nhint: it makes no defects");
        says("products", "profile products does not make `bom`\nhint: it makes dirty");
        let days = StoreOptions { days: Some(2), ..StoreOptions::default() };
        let opened = Profile::open_with("shop", None, Seed(7), Defects::default(), &days);
        assert_eq!(opened.err(), Some(ProfileError::NoStore("shop")));
    }
}
