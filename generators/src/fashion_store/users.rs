//! Users: the rows of RDS's table, in Vietnamese or as the workshop has them. Each draws from a stream of its own.

use chrono::{Datelike, NaiveDate};
use deunicode::deunicode;
use fake::Fake;
use fake::faker::address::raw::StateName;
use fake::faker::internet::raw::FreeEmailProvider;
use fake::faker::name::raw::{FirstName, LastName};
use fake::faker::phone_number::raw::CellNumber;
use fake::locales::EN;
use rand::RngExt as _;
use wavetank_types::Stream;

use super::addresses::{american, vietnamese};
use super::{Locale, Store};
use crate::locale::vi::{Person, PersonVi, VI};
use crate::table::{CHUNK_RECORDS, Chunk, Column, Table, TextColumns, chunk_len, chunks_of};
use crate::text::{push_date, push_number};

/// The columns of RDS's table.
pub const USER_COLUMNS: [Column; 9] = [
    Column::number("id"),
    Column::text("username"),
    Column::text("first_name"),
    Column::text("last_name"),
    Column::text("email"),
    Column::text("phone"),
    Column::text("address"),
    Column::text("sex"),
    Column::text("birthdate"),
];

const AGE_MIN: i32 = 18;
const AGE_MAX: i32 = 90;

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns' names")]
pub struct User {
    pub id: u64,
    pub username: String,
    /// Given name; in Vietnamese with the middle name before it.
    pub first_name: String,
    pub last_name: &'static str,
    pub email: String,
    pub phone: String,
    /// May have two lines.
    pub address: String,
    /// `M` or `F`.
    pub sex: &'static str,
    /// Counted from 1970-01-01.
    pub birth_day: i32,
}

impl Store {
    /// A user, by its id from 1 to `users`.
    pub fn user(&self, id: u64) -> User {
        let mut stream = self.stream("users", id);
        let birth_day = birth_day(&mut stream, self.plan.first_day);
        match self.plan.locale {
            Locale::Vi => vietnamese_user(id, birth_day, &mut stream),
            Locale::Us => american_user(id, birth_day, &mut stream),
        }
    }

    /// The table of users, by id.
    pub fn users(&self) -> Users<'_> {
        Users { store: self }
    }
}

/// A birthday of somebody who is 18 to 90 years old on a day.
fn birth_day(stream: &mut Stream, day: i32) -> i32 {
    let date = NaiveDate::from_epoch_days(day).expect("a store's days are in the calendar");
    let years_ago = |years: i32| {
        // The 29th of February has no such day every year; the 28th has.
        let birthday = date.with_year(date.year() - years);
        birthday.or_else(|| date.with_day(28)?.with_year(date.year() - years)).unwrap_or(date).to_epoch_days()
    };
    stream.random_range(years_ago(AGE_MAX)..=years_ago(AGE_MIN))
}

fn vietnamese_user(id: u64, birth_day: i32, stream: &mut Stream) -> User {
    let person: Person = PersonVi.fake_with_rng(stream);
    let phone: String = CellNumber(VI).fake_with_rng(stream);
    let provider: &str = FreeEmailProvider(VI).fake_with_rng(stream);
    let province: &str = StateName(VI).fake_with_rng(stream);
    let address = vietnamese(stream, province);
    let username = username(person.given_name, person.family_name, id);
    User {
        id,
        first_name: format!("{} {}", person.middle_name, person.given_name),
        last_name: person.family_name,
        email: format!("{username}@{provider}"),
        username,
        phone,
        address,
        sex: person.gender.code(),
        birth_day,
    }
}

fn american_user(id: u64, birth_day: i32, stream: &mut Stream) -> User {
    let (first_name, last_name): (&str, &str) =
        (FirstName(EN).fake_with_rng(stream), LastName(EN).fake_with_rng(stream));
    let mut part = |least: u32, end: u32| stream.random_range(least..end);
    // 555-01xx numbers reach nobody.
    let phone = format!("({:03})555-01{:02}", part(201, 990), part(0, 100));
    let sex = if stream.random_bool(0.5) { "M" } else { "F" };
    let provider: &str = FreeEmailProvider(VI).fake_with_rng(stream);
    let address = american(stream);
    let username = username(first_name, last_name, id);
    User {
        id,
        first_name: first_name.to_owned(),
        last_name,
        email: format!("{username}@{provider}"),
        username,
        phone,
        address,
        sex,
        birth_day,
    }
}

/// Unique by its number.
fn username(first: &str, last: &str, id: u64) -> String {
    let mut name = deunicode(&format!("{first}{last}"));
    name.retain(|c| c.is_ascii_alphanumeric());
    name.make_ascii_lowercase();
    push_number(&mut name, id);
    name
}

/// The users as a table.
#[derive(Clone, Copy, Debug)]
pub struct Users<'a> {
    store: &'a Store,
}

impl Table for Users<'_> {
    fn columns(&self) -> &'static [Column] {
        &USER_COLUMNS
    }

    fn chunks(&self) -> u64 {
        chunks_of(self.store.plan.users)
    }

    fn chunk(&self, index: u64) -> Chunk {
        let len = chunk_len(self.store.plan.users, index);
        let mut columns = TextColumns::new(&USER_COLUMNS, len);
        for row in 0..len {
            let user = self.store.user(index * CHUNK_RECORDS + row + 1);
            columns.put(|text| push_number(text, user.id));
            columns.put_text(&user.username);
            columns.put_text(&user.first_name);
            columns.put_text(user.last_name);
            columns.put_text(&user.email);
            columns.put_text(&user.phone);
            columns.put_text(&user.address);
            columns.put_text(user.sex);
            columns.put(|text| push_date(text, user.birth_day, '-'));
        }
        Chunk { batch: columns.finish(), breaks: Vec::new() }
    }
}
