//! What became of the records: one bar in proportion, the numbers, and what went wrong by name with its first examples.

use super::write::{Html, raw, shortened};
use super::{EXAMPLE_CHARS_MAX, words};
use crate::report::{Lang, Report};

/// Reasons that are shown, the most frequent first. They may be texts of a pipeline's own, as many as records.
const REASONS_MAX: usize = 20;

/// The section's content.
pub(super) fn write(out: &mut Html, report: &Report, lang: Lang) {
    let ledger = &report.ledger;
    let rejected: u64 = ledger.rejected.values().sum();
    let parts = [
        ("delivered", lang.pick("delivered", "đã đến nơi"), ledger.delivered),
        ("rejected", lang.pick("rejected", "bị từ chối"), rejected),
        ("dlq", lang.pick("dead-letter queue", "hàng đợi lỗi (DLQ)"), ledger.dlq),
        ("expired", lang.pick("expired", "hết hạn"), ledger.expired),
        ("flight", lang.pick("in flight", "đang trên đường"), ledger.in_flight),
        ("lost", lang.pick("lost", "bị mất"), ledger.lost()),
    ];
    let sent = ledger.generated;
    raw!(out, "<p class=\"equation\"><b>").text(&words::number(lang, sent));
    raw!(out, "</b> ").text(lang.pick("sent", "đã gửi"));
    for (number, (_, name, count)) in parts.iter().filter(|(.., count)| *count > 0).enumerate() {
        raw!(out, " {} <b>", if number == 0 { "=" } else { "+" }).text(&words::number(lang, *count));
        raw!(out, "</b> ").text(name);
    }
    raw!(out, "</p>");
    bar(out, &parts, lang);
    raw!(out, "<table class=\"ledger\"><tbody>");
    row(out, "", lang.pick("sent", "đã gửi"), sent, sent, lang);
    for (class, name, count) in parts {
        row(out, class, name, count, sent, lang);
        if class == "rejected" {
            let mut reasons: Vec<(&String, &u64)> = ledger.rejected.iter().collect();
            reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            let more = reasons.len().saturating_sub(REASONS_MAX) as u64;
            for (reason, count) in reasons.into_iter().take(REASONS_MAX) {
                raw!(out, "<tr class=\"reason\"><th scope=\"row\"><code>").text(&shortened(reason, 60));
                raw!(out, "</code> ").text(lang.reason(reason));
                raw!(out, "</th><td>").text(&words::number(lang, *count));
                raw!(out, "</td><td>").text(&words::share(lang, *count, sent));
                raw!(out, "</td></tr>");
            }
            if more > 0 {
                raw!(out, "<tr class=\"reason\"><th scope=\"row\">");
                super::more(out, more, lang);
                raw!(out, "</th><td></td><td></td></tr>");
            }
        }
    }
    row(out, "double", lang.pick("duplicates", "trùng lặp"), ledger.duplicates, sent, lang);
    raw!(out, "</tbody></table>");
    anomalies(out, report, lang);
}

fn row(out: &mut Html, class: &'static str, name: &str, count: u64, sent: u64, lang: Lang) {
    let none = if count == 0 { " class=\"none\"" } else { "" };
    raw!(out, "<tr{none} data-fate=\"{class}\" data-number=\"{count}\"><th scope=\"row\">");
    if !class.is_empty() {
        raw!(out, "<i class=\"dot {class}\"></i>");
    }
    out.text(name);
    raw!(out, "</th><td>").text(&words::number(lang, count));
    raw!(out, "</td><td>");
    if !class.is_empty() && count > 0 {
        out.text(&words::share(lang, count, sent));
    }
    raw!(out, "</td></tr>");
}

/// A part that is there is seen, however small it is.
fn bar(out: &mut Html, parts: &[(&'static str, &'static str, u64)], lang: Lang) {
    raw!(out, "<div class=\"bar\" role=\"img\"");
    let told: Vec<String> = parts
        .iter()
        .filter(|(.., count)| *count > 0)
        .map(|(_, name, count)| format!("{} {name}", words::number(lang, *count)))
        .collect();
    out.attribute("aria-label", &told.join(", "));
    raw!(out, ">");
    for (class, name, count) in parts.iter().filter(|(.., count)| *count > 0) {
        raw!(out, "<span class=\"{class}\" style=\"flex-grow:{count}\"");
        out.attribute("title", &format!("{} {name}", words::number(lang, *count)));
        raw!(out, "></span>");
    }
    raw!(out, "</div>");
}

fn anomalies(out: &mut Html, report: &Report, lang: Lang) {
    if report.ledger.anomalies.is_empty() {
        return;
    }
    raw!(out, "<h3>").text(lang.pick("What went wrong", "Điều bất thường"));
    raw!(out, "</h3>");
    for (anomaly, examples) in &report.ledger.anomalies {
        raw!(out, "<details class=\"anomaly\" open><summary><b>").text(&words::number(lang, examples.count));
        raw!(out, "</b> <code>").text(&anomaly.to_string());
        raw!(out, "</code> ").text(lang.anomaly(*anomaly));
        raw!(out, "</summary><ul>");
        for example in &examples.first {
            out.element("li", "", &shortened(lang.say(example), EXAMPLE_CHARS_MAX));
        }
        super::more(out, examples.count.saturating_sub(examples.first.len() as u64), lang);
        raw!(out, "</ul></details>");
    }
}
