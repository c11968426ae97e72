//! The report as one page: no network, no font or script from elsewhere, the same bytes for the same seed.
//!
//! `write.rs` keeps data from being markup, `words.rs` has numbers and terms in both languages, `layout.rs` and `graph.rs` draw the
//! pipeline; the others are a section each. `page.css` and `page.js` are the page's own; without the script everything can be read.
//! Left out: wall time, which is not the same twice, and everything that nobody measured.

mod checks;
mod curves;
mod graph;
mod layout;
mod ledger;
mod tables;
mod timeline;
mod words;
mod write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::{Lang, Report};
use crate::check::Verdict;
use write::{Html, raw};

/// Letters of an example that are shown.
const EXAMPLE_CHARS_MAX: usize = 400;
/// Things that could not be asked, of which it is told.
const UNKNOWN_MAX: usize = 12;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

impl Report {
    /// The page's text.
    pub fn to_html(&self, lang: Lang) -> String {
        let mut out = Html::default();
        head(&mut out, self, lang);
        banner(&mut out, self, lang);
        let flow = self.flow.as_ref();
        let is_slim = flow.is_some_and(|flow| graph::is_slim(flow, lang));
        raw!(out, "<main id=\"main\">");
        if let Some(flow) = flow {
            raw!(out, "<div class=\"{}\">", if is_slim { "beside" } else { "above" });
            section(&mut out, "pipeline", "Pipeline", |out| graph::write(out, flow, lang));
            raw!(out, "<div class=\"pair\">");
        }
        let checked = |out: &mut Html| {
            section(out, "checks", lang.pick("Checks", "Kiểm tra"), |out| checks::write(out, self, lang));
        };
        // What failed comes first.
        if !self.is_ok() {
            checked(&mut out);
        }
        section(
            &mut out,
            "ledger",
            lang.pick("What became of the records", "Số phận của các bản ghi"),
            |out| {
                ledger::write(out, self, lang);
            },
        );
        if self.is_ok() {
            checked(&mut out);
        }
        if let Some(flow) = flow {
            raw!(out, "</div></div>");
            section(
                &mut out,
                "time",
                lang.pick("What happened when", "Diễn biến theo thời gian"),
                |out| {
                    timeline::write(out, self, flow, lang);
                },
            );
        }
        section(
            &mut out,
            "latency",
            lang.pick("Latency and freshness", "Độ trễ và độ mới"),
            |out| {
                curves::write(out, self, flow, lang);
            },
        );
        if !self.queries.is_empty() {
            let title = format!("{} {}", lang.pick("Answers of", "Câu trả lời của"), self.answered_by);
            section(&mut out, "answers", &title, |out| tables::answers(out, self, lang));
        }
        if let Some(flow) = flow.filter(|flow| !flow.files.is_empty()) {
            section(&mut out, "files", lang.pick("Files by size", "Tệp theo kích thước"), |out| {
                tables::files(out, flow, lang);
            });
        }
        if self.cost.is_known() {
            section(&mut out, "cost", lang.pick("Cost", "Chi phí"), |out| tables::cost(out, self, lang));
        }
        raw!(out, "</main>");
        foot(&mut out, self, lang);
        out.finish()
    }
}

fn section(out: &mut Html, id: &'static str, title: &str, content: impl FnOnce(&mut Html)) {
    raw!(out, "<section id=\"{id}\" aria-labelledby=\"{id}-h\"><h2 id=\"{id}-h\">").text(title);
    raw!(out, "</h2>");
    content(out);
    raw!(out, "</section>\n");
}

/// `... 12 more`, where something was left out.
fn more(out: &mut Html, count: u64, lang: Lang) {
    if count > 0 {
        let count = words::number(lang, count);
        raw!(out, "<p class=\"more\">… ");
        out.text(&match lang {
            Lang::En => format!("{count} more, not shown"),
            Lang::Vi => format!("còn {count} nữa, không hiển thị"),
        });
        raw!(out, "</p>");
    }
}

fn head(out: &mut Html, report: &Report, lang: Lang) {
    let script = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
    raw!(out, "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\n", lang.pick("en", "vi"));
    // Nothing may be fetched; styles are the page's own, and so is its one script.
    raw!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'\">\n"
    );
    raw!(
        out,
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>"
    );
    let verdict =
        if report.is_ok() { lang.pick("holds", "đạt") } else { lang.pick("FAILED", "KHÔNG đạt") };
    out.text(&format!("{} {verdict} · seed {} · wavetank", report.scenario, report.seed));
    raw!(out, "</title>\n<style>\n{STYLE}</style></head>\n<body><a class=\"skip\" href=\"#main\">");
    out.text(lang.pick("Skip to the report", "Đến báo cáo"));
    raw!(out, "</a>\n");
}

/// What ran, whether it holds, and the way around the page.
fn banner(out: &mut Html, report: &Report, lang: Lang) {
    raw!(
        out,
        "<header><div class=\"top\"><span class=\"brand\">wavetank</span><button type=\"button\" id=\"theme\" hidden"
    );
    out.attribute("data-auto", lang.pick("Theme: system", "Giao diện: hệ thống"));
    out.attribute("data-light", lang.pick("Theme: light", "Giao diện: sáng"));
    out.attribute("data-dark", lang.pick("Theme: dark", "Giao diện: tối"));
    raw!(out, "></button></div><h1>").text(&report.scenario);
    if let Some(variant) = &report.variant {
        raw!(out, " <span class=\"variant\">").text(variant);
        raw!(out, "</span>");
    }
    raw!(out, "</h1>");
    if !report.summary.en.is_empty() {
        out.element("p", "summary", lang.say(&report.summary));
    }
    verdict(out, report, lang);
    facts(out, report, lang);
    raw!(out, "<div class=\"replay\"><span>").text(lang.pick("Replay", "Chạy lại"));
    raw!(out, "</span><code id=\"command\" tabindex=\"0\">").text(&report.replay);
    raw!(out, "</code><button type=\"button\" id=\"copy\" hidden");
    out.attribute("data-done", lang.pick("Copied", "Đã chép"));
    raw!(out, ">").text(lang.pick("Copy", "Chép"));
    raw!(out, "</button></div></header>\n");
}

fn verdict(out: &mut Html, report: &Report, lang: Lang) {
    let failed = report.findings.iter().filter(|finding| finding.is_failed()).count();
    let asked = report.findings.iter().filter(|finding| finding.verdict != Verdict::NotRun).count();
    let class = if failed == 0 { "pass" } else { "fail" };
    raw!(out, "<p class=\"verdict {class}\" role=\"status\">");
    out.text(&match (lang, failed) {
        (Lang::En, 0) => format!("✓ All {asked} checks hold"),
        (Lang::Vi, 0) => format!("✓ Cả {asked} kiểm tra đều đạt"),
        (Lang::En, _) => format!("✕ {failed} of {asked} checks failed"),
        (Lang::Vi, _) => format!("✕ {failed} trên {asked} kiểm tra không đạt"),
    });
    raw!(out, "</p>");
}

fn facts(out: &mut Html, report: &Report, lang: Lang) {
    let millis = u64::try_from(report.tank_ms).unwrap_or(u64::MAX);
    let mut facts = vec![
        (lang.pick("Seed", "Seed (hạt giống)"), report.seed.to_string()),
        (lang.pick("Records", "Bản ghi"), words::number(lang, report.rows)),
        (lang.pick("Target", "Target (nơi chạy)"), report.target.clone()),
        (lang.pick("Tank time", "Thời gian trong tank"), words::span(lang, millis)),
    ];
    if report.cost.is_known() {
        facts.push((lang.pick("On AWS about", "Trên AWS khoảng"), words::dollars(lang, report.cost.usd())));
    }
    if let Some(input) = &report.input {
        facts.push((lang.pick("Input", "Đầu vào"), input.clone()));
    }
    if !report.defects.is_empty() {
        facts.push((lang.pick("Defects", "Lỗi cố ý"), report.defects.clone()));
    }
    raw!(out, "<dl class=\"facts\">");
    for (name, value) in facts {
        raw!(out, "<div>");
        out.element("dt", "", name).element("dd", "", &value);
        raw!(out, "</div>");
    }
    raw!(out, "</dl>");
}

fn foot(out: &mut Html, report: &Report, lang: Lang) {
    raw!(out, "<footer>");
    for note in &report.notes {
        out.element("p", "note", lang.say(note));
    }
    raw!(out, "<p class=\"note\">");
    out.text(lang.pick(
        "Written by wavetank. The page loads nothing and sends nothing; the same seed writes the same bytes.",
        "Do wavetank tạo. Trang không tải và không gửi gì; cùng một seed cho ra cùng từng byte.",
    ));
    raw!(out, "</p></footer>\n<script>{SCRIPT}</script></body></html>\n");
}

#[cfg(test)]
mod tests {
    use wavetank_types::{Anomaly, Said, Timestamp};

    use super::*;
    use crate::check::Finding;
    use crate::flow::{Count, Edge, Files, Flow, Kind, Lane, LaneKind, Node, Span, Unit};
    use crate::report::QueryReport;

    const HOSTILE: &str = "<script>alert(1)</script>'\"><img src=x onerror=y>";

    fn node(kind: Kind, name: &str) -> Node {
        Node { kind, name: name.into(), prefixes: vec![name.into()], counts: Vec::new(), failed: Vec::new() }
    }

    /// Everything that comes from data says something hostile, very often.
    fn hostile() -> Report {
        let begin = Timestamp::TANK_EPOCH;
        let span = Span { from: begin, until: begin, is_failed: false, note: HOSTILE.into() };
        let count = Count::new(1_000_000, Unit::Delivered, HOSTILE);
        let edge = Edge { from: 0, to: 1, counts: vec![count], is_seen: true, failed: vec![HOSTILE.into()] };
        let lane =
            Lane { kind: LaneKind::Function, name: HOSTILE.into(), spans: vec![span; 100_000], failed: 1 };
        let flow = Flow {
            begin,
            end: Timestamp::from_secs(begin.secs() + 60),
            nodes: vec![node(Kind::Job, HOSTILE), node(Kind::Objects, HOSTILE)],
            edges: vec![edge],
            lanes: vec![lane],
            files: vec![Files { place: HOSTILE.into(), sizes: (0..100_000).collect() }],
            apart: vec![HOSTILE.into()],
            unknown: vec![HOSTILE.into(); 1_000],
            ..Flow::default()
        };
        let row = vec![Some(HOSTILE.repeat(5)); 20];
        let query = QueryReport {
            name: HOSTILE.into(),
            columns: vec![HOSTILE.into(); 20],
            rows: vec![row; 20],
            ok: Some(false),
            failure: Some(HOSTILE.into()),
            not_run: None,
        };
        let mut report = Report {
            scenario: HOSTILE.into(),
            replay: HOSTILE.into(),
            defects: HOSTILE.into(),
            variant: Some(HOSTILE.into()),
            notes: vec![Said::plain(HOSTILE)],
            summary: Said::plain(HOSTILE),
            findings: vec![
                Finding::new(HOSTILE, false, Said::plain(HOSTILE)).with_examples([Said::plain(HOSTILE)]),
            ],
            queries: vec![query; 60],
            flow: Some(flow),
            ..Report::default()
        };
        report.ledger.generated = 1_000_000;
        report.ledger.rejected = (0..10_000).map(|number| (format!("{number}{HOSTILE}"), number)).collect();
        let examples = report.ledger.anomalies.entry(Anomaly::Lost).or_default();
        (examples.count, examples.first) = (999_993, vec![Said::plain(HOSTILE); 10]);
        report
    }

    #[test]
    fn nothing_that_comes_from_data_is_markup() {
        for lang in [Lang::En, Lang::Vi] {
            let page = hostile().to_html(lang);
            assert_eq!(page.matches("<script>").count(), 1, "the page's own");
            assert!(!page.contains("<img") && !page.contains("alert(1)<"), "{lang:?}");
            assert!(!page.contains("http://") && !page.contains("https://"), "nothing is elsewhere");
        }
    }

    #[test]
    fn a_million_records_and_ten_thousands_of_everything_are_a_page_of_bounded_size() {
        let page = hostile().to_html(Lang::En);
        assert!(page.len() < 500_000, "{}", page.len());
        assert!(page.contains("more, not shown"));
    }
}
