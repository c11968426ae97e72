//! One record's values, drawn from one block of its chunk's stream.
//!
//! A record takes exactly sixteen 32-bit words, whatever it says, so that any record can be drawn without those before
//! it, and a new column takes an unused word and moves nothing. What is drawn is the meaning; `columns.rs` has the text.

use rand::Rng;
use wavetank_types::Stream;

use super::vocabulary::{
    COUNT_NULL_PER_MILLE, CREATED_DAYS_BEFORE_MIN, CREATED_DAYS_BEFORE_SPAN, EVENT_DAY_FIRST, EVENT_DAYS,
    EVENT_TYPES, NAME_NUMBER_MAX, ORGANIZERS, PARTICIPANTS_MIN, PARTICIPANTS_SPAN, PLACES, Place,
    REVENUE_NULL_PER_MILLE, REVENUE_ZERO_PER_MILLE, SALES_CHANNELS, START_QUARTER_FIRST, START_QUARTERS,
    TITLES, UPDATED_DAYS_AFTER_MAX, USD_CENTS_MIN, USD_CENTS_SPAN, VND_MIN, VND_SPAN,
};

/// 32-bit words that one record takes from its chunk's stream: one ChaCha block.
pub(super) const WORDS_PER_RECORD: usize = 16;

const SECS_PER_DAY: i64 = 86_400;
const SECS_PER_QUARTER: u32 = 900;

/// The three ways in which the file writes an event's date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DateForm {
    /// `yyyy-MM-dd`
    Dashes,
    /// `yyyy-MM-dd HH:mm:ss`
    DashesAndTime,
    /// `yyyy/MM/dd`, which Spark's cast turns to null.
    Slashes,
}

impl DateForm {
    /// Every form.
    pub const ALL: [Self; 3] = [Self::Dashes, Self::DashesAndTime, Self::Slashes];
}

/// What makes an event's name need quotes in a CSV file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twist {
    /// `Dev Camp 66, dot 2`
    Comma,
    /// `Dev Camp 66`, a line feed, `ngay 2`
    Newline,
    /// `Dev Camp "66"`
    Quotes,
}

impl Twist {
    /// Every twist.
    pub const ALL: [Self; 3] = [Self::Comma, Self::Newline, Self::Quotes];
}

/// An event's name: a title and a number, such as `Dev Camp 66`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventName {
    /// The first part.
    pub title: &'static str,
    /// The second part.
    pub number: u32,
    /// Set by the quoted defect.
    pub twist: Option<Twist>,
}

impl EventName {
    /// Gives the name piece by piece.
    pub(super) fn write_to(&self, mut put: impl FnMut(&str)) {
        let mut digits = itoa::Buffer::new();
        put(self.title);
        put(match self.twist {
            Some(Twist::Quotes) => " \"",
            _ => " ",
        });
        put(digits.format(self.number));
        put(match self.twist {
            None => "",
            Some(Twist::Comma) => ", dot 2",
            Some(Twist::Newline) => "\nngay 2",
            Some(Twist::Quotes) => "\"",
        });
    }
}

impl std::fmt::Display for EventName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        self.write_to(|piece| text.push_str(piece));
        f.write_str(&text)
    }
}

/// What one row means, before any defect of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// The record's place in the generated order, from zero.
    pub index: u64,
    /// Unique in the file.
    pub event_id: i64,
    /// The name, with its twist if it has one.
    pub name: EventName,
    /// One of [`EVENT_TYPES`].
    pub event_type: &'static str,
    /// Days since 1970-01-01.
    pub event_day: i32,
    /// Seconds since midnight; only [`DateForm::DashesAndTime`] tells.
    pub event_second: u32,
    /// How the file writes the date.
    pub date_form: DateForm,
    /// City, country and currency.
    pub place: Place,
    /// One of [`ORGANIZERS`].
    pub organizer: &'static str,
    /// `None` is an empty field.
    pub participant_count: Option<i32>,
    /// In hundredths of the currency, exact. `None` is an empty field.
    pub revenue_cents: Option<i64>,
    /// One of [`SALES_CHANNELS`].
    pub sales_channel: &'static str,
    /// Seconds since 1970-01-01 00:00:00, without a time zone; before `updated_at`.
    pub created_at: i64,
    /// Seconds since 1970-01-01 00:00:00, without a time zone; before the event's day.
    pub updated_at: i64,
}

impl Record {
    /// `completed` when there is revenue above zero, else `cancelled`.
    pub fn status(&self) -> &'static str {
        status(self.revenue_cents)
    }

    pub(super) fn draw(stream: &mut Stream, index: u64, event_id: i64) -> Self {
        let words = Words::next(stream);
        let place = words.one_of(Slot::Place, &PLACES);
        let event_day = EVENT_DAY_FIRST + words.below(Slot::Day, EVENT_DAYS) as i32;
        let days_before =
            CREATED_DAYS_BEFORE_MIN + words.below(Slot::CreatedDaysBefore, CREATED_DAYS_BEFORE_SPAN);
        let days_after = 1 + words.below(Slot::UpdatedDaysAfter, UPDATED_DAYS_AFTER_MAX);
        let second = words.below(Slot::CreatedSecond, SECS_PER_DAY as u32);
        let created_at = (i64::from(event_day) - i64::from(days_before)) * SECS_PER_DAY + i64::from(second);
        let quarter = START_QUARTER_FIRST + words.below(Slot::StartQuarter, START_QUARTERS);
        Self {
            index,
            event_id,
            name: EventName {
                title: words.one_of(Slot::Title, &TITLES),
                number: 1 + words.below(Slot::Number, NAME_NUMBER_MAX),
                twist: None,
            },
            event_type: words.one_of(Slot::EventType, &EVENT_TYPES),
            event_day,
            event_second: quarter * SECS_PER_QUARTER,
            date_form: words.one_of(Slot::DateForm, &DateForm::ALL),
            place,
            organizer: words.one_of(Slot::Organizer, &ORGANIZERS),
            participant_count: words.participant_count(),
            revenue_cents: words.revenue_cents(&place),
            sales_channel: words.one_of(Slot::SalesChannel, &SALES_CHANNELS),
            created_at,
            updated_at: created_at + i64::from(days_after) * SECS_PER_DAY,
        }
    }
}

/// `completed` when there is revenue above zero, else `cancelled`.
pub fn status(revenue_cents: Option<i64>) -> &'static str {
    if revenue_cents.is_some_and(|cents| cents > 0) { "completed" } else { "cancelled" }
}

/// Which word of a record's block decides what. A new draw takes the next number.
#[derive(Clone, Copy)]
enum Slot {
    Title,
    Number,
    EventType,
    Day,
    StartQuarter,
    DateForm,
    Place,
    Organizer,
    ParticipantCount,
    ParticipantNull,
    Revenue,
    RevenueNull,
    SalesChannel,
    CreatedDaysBefore,
    CreatedSecond,
    UpdatedDaysAfter,
}

struct Words([u32; WORDS_PER_RECORD]);

impl Words {
    fn next(stream: &mut Stream) -> Self {
        Self(std::array::from_fn(|_| stream.next_u32()))
    }

    /// A value in `0..span`, by multiplying: one word always, off from uniform by less than `span / 2^32`.
    fn below(&self, slot: Slot, span: u32) -> u32 {
        ((u64::from(self.0[slot as usize]) * u64::from(span)) >> u32::BITS) as u32
    }

    fn one_of<T: Copy>(&self, slot: Slot, options: &[T]) -> T {
        options[self.below(slot, options.len() as u32) as usize]
    }

    fn participant_count(&self) -> Option<i32> {
        let is_null = self.below(Slot::ParticipantNull, 1_000) < COUNT_NULL_PER_MILLE;
        let count = PARTICIPANTS_MIN + self.below(Slot::ParticipantCount, PARTICIPANTS_SPAN);
        (!is_null).then_some(count as i32)
    }

    fn revenue_cents(&self, place: &Place) -> Option<i64> {
        let dice = self.below(Slot::RevenueNull, 1_000);
        if dice < REVENUE_NULL_PER_MILLE {
            return None;
        }
        if dice < REVENUE_NULL_PER_MILLE + REVENUE_ZERO_PER_MILLE {
            return Some(0);
        }
        let draw = |min: u32, span: u32| i64::from(min + self.below(Slot::Revenue, span));
        Some(match place.currency {
            "VND" => draw(VND_MIN, VND_SPAN) * 100,
            _ => draw(USD_CENTS_MIN, USD_CENTS_SPAN),
        })
    }
}
