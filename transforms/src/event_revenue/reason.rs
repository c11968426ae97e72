//! Why a row is refused: one reason per row, with a code that never changes and a sentence in two languages.

use std::fmt;

use serde::{Serialize, Serializer};

/// Why a row was refused. When several apply, the first in this order is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Longer than [`super::ROW_BYTES_MAX`].
    RowTooLong,
    /// A quote opens a field and nothing closes it. Only the line with the quote is refused.
    UnterminatedQuote,
    /// Bytes that are not UTF-8.
    InvalidUtf8,
    /// Fewer fields than columns.
    WrongFieldCount,
    /// More fields than columns.
    ExtraColumn,
    /// `event_id` is not a whole number from 1.
    BadEventId,
    /// `event_date` has none of the three forms, or is not in the calendar.
    BadDate,
    /// `participant_count` is not a whole number from 0.
    BadParticipantCount,
    /// `ticket_revenue` is not an amount from 0 with at most two decimals.
    BadRevenue,
    /// `created_at` is not a time.
    BadCreatedAt,
    /// `updated_at` is not a time.
    BadUpdatedAt,
    /// An earlier row of this file with the same `event_id` was delivered.
    DuplicateEventId,
}

impl Reason {
    /// Every reason, in order of precedence.
    pub const ALL: [Self; 12] = [
        Self::RowTooLong,
        Self::UnterminatedQuote,
        Self::InvalidUtf8,
        Self::WrongFieldCount,
        Self::ExtraColumn,
        Self::BadEventId,
        Self::BadDate,
        Self::BadParticipantCount,
        Self::BadRevenue,
        Self::BadCreatedAt,
        Self::BadUpdatedAt,
        Self::DuplicateEventId,
    ];

    /// The code in files, ledgers and reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::RowTooLong => "row-too-long",
            Self::UnterminatedQuote => "unterminated-quote",
            Self::InvalidUtf8 => "invalid-utf8",
            Self::WrongFieldCount => "wrong-field-count",
            Self::ExtraColumn => "extra-column",
            Self::BadEventId => "bad-event-id",
            Self::BadDate => "bad-date",
            Self::BadParticipantCount => "bad-participant-count",
            Self::BadRevenue => "bad-revenue",
            Self::BadCreatedAt => "bad-created-at",
            Self::BadUpdatedAt => "bad-updated-at",
            Self::DuplicateEventId => "duplicate-event-id",
        }
    }

    /// The reason with this code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// A sentence for a person, in English.
    pub fn sentence_en(self) -> &'static str {
        match self {
            Self::RowTooLong => "The row is longer than 64 KiB.",
            Self::UnterminatedQuote => "A quote opens a field and nothing closes it.",
            Self::InvalidUtf8 => "The row is not UTF-8 text.",
            Self::WrongFieldCount => "The row has fewer fields than the header has columns.",
            Self::ExtraColumn => "The row has more fields than the header has columns.",
            Self::BadEventId => "The event id is not a whole number from 1.",
            Self::BadDate => "The event date is in none of the three known forms.",
            Self::BadParticipantCount => "The participant count is not a whole number from 0.",
            Self::BadRevenue => "The revenue is not an amount from 0 with at most two decimals.",
            Self::BadCreatedAt => "The creation time is not a time.",
            Self::BadUpdatedAt => "The update time is not a time.",
            Self::DuplicateEventId => "An earlier row with this event id was delivered.",
        }
    }

    /// A sentence for a person, in Vietnamese.
    pub fn sentence_vi(self) -> &'static str {
        match self {
            Self::RowTooLong => "Dòng dài hơn 64 KiB.",
            Self::UnterminatedQuote => "Dấu ngoặc kép mở ra mà không đóng lại.",
            Self::InvalidUtf8 => "Dòng không phải là văn bản UTF-8.",
            Self::WrongFieldCount => "Dòng có ít trường hơn số cột của tiêu đề.",
            Self::ExtraColumn => "Dòng có nhiều trường hơn số cột của tiêu đề.",
            Self::BadEventId => "Mã sự kiện không phải là số nguyên từ 1 trở lên.",
            Self::BadDate => "Ngày sự kiện không thuộc ba định dạng đã biết.",
            Self::BadParticipantCount => "Số người tham dự không phải là số nguyên từ 0 trở lên.",
            Self::BadRevenue => "Doanh thu không phải là số tiền từ 0 với tối đa hai chữ số thập phân.",
            Self::BadCreatedAt => "Thời điểm tạo không hợp lệ.",
            Self::BadUpdatedAt => "Thời điểm cập nhật không hợp lệ.",
            Self::DuplicateEventId => "Đã có một dòng trước đó với mã sự kiện này.",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
