//! How long records took, as a curve and as percentiles; how far behind readers were, over time. Nothing but what was measured.

use std::time::Duration;

use wavetank_types::Timestamp;

use super::timeline::Axis;
use super::words;
use super::write::{Html, raw};
use crate::flow::{Ages, Flow, Lag};
use crate::report::{Lang, Report};

/// Units of a chart's sides.
const SIDE: f64 = 1_000.0;
/// Points that are drawn of a curve over time.
const POINTS_MAX: usize = 240;

/// The section's content.
pub(super) fn write(out: &mut Html, report: &Report, flow: Option<&Flow>, lang: Lang) {
    for ages in &report.ages {
        age(out, ages, lang);
    }
    if report.ages.is_empty() {
        raw!(out, "<p class=\"note\">");
        out.text(lang.pick(
            "How long single records took is not known: where they end, nothing keeps the instant of their arrival.",
            "Không biết từng bản ghi mất bao lâu: nơi chúng đến không lưu thời điểm đến.",
        ));
        raw!(out, "</p>");
    }
    let Some(flow) = flow.filter(|flow| !flow.lags.is_empty()) else { return };
    raw!(out, "<h3>").text(lang.pick("How far behind readers were", "Bên đọc chậm hơn bao nhiêu"));
    raw!(out, "</h3><p class=\"lead\">");
    out.text(lang.pick(
        "The largest value of each period, as CloudWatch has it, in tank time.",
        "Giá trị lớn nhất của mỗi khoảng, theo CloudWatch, theo thời gian trong tank.",
    ));
    raw!(out, "</p><div class=\"lags\">");
    for lag in &flow.lags {
        behind(out, lag, Axis::of(flow), lang);
    }
    raw!(out, "</div>");
}

/// The share of records that had come after so long, on a scale of time that is as long as the oldest.
fn age(out: &mut Html, ages: &Ages, lang: Lang) {
    let [p50, p95, p99] = [50, 95, 99].map(|share| ages.percentiles[share]);
    let (least, most) = (ages.percentiles[0], ages.percentiles[100]);
    raw!(out, "<figure class=\"curve\"><figcaption><b>").text(lang.say(&ages.what));
    raw!(out, "</b> <small>");
    let count = words::number(lang, ages.count);
    out.text(&match lang {
        Lang::En => format!("{count} records, tank time"),
        Lang::Vi => format!("{count} bản ghi, thời gian trong tank"),
    });
    raw!(out, "</small></figcaption>");
    if least == most {
        raw!(out, "<p class=\"lead\">");
        out.text(&match lang {
            Lang::En => format!("All came together, after {}.", words::span(lang, most)),
            Lang::Vi => format!("Tất cả đến cùng lúc, sau {}.", words::span(lang, most)),
        });
        raw!(out, "</p>");
    } else {
        chart(out, ages, lang);
    }
    raw!(out, "<table class=\"percentiles\"><thead><tr><th scope=\"col\"></th>");
    for head in ["p50", "p95", "p99", lang.pick("longest", "lâu nhất")] {
        raw!(out, "<th scope=\"col\">").text(head);
        raw!(out, "</th>");
    }
    raw!(out, "</tr></thead><tbody><tr><th scope=\"row\">").text(lang.pick("measured", "đo được"));
    raw!(out, "</th>");
    for (at, value) in [p50, p95, p99, most].into_iter().enumerate() {
        let is_over =
            ages.limits.as_ref().and_then(|limits| limits.get(at)).is_some_and(|limit| value > *limit);
        out.element("td", if is_over { "bad" } else { "" }, &words::span(lang, value));
    }
    raw!(out, "</tr>");
    if let Some(limits) = &ages.limits {
        raw!(out, "<tr><th scope=\"row\">").text(lang.pick("allowed", "cho phép"));
        raw!(out, "</th>");
        for limit in limits {
            out.element("td", "", &words::span(lang, *limit));
        }
        raw!(out, "<td></td></tr>");
    }
    raw!(out, "</tbody></table></figure>");
}

fn chart(out: &mut Html, ages: &Ages, lang: Lang) {
    let most = ages.percentiles[100].max(1) as f64;
    raw!(
        out,
        "<div class=\"chart\"><svg viewBox=\"0 0 {SIDE} {SIDE}\" preserveAspectRatio=\"none\" role=\"img\""
    );
    out.attribute(
        "aria-label",
        lang.pick(
            "Share of records that had arrived after so long",
            "Tỷ lệ bản ghi đã đến sau khoảng thời gian đó",
        ),
    );
    raw!(
        out,
        "><path class=\"grid\" d=\"M0 0H{SIDE}M0 500H{SIDE}M0 {SIDE}H{SIDE}\"/><path class=\"area\" d=\"M0 {SIDE}"
    );
    let mut line = String::new();
    for (share, millis) in ages.percentiles.iter().enumerate() {
        let (x, y) = (*millis as f64 / most * SIDE, SIDE - share as f64 * SIDE / 100.0);
        // A step: at an instant, all that had come by then.
        line.push_str(&format!("H{x:.1}V{y:.1}"));
    }
    raw!(out, "{line}V{SIDE}z\"/><path class=\"line\" d=\"M0 {SIDE}{line}\"/>");
    for limit in ages.limits.iter().flatten().filter(|limit| (**limit as f64) < most) {
        raw!(out, "<path class=\"limit\" d=\"M{:.1} 0V{SIDE}\"/>", *limit as f64 / most * SIDE);
    }
    raw!(out, "</svg>");
    for (share, label) in [(0, "100 %"), (50, "50 %"), (100, "0 %")] {
        raw!(out, "<span class=\"y\" style=\"top:{share}%\">{label}</span>");
    }
    for quarter in 0..=4u64 {
        let class = if quarter == 4 { " last" } else { "" };
        raw!(out, "<span class=\"x{class}\" style=\"left:{}%\">", quarter * 25);
        out.text(&words::span(lang, (most * quarter as f64 / 4.0) as u64));
        raw!(out, "</span>");
    }
    raw!(out, "</div>");
}

/// A reader's lag. Values between periods without one are not drawn: nobody measured them.
fn behind(out: &mut Html, lag: &Lag, axis: Axis, lang: Lang) {
    let most = lag.points.iter().map(|(_, value)| *value).fold(1.0, f64::max);
    raw!(out, "<figure class=\"lag\"><figcaption><b>").text(&lag.name);
    raw!(out, "</b> <small>").text(lag.metric);
    raw!(out, " · ").text(lang.pick("at most", "tối đa"));
    raw!(out, " ").text(&words::span(lang, most as u64));
    raw!(
        out,
        "</small></figcaption><svg viewBox=\"0 0 {SIDE} 100\" preserveAspectRatio=\"none\" role=\"img\""
    );
    out.attribute("aria-label", &format!("{} {}", lag.name, lag.metric));
    raw!(out, "><path class=\"grid\" d=\"M0 100H{SIDE}\"/><path class=\"bars\" d=\"");
    // Neighbouring periods share a column if there are more than fit; it is as high as the highest.
    let mut columns = vec![0.0f64; POINTS_MAX];
    for (at, value) in &lag.points {
        // A value is that of its whole period.
        let column = |at: Timestamp| ((axis.at(at) * POINTS_MAX as f64) as usize).min(POINTS_MAX - 1);
        let period = Duration::from_secs(u64::try_from(lag.period_secs).unwrap_or(60));
        let (first, end) = (column(*at), column(*at + period));
        for height in &mut columns[first..end.max(first + 1)] {
            *height = height.max(*value);
        }
    }
    let wide = SIDE / POINTS_MAX as f64;
    for (at, value) in columns.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        let high = (value / most * 96.0).max(1.0);
        raw!(out, "M{:.1} 100v-{high:.1}h{wide:.1}v{high:.1}z", at as f64 * wide);
    }
    raw!(out, "\"/></svg>");
    axis.write(out, lang);
    raw!(out, "</figure>");
}
