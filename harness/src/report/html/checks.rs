//! The checks: failures first and in full, those that hold folded away.

use super::EXAMPLE_CHARS_MAX;
use super::write::{Html, raw, shortened};
use crate::check::{Finding, Verdict};
use crate::report::{Lang, Report};

/// The section's content.
pub(super) fn write(out: &mut Html, report: &Report, lang: Lang) {
    let of = |verdict: Verdict| report.findings.iter().filter(move |finding| finding.verdict == verdict);
    for finding in of(Verdict::Failed) {
        failure(out, finding, lang);
    }
    let not_run: Vec<&Finding> = of(Verdict::NotRun).collect();
    if !not_run.is_empty() {
        raw!(out, "<h3>").text(lang.pick("Not asked", "Không kiểm tra được"));
        raw!(out, "</h3>");
        list(out, &not_run, "skip", lang);
    }
    let passed: Vec<&Finding> = of(Verdict::Passed).collect();
    if passed.is_empty() {
        return;
    }
    // Where nothing failed the list is what there is to see.
    let is_open = if report.is_ok() && passed.len() <= 20 { " open" } else { "" };
    raw!(out, "<details class=\"passed\"{is_open}><summary>");
    out.text(&match lang {
        Lang::En if passed.len() == 1 => "1 check holds".to_owned(),
        Lang::En => format!("{} checks hold", passed.len()),
        Lang::Vi => format!("{} kiểm tra đạt", passed.len()),
    });
    raw!(out, "</summary>");
    list(out, &passed, "pass", lang);
    raw!(out, "</details>");
}

fn list(out: &mut Html, findings: &[&Finding], class: &'static str, lang: Lang) {
    raw!(out, "<ul class=\"checks\">");
    for finding in findings {
        raw!(out, "<li class=\"{class}\"><b>").text(&finding.name);
        raw!(out, "</b> <span>").text(lang.say(&finding.detail));
        raw!(out, "</span>");
        out.element("small", "", lang.check(&finding.name));
        raw!(out, "</li>");
    }
    raw!(out, "</ul>");
}

fn failure(out: &mut Html, finding: &Finding, lang: Lang) {
    raw!(out, "<details class=\"failure\" open><summary><b>").text(&finding.name);
    raw!(out, "</b> <span>").text(lang.say(&finding.detail));
    raw!(out, "</span>");
    out.element("small", "", lang.check(&finding.name));
    raw!(out, "</summary>");
    if let Some(cause) = &finding.cause {
        raw!(out, "<p class=\"cause\"><b>").text(lang.pick("Likely cause", "Nguyên nhân có thể"));
        raw!(out, "</b> ").text(lang.say(cause));
        raw!(out, "</p>");
    }
    if !finding.examples.is_empty() {
        raw!(out, "<ul class=\"examples\">");
        for example in &finding.examples {
            out.element("li", "", &shortened(lang.say(example), EXAMPLE_CHARS_MAX));
        }
        raw!(out, "</ul>");
    }
    raw!(out, "</details>");
}
