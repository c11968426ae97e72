//! What happened when, in tank time: a lane for each thing, faults over all that ran.

use wavetank_types::Timestamp;

use super::words;
use super::write::{Html, raw};
use crate::flow::{Flow, Lane, LaneKind, Span};
use crate::report::{Lang, Report};

/// Units of a lane's width.
const WIDTH: f64 = 1_000.0;
/// Spans that are drawn one by one. More are counted by columns.
const SPANS_MAX: usize = 80;
const COLUMNS: usize = 250;
const HEIGHT: f64 = 22.0;

/// An axis of tank time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    begin: Timestamp,
    millis: f64,
}

impl Axis {
    pub(super) fn of(flow: &Flow) -> Self {
        Self { begin: flow.begin, millis: (flow.end.since(flow.begin).as_millis() as f64).max(1.0) }
    }

    /// From 0.0 at the begin to 1.0 at the end.
    pub(super) fn at(self, at: Timestamp) -> f64 {
        (at.since(self.begin).as_millis() as f64 / self.millis).min(1.0)
    }

    /// Round spans since the begin, six of them or fewer, with their places.
    fn ticks(self) -> Vec<(f64, u64)> {
        let steps = [
            1_000,
            2_000,
            5_000,
            10_000,
            20_000,
            30_000,
            60_000,
            120_000,
            300_000,
            600_000,
            1_200_000,
            1_800_000,
            3_600_000,
            7_200_000,
            14_400_000,
            21_600_000,
            43_200_000,
            86_400_000u64,
        ];
        let fits = |step: &&u64| self.millis / **step as f64 <= 6.0;
        let days = (self.millis / 86_400_000.0 / 6.0).ceil() as u64 * 86_400_000;
        let step = steps.iter().find(fits).copied().unwrap_or(days.max(1));
        let count = (self.millis / step as f64) as u64;
        (0..=count).map(|number| ((number * step) as f64 / self.millis, number * step)).collect()
    }

    /// The axis with its labels.
    pub(super) fn write(self, out: &mut Html, lang: Lang) {
        raw!(out, "<div class=\"axis\" aria-hidden=\"true\">");
        for (place, millis) in self.ticks() {
            // The last one would stand outside.
            let class = if place > 0.93 { " class=\"last\"" } else { "" };
            raw!(out, "<span{class} style=\"left:{:.2}%\">", place * 100.0);
            out.text(&if millis == 0 { "0".to_owned() } else { words::span(lang, millis) });
            raw!(out, "</span>");
        }
        raw!(out, "</div>");
    }

    fn grid(self, out: &mut Html) {
        raw!(out, "<path class=\"grid\" d=\"");
        for (place, _) in self.ticks() {
            raw!(out, "M{:.1} 0v{HEIGHT}", place * WIDTH);
        }
        raw!(out, "\"/>");
    }
}

/// The section's content.
pub(super) fn write(out: &mut Html, report: &Report, flow: &Flow, lang: Lang) {
    let axis = Axis::of(flow);
    raw!(out, "<p class=\"lead\">");
    let begin = flow.begin.format("%Y-%m-%d %H:%M:%S UTC");
    let span = words::span(lang, axis.millis as u64);
    out.text(&match lang {
        Lang::En => format!("Tank time, {span} from {begin} on."),
        Lang::Vi => format!("Thời gian trong tank: {span}, bắt đầu từ {begin}."),
    });
    raw!(out, "</p><div class=\"timeline\">");
    for lane in &flow.lanes {
        raw!(out, "<div class=\"lane {:?}\"><div class=\"who\"><b>", lane.kind);
        out.text(&name(lane));
        raw!(out, "</b> <small>").text(words::lane(lang, lane.kind));
        let told = tally(lane, lang);
        if !told.is_empty() {
            raw!(out, " · ").text(&told);
        }
        raw!(out, "</small></div>");
        track(out, lane, axis, lang);
        raw!(out, "</div>");
    }
    raw!(out, "<div class=\"lane\"><div class=\"who\"></div>");
    axis.write(out, lang);
    raw!(out, "</div></div>");
    if !report.defects.is_empty() {
        raw!(out, "<p class=\"note\">")
            .text(lang.pick("Defects put into the rows:", "Lỗi được cố ý đưa vào các dòng:"));
        raw!(out, " <code>").text(&report.defects);
        raw!(out, "</code></p>");
    }
    hits(out, report, lang);
}

fn name(lane: &Lane) -> String {
    match lane.kind {
        LaneKind::Input => lane.name.replace("${", "").replace('}', ""),
        _ => lane.name.clone(),
    }
}

/// How often, and how long in all.
fn tally(lane: &Lane, lang: Lang) -> String {
    let count = lane.spans.len() as u64;
    match lane.kind {
        LaneKind::Fault => {
            let note = lane.spans.first().map_or("", |span| span.note.as_str());
            let hits = note.trim_end_matches('+').parse::<u64>().unwrap_or(0);
            let met = match (lang, hits) {
                (Lang::En, 0) => "not met".to_owned(),
                (Lang::En, 1) => "met once".to_owned(),
                (Lang::En, _) => format!("met {} times", words::number(lang, hits)),
                (Lang::Vi, 0) => "không gặp lần nào".to_owned(),
                (Lang::Vi, _) => format!("gặp {} lần", words::number(lang, hits)),
            };
            match note.ends_with('+') && hits > 0 {
                true => format!(
                    "{met} {}",
                    lang.pick("with all of its kind there", "tính cả các sự cố cùng loại ở đó")
                ),
                false => met,
            }
        }
        LaneKind::Deploy | LaneKind::Input => {
            let millis = lane.spans.iter().map(|span| span.until.since(span.from).as_millis() as u64).sum();
            words::span(lang, millis)
        }
        _ => {
            let failed = lane.failed;
            let mut told = format!("{}×", words::number(lang, count));
            if failed > 0 {
                let failed = words::number(lang, failed);
                told.push_str(&match lang {
                    Lang::En => format!(", {failed} failed"),
                    Lang::Vi => format!(", {failed} lần lỗi"),
                });
            }
            told
        }
    }
}

fn track(out: &mut Html, lane: &Lane, axis: Axis, lang: Lang) {
    raw!(
        out,
        "<svg class=\"track\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\""
    );
    let from = lane.spans.first().map_or(axis.begin, |span| span.from);
    let until = lane.spans.iter().map(|span| span.until).max().unwrap_or(axis.begin);
    let since = |at: Timestamp| words::span(lang, at.since(axis.begin).as_millis() as u64);
    let told = format!(
        "{} {}: {} – {}, {}",
        lane.name,
        words::lane(lang, lane.kind),
        since(from),
        since(until),
        tally(lane, lang)
    );
    out.attribute("aria-label", &told);
    raw!(out, ">");
    axis.grid(out);
    match lane.spans.len() {
        0..=SPANS_MAX => lane.spans.iter().for_each(|span| one(out, span, axis, lang)),
        _ => columns(out, &lane.spans, axis),
    }
    raw!(out, "</svg>");
}

fn one(out: &mut Html, span: &Span, axis: Axis, lang: Lang) {
    let (from, until) = (axis.at(span.from) * WIDTH, axis.at(span.until) * WIDTH);
    // What has no length is seen too.
    let width = (until - from).max(3.5);
    let from = from.min(WIDTH - width);
    let class = if span.is_failed { "bad" } else { "good" };
    raw!(
        out,
        "<rect class=\"{class}\" x=\"{from:.1}\" y=\"3\" width=\"{width:.1}\" height=\"{}\" rx=\"1.5\"><title>",
        HEIGHT - 6.0
    );
    let length = span.until.since(span.from).as_millis() as u64;
    let after = words::span(lang, span.from.since(axis.begin).as_millis() as u64);
    out.text(&match length {
        0 => after,
        length => format!("{after} + {}", words::span(lang, length)),
    });
    raw!(out, "</title></rect>");
}

/// Many spans as one curve of how many began in each part of the time.
fn columns(out: &mut Html, spans: &[Span], axis: Axis) {
    let mut counts = vec![(0u64, 0u64); COLUMNS];
    for span in spans {
        let at = ((axis.at(span.from) * COLUMNS as f64) as usize).min(COLUMNS - 1);
        counts[at].0 += 1;
        counts[at].1 += u64::from(span.is_failed);
    }
    let most = counts.iter().map(|(count, _)| *count).max().unwrap_or(1).max(1) as f64;
    let wide = WIDTH / COLUMNS as f64;
    for (class, is_failed) in [("good", false), ("bad", true)] {
        raw!(out, "<path class=\"{class}\" d=\"");
        for (at, (count, failed)) in counts.iter().enumerate() {
            let count = if is_failed { *failed } else { *count };
            if count > 0 {
                // The root lets one be seen beside thousands.
                let high = (count as f64 / most).sqrt() * (HEIGHT - 4.0);
                raw!(out, "M{:.0} {HEIGHT}v-{high:.1}h{wide:.0}v{high:.1}z", at as f64 * wide);
            }
        }
        raw!(out, "\"/>");
    }
}

/// Of a simulation: how often each kind of fault met each service.
fn hits(out: &mut Html, report: &Report, lang: Lang) {
    if report.fault_hits.is_empty() {
        return;
    }
    raw!(out, "<details><summary>")
        .text(lang.pick("How often each fault was met", "Mỗi sự cố xảy ra bao nhiêu lần"));
    raw!(out, "</summary><table><thead><tr>");
    for head in [lang.pick("Fault", "Sự cố"), lang.pick("Service", "Dịch vụ"), lang.pick("Times", "Số lần")]
    {
        raw!(out, "<th scope=\"col\">").text(head);
        raw!(out, "</th>");
    }
    raw!(out, "</tr></thead><tbody>");
    for ((kind, service), count) in &report.fault_hits {
        raw!(out, "<tr>");
        out.element("td", "", kind.name()).element("td", "", service);
        out.element("td", "number", &words::number(lang, *count));
        raw!(out, "</tr>");
    }
    raw!(out, "</tbody></table></details>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let check = |millis: f64, step: u64| {
            let ticks = Axis { begin: Timestamp::TANK_EPOCH, millis }.ticks();
            assert!((2..=7).contains(&ticks.len()), "{millis}: {ticks:?}");
            assert_eq!(ticks[1].1, step, "{millis}");
        };
        check(28_100.0, 5_000);
        check(6_000.0, 1_000);
        check(3_600_000.0, 600_000);
        check(148_229_100.0, 43_200_000);
        check(40.0 * 86_400_000.0, 7 * 86_400_000);
    }
}
