//! Why a line of the landing zone is not in the clean zone: a code that never changes, and a sentence in two languages.

use std::fmt;

use serde::{Serialize, Serializer};

/// Why a line was refused. When several apply, the first in this order is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A click that is no object of JSON with a number, a time and a kind.
    NotAClick,
    /// A time that is not `yyyy-MM-dd HH:mm:ss`, or not in the calendar.
    BadTime,
    /// A kind of click that nobody knows.
    UnknownEventType,
    /// A click on a product that names none, or a page view that names one.
    ProductMismatch,
    /// A row of CSV that has too few fields.
    WrongFieldCount,
    /// A key that is not a whole number from 1.
    BadKey,
    /// A value of another type than its column's.
    BadValue,
    /// The same event id was there before in this run.
    Duplicate,
}

impl Reason {
    /// Every reason, in order of precedence.
    pub const ALL: [Self; 8] = [
        Self::NotAClick,
        Self::BadTime,
        Self::UnknownEventType,
        Self::ProductMismatch,
        Self::WrongFieldCount,
        Self::BadKey,
        Self::BadValue,
        Self::Duplicate,
    ];

    /// The code in files, ledgers and reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAClick => "not-a-click",
            Self::BadTime => "bad-time",
            Self::UnknownEventType => "unknown-event-type",
            Self::ProductMismatch => "product-mismatch",
            Self::WrongFieldCount => "too-few-fields",
            Self::BadKey => "bad-key",
            Self::BadValue => "bad-value",
            Self::Duplicate => "duplicate-click",
        }
    }

    /// The reason of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// In English.
    pub fn sentence_en(self) -> &'static str {
        match self {
            Self::NotAClick => "the line is no click",
            Self::BadTime => "the time cannot be read",
            Self::UnknownEventType => "nobody knows this kind of click",
            Self::ProductMismatch => "a click on a product names one, a page view names none",
            Self::WrongFieldCount => "the row has too few fields",
            Self::BadKey => "the key is not a whole number from 1",
            Self::BadValue => "a value is not of its column's type",
            Self::Duplicate => "the click was delivered twice, and is kept once",
        }
    }

    /// In Vietnamese.
    pub fn sentence_vi(self) -> &'static str {
        match self {
            Self::NotAClick => "dòng này không phải một lượt click",
            Self::BadTime => "không đọc được thời gian",
            Self::UnknownEventType => "không biết loại click này",
            Self::ProductMismatch => "click vào sản phẩm phải có mã sản phẩm, page view thì không",
            Self::WrongFieldCount => "dòng thiếu cột",
            Self::BadKey => "khóa không phải số nguyên từ 1",
            Self::BadValue => "giá trị không đúng kiểu của cột",
            Self::Duplicate => "lượt click đến hai lần và được giữ một lần",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence_en())
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
