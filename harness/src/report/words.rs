//! Headings and messages of the report in English and Vietnamese. AWS's terms stay English.

use std::str::FromStr;

use wavetank_transforms::event_revenue::Reason;
use wavetank_transforms::fashion_store;
use wavetank_types::{Anomaly, Said};

use crate::check::Verdict;

/// The report's language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Vietnamese.
    Vi,
}

/// Not a language of the report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a language of the report; there are en and vi")]
pub struct LangError(String);

impl FromStr for Lang {
    type Err = LangError;

    fn from_str(text: &str) -> Result<Self, LangError> {
        match text {
            "en" => Ok(Self::En),
            "vi" => Ok(Self::Vi),
            other => Err(LangError(other.to_owned())),
        }
    }
}

impl Lang {
    /// English or Vietnamese, as this language is.
    pub fn pick<'a>(self, en: &'a str, vi: &'a str) -> &'a str {
        match self {
            Self::En => en,
            Self::Vi => vi,
        }
    }

    /// A sentence in this language.
    pub fn say(self, said: &Said) -> &str {
        self.pick(&said.en, &said.vi)
    }

    pub(super) fn verdict(self, verdict: Verdict) -> &'static str {
        match (self, verdict) {
            (Self::En, Verdict::Passed) => "PASS",
            (Self::En, Verdict::Failed) => "FAIL",
            (Self::En, Verdict::NotRun) => "----",
            (Self::Vi, Verdict::Passed) => "ĐẠT",
            (Self::Vi, Verdict::Failed) => "LỖI",
            (Self::Vi, Verdict::NotRun) => "----",
        }
    }

    /// What a check proves, in a few words.
    pub(super) fn check(self, name: &str) -> &'static str {
        match name {
            "conserved" => self.pick("every row accounted for once", "mọi dòng đều được tính đúng một lần"),
            "oracle" => self.pick("query answers are right", "câu trả lời của truy vấn là đúng"),
            "schema" => self.pick("the table's columns", "các cột của bảng"),
            "partition" => self.pick("rows lie in their partition", "dòng nằm đúng partition (phân vùng)"),
            "files" => self.pick("number and size of files", "số lượng và kích thước tệp"),
            "logs" => self.pick("the function's log", "nhật ký (log) của hàm"),
            "dags" => self.pick("every run of the DAGs", "mọi lần chạy của các DAG"),
            "jobs" => self.pick("every run of the job", "mọi lần chạy của job"),
            "unblocked" => self.pick("no record blocks a shard", "không bản ghi nào chặn shard"),
            "order" => self.pick("order of each key", "thứ tự của từng khóa"),
            "landed" => self.pick("folders of the landing zone", "thư mục của landing zone"),
            "freshness" => self.pick("how soon records land", "bản ghi đến landing zone nhanh thế nào"),
            "replay" => self.pick("running the batch again", "chạy lại batch"),
            "nulls" => self.pick("null values", "giá trị null"),
            "snapshot" => self.pick("each key once", "mỗi khóa một lần"),
            name if name.starts_with("metamorphic") => self.pick(
                "the result under a change that should not matter",
                "kết quả khi đổi điều không đáng ảnh hưởng",
            ),
            _ => "",
        }
    }

    /// What it means that a record lies somewhere.
    pub(super) fn ends(self, ends: &str) -> &'static str {
        match ends {
            "delivered" => self.pick("delivered", "đã đến nơi"),
            "rejected" => self.pick("rejected", "bị từ chối"),
            "dead-lettered" => self.pick("dead-lettered", "hàng đợi lỗi (DLQ)"),
            "in flight" => self.pick("in flight", "đang trên đường"),
            _ => self.pick("passed", "đi qua"),
        }
    }

    /// A reason in a sentence, if it is one that the bundled pipeline gives.
    pub(super) fn reason(self, code: &str) -> &'static str {
        let of_store = || fashion_store::Reason::of_code(code).map(|it| (it.sentence_en(), it.sentence_vi()));
        let sentences =
            Reason::of_code(code).map(|it| (it.sentence_en(), it.sentence_vi())).or_else(of_store);
        sentences.map_or("", |(en, vi)| self.pick(en, vi))
    }

    /// An anomaly in a few words.
    pub(super) fn anomaly(self, anomaly: Anomaly) -> &'static str {
        match anomaly {
            Anomaly::Lost => self.pick("sent, and nowhere to be found", "đã gửi nhưng không tìm thấy ở đâu"),
            Anomaly::DuplicatedByProducer => {
                self.pick("sent again by the producer", "bị bên gửi gửi lặp lại")
            }
            Anomaly::DuplicatedByConsumer => {
                self.pick("processed again by a consumer", "bị bên nhận xử lý lặp lại")
            }
            Anomaly::Phantom => self.pick("found, never sent", "tìm thấy nhưng chưa từng được gửi"),
            Anomaly::Misrouted => self.pick("in the wrong place", "nằm sai chỗ"),
            Anomaly::Mutated => self.pick("with other content", "nội dung bị thay đổi"),
            Anomaly::Misjudged => self
                .pick("with another fate than it should have", "bị xử lý khác với điều đáng lẽ phải xảy ra"),
            Anomaly::Stuck => {
                self.pick("still on its way, and nothing moves", "còn kẹt lại, không có gì tiến triển")
            }
        }
    }
}
