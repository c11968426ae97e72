//! The words and ranges of the event revenue data, as the workshop's file has them.
//!
//! Source: the public workshop's data set as described in LABS section 1. Shares of nulls and zeros are "a few" there;
//! the numbers here are assumed.

/// A city with its country and the currency its tickets are sold in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// ASCII, as in the workshop's file (`Ha Noi`).
    pub city: &'static str,
    /// In English.
    pub country: &'static str,
    /// `VND` in Vietnam, `USD` elsewhere.
    pub currency: &'static str,
}

const fn place(city: &'static str, country: &'static str, currency: &'static str) -> Place {
    Place { city, country, currency }
}

/// Nine cities in four countries.
pub const PLACES: [Place; 9] = [
    place("Ha Noi", "Vietnam", "VND"),
    place("Ho Chi Minh City", "Vietnam", "VND"),
    place("Da Nang", "Vietnam", "VND"),
    place("Can Tho", "Vietnam", "VND"),
    place("Bangkok", "Thailand", "USD"),
    place("Chiang Mai", "Thailand", "USD"),
    place("Kuala Lumpur", "Malaysia", "USD"),
    place("Penang", "Malaysia", "USD"),
    place("Singapore", "Singapore", "USD"),
];

/// Kinds of event.
pub const EVENT_TYPES: [&str; 5] = ["Conference", "Hackathon", "Meetup", "Webinar", "Workshop"];

/// How tickets were sold.
pub const SALES_CHANNELS: [&str; 4] = ["Online", "Partner", "Sponsor", "Onsite"];

/// Who held the event.
pub const ORGANIZERS: [&str; 5] =
    ["FCJ Community", "Mekong Builders", "Lotus Data Guild", "Cloud Kitchen SG", "Viet Dev Circle"];

/// The first part of an event's name; a number follows.
pub(super) const TITLES: [&str; 16] = [
    "Dev Camp",
    "Cloud Day",
    "Data Night",
    "Serverless Hour",
    "Tet Code Fest",
    "Pho and Python",
    "Lotus Hack",
    "Mekong Summit",
    "Open Source Fair",
    "Startup Talk",
    "Security Cafe",
    "AI Tour",
    "Hoi An Unconference",
    "Women in Tech",
    "Cyclo Sprint",
    "Trang Nguyen Cup",
];

/// The number in an event's name is 1 to this.
pub(super) const NAME_NUMBER_MAX: u32 = 99;

/// The first day of the events, in days since 1970-01-01: 2024-01-01.
pub(super) const EVENT_DAY_FIRST: i32 = 19_723;

/// The events of 2024 and 2025.
pub(super) const EVENT_DAYS: u32 = 731;

/// An event begins on a quarter of an hour from 08:00 to 20:45.
pub(super) const START_QUARTER_FIRST: u32 = 8 * 4;
pub(super) const START_QUARTERS: u32 = 13 * 4;

/// A record is created this many days before the event ...
pub(super) const CREATED_DAYS_BEFORE_MIN: u32 = 30;
pub(super) const CREATED_DAYS_BEFORE_SPAN: u32 = 90;

/// ... and updated this many days later, at the same time of day, so always before the event.
pub(super) const UPDATED_DAYS_AFTER_MAX: u32 = 10;

/// Participants of an event.
pub(super) const PARTICIPANTS_MIN: u32 = 20;
pub(super) const PARTICIPANTS_SPAN: u32 = 481;

/// Revenue in Vietnam: whole dong, tens of millions.
pub(super) const VND_MIN: u32 = 10_000_000;
pub(super) const VND_SPAN: u32 = 90_000_000;

/// Revenue elsewhere: US cents, thousands of dollars.
pub(super) const USD_CENTS_MIN: u32 = 100_000;
pub(super) const USD_CENTS_SPAN: u32 = 900_000;

/// Records without a participant count, per thousand.
pub(super) const COUNT_NULL_PER_MILLE: u32 = 30;

/// Records without revenue, per thousand.
pub(super) const REVENUE_NULL_PER_MILLE: u32 = 40;

/// Records with a revenue of zero, per thousand.
pub(super) const REVENUE_ZERO_PER_MILLE: u32 = 30;
