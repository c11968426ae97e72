//! Numbers, sizes, spans and AWS's terms as the page says them, in both languages. AWS's terms stay English; [`gloss`] says what each is.

use crate::flow::{Count, Kind, LaneKind, Unit};
use crate::report::Lang;

/// `1,234,567`, in Vietnamese `1.234.567`.
pub(super) fn number(lang: Lang, number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push_str(lang.pick(",", "."));
        }
        out.push(digit);
    }
    out
}

/// A number with so many decimals.
pub(super) fn decimal(lang: Lang, value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("-", whole));
    let whole = number(lang, whole.parse().unwrap_or(0));
    match part {
        "" => format!("{sign}{whole}"),
        part => format!("{sign}{whole}{}{part}", lang.pick(".", ",")),
    }
}

/// `9.2 kB`.
pub(super) fn bytes(lang: Lang, bytes: u64) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    match units.iter().find(|(size, _)| bytes as f64 >= *size) {
        Some((size, unit)) => {
            let value = bytes as f64 / size;
            format!("{} {unit}", decimal(lang, value, usize::from(value < 100.0)))
        }
        None => format!("{} B", number(lang, bytes)),
    }
}

/// Milliseconds by the two largest units that count: `1 h 5 min`, `28.1 s`, `450 ms`.
pub(super) fn span(lang: Lang, millis: u64) -> String {
    if millis < 1_000 {
        return format!("{millis} ms");
    }
    if millis < 60_000 {
        let is_whole = millis.is_multiple_of(1_000);
        return format!(
            "{} {}",
            decimal(lang, millis as f64 / 1e3, usize::from(!is_whole)),
            lang.pick("s", "giây")
        );
    }
    let seconds = millis / 1_000;
    let units = [
        (seconds / 86_400, lang.pick("d", "ngày")),
        (seconds / 3_600 % 24, lang.pick("h", "giờ")),
        (seconds / 60 % 60, lang.pick("min", "phút")),
        (seconds % 60, lang.pick("s", "giây")),
    ];
    let first = units.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let shown = units[first..].iter().take(2).filter(|(count, _)| *count > 0);
    shown.map(|(count, unit)| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
}

/// US dollars, as many digits as say something.
pub(super) fn dollars(lang: Lang, usd: f64) -> String {
    let decimals = if usd >= 1.0 { 2 } else { 4 };
    if usd > 0.0 && usd < 0.000_05 {
        return format!("< ${}", decimal(lang, 0.000_1, decimals));
    }
    format!("${}", decimal(lang, usd, decimals))
}

/// A percentage of a whole.
pub(super) fn share(lang: Lang, part: u64, whole: u64) -> String {
    let percent = if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 };
    format!("{} %", decimal(lang, percent, if percent == percent.round() { 0 } else { 2 }))
}

/// `57 rows delivered`.
pub(super) fn count(lang: Lang, count: &Count) -> String {
    if count.unit == Unit::Bytes {
        return bytes(lang, count.number);
    }
    format!("{} {}", number(lang, count.number), unit(lang, count.unit, count.number))
}

fn unit(lang: Lang, unit: Unit, many: u64) -> &'static str {
    let of = |one: &'static str, more: &'static str, vi: &'static str| {
        lang.pick(if many == 1 { one } else { more }, vi)
    };
    match unit {
        Unit::RowsSent => of("row sent", "rows sent", "dòng đã gửi"),
        Unit::RecordsSent => of("record sent", "records sent", "bản ghi đã gửi"),
        Unit::Delivered => of("delivered", "delivered", "đã đến nơi"),
        Unit::Rejected => of("rejected", "rejected", "bị từ chối"),
        Unit::DeadLettered => of("dead-lettered", "dead-lettered", "vào hàng đợi lỗi"),
        Unit::InFlight => of("in flight", "in flight", "đang trên đường"),
        Unit::Passed => of("seen", "seen", "được thấy"),
        Unit::Records => of("record", "records", "bản ghi"),
        Unit::Objects => of("object", "objects", "object"),
        Unit::Bytes => "B",
        Unit::Invocations => of("invocation", "invocations", "lần gọi"),
        Unit::Errors => of("failed", "failed", "lần lỗi"),
        Unit::Runs => of("run", "runs", "lần chạy"),
        Unit::Crawls => of("crawl", "crawls", "lần crawl"),
        Unit::Tables => of("table", "tables", "bảng"),
        Unit::Messages => of("message", "messages", "message"),
        Unit::Writes => of("write", "writes", "lần ghi"),
        Unit::Queries => of("query", "queries", "truy vấn"),
        Unit::RightAnswers => of("right", "right", "đúng"),
    }
}

/// What a node is.
pub(super) fn kind(lang: Lang, kind: Kind) -> &'static str {
    match kind {
        Kind::Producer => lang.pick("Producer", "Bên gửi"),
        Kind::Objects => "S3",
        Kind::Stream => "Kinesis stream",
        Kind::Delivery => "Firehose",
        Kind::Function => "Lambda function",
        Kind::Table => "DynamoDB table",
        Kind::Queue => "SQS queue",
        Kind::Topic => "SNS topic",
        Kind::Job => "Glue job",
        Kind::Crawler => "Glue crawler",
        Kind::Trigger => "Glue trigger",
        Kind::Catalog => "Glue database",
        Kind::Athena => "Athena work group",
        Kind::Schedule => "EventBridge schedule",
        Kind::Rule => "EventBridge rule",
        Kind::Database => "RDS",
        Kind::Airflow => "Airflow (MWAA)",
        Kind::Log => "CloudWatch Logs",
        Kind::Answers => lang.pick("Queries", "Truy vấn"),
    }
}

/// What an AWS term means, for who does not know it. Nothing for what needs none.
pub(super) fn gloss(kind: Kind) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        Kind::Objects => (
            "objects in a bucket, below a prefix",
            "các object (tệp) trong một bucket, dưới một prefix (tiền tố)",
        ),
        Kind::Stream => ("a stream of records, in shards", "luồng bản ghi, chia thành các shard (phân mảnh)"),
        Kind::Delivery => ("gathers records and stores them as objects", "gom bản ghi rồi ghi thành object"),
        Kind::Function => ("code that runs when it is called", "hàm, chạy khi được gọi"),
        Kind::Table => ("a table of items by key", "bảng các item (mục) theo khóa"),
        Kind::Queue => ("a queue of messages", "hàng đợi message (thông điệp)"),
        Kind::Topic => ("tells subscribers", "chủ đề, báo cho các bên đăng ký"),
        Kind::Job => ("a batch program", "chương trình xử lý theo lô"),
        Kind::Crawler => (
            "looks at files and writes tables into the catalog",
            "đọc các tệp và ghi bảng vào catalog (danh mục)",
        ),
        Kind::Trigger => ("starts jobs and crawlers", "khởi động job và crawler"),
        Kind::Catalog => ("tables in the catalog", "các bảng trong catalog (danh mục)"),
        Kind::Athena => ("SQL over the catalog's tables", "chạy SQL trên các bảng của catalog"),
        Kind::Schedule => ("starts things at set times", "lịch, khởi động công việc đúng giờ"),
        Kind::Rule => ("sends events on to targets", "quy tắc, chuyển sự kiện đến đích"),
        Kind::Database => ("a relational database", "cơ sở dữ liệu quan hệ"),
        Kind::Airflow => ("runs DAGs", "chạy các DAG (đồ thị công việc)"),
        Kind::Log => ("what functions write into their log", "nhật ký (log) của hàm"),
        Kind::Producer | Kind::Answers => return None,
    })
}

/// What a lane of the timeline is of.
pub(super) fn lane(lang: Lang, kind: LaneKind) -> &'static str {
    match kind {
        LaneKind::Deploy => lang.pick("deployment", "triển khai"),
        LaneKind::Input => lang.pick("input arrives", "dữ liệu đến"),
        LaneKind::Fault => lang.pick("fault", "sự cố"),
        LaneKind::Function => lang.pick("function runs", "hàm chạy"),
        LaneKind::Delivery => lang.pick("objects stored", "ghi object"),
        LaneKind::Job => lang.pick("job runs", "job chạy"),
        LaneKind::Crawler => lang.pick("crawls", "crawler chạy"),
        LaneKind::Queries => lang.pick("queries", "truy vấn"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_each_language_writes_them() {
        let check = |found: String, expected: &str| assert_eq!(found, expected);
        check(number(Lang::En, 1_234_567), "1,234,567");
        check(number(Lang::Vi, 1_234_567), "1.234.567");
        check(number(Lang::En, 999), "999");
        check(bytes(Lang::En, 9_234), "9.2 kB");
        check(bytes(Lang::Vi, 9_234), "9,2 kB");
        check(bytes(Lang::En, 12), "12 B");
        check(span(Lang::En, 450), "450 ms");
        check(span(Lang::Vi, 28_100), "28,1 giây");
        check(span(Lang::En, 3_900_000), "1 h 5 min");
        check(span(Lang::En, 148_229_100), "1 d 17 h");
        check(dollars(Lang::En, 0.14694), "$0.1469");
        check(dollars(Lang::Vi, 0.000_001), "< $0,0001");
        check(dollars(Lang::En, 1_234.567), "$1,234.57");
        check(share(Lang::Vi, 1, 3), "33,33 %");
        check(share(Lang::En, 0, 0), "0 %");
    }
}
