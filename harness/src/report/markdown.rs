//! The report as Markdown, for the summary of a CI step: the verdict first, failures in full, the rest folded away.

use std::fmt::Write as _;

use super::{Lang, Report};
use crate::check::Verdict;

/// Rows shown of an answer.
const ROWS_SHOWN_MAX: usize = 12;

impl Report {
    /// The text, in GitHub's Markdown.
    pub fn to_markdown(&self, lang: Lang) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_markdown(&mut out, lang);
        out
    }

    fn write_markdown(&self, out: &mut String, lang: Lang) -> std::fmt::Result {
        let variant = self.variant.as_ref().map_or_else(String::new, |variant| format!(" ({variant})"));
        let verdict = match self.is_ok() {
            true => lang.pick("✅ all checks hold", "✅ mọi kiểm tra đều đạt"),
            false => lang.pick("❌ a check failed", "❌ có kiểm tra không đạt"),
        };
        writeln!(out, "## {}{variant}: {verdict}\n", cell(&self.scenario))?;
        let ledger = &self.ledger;
        let rejected: u64 = ledger.rejected.values().sum();
        let names = [
            lang.pick("sent", "đã gửi"),
            lang.pick("delivered", "đã đến nơi"),
            lang.pick("rejected", "bị từ chối"),
            "DLQ",
            lang.pick("in flight", "đang trên đường"),
            lang.pick("duplicates", "trùng lặp"),
            lang.pick("lost", "bị mất"),
        ];
        let (sent, lost) = (ledger.generated, ledger.lost());
        let counts =
            [sent, ledger.delivered, rejected, ledger.dlq, ledger.in_flight, ledger.duplicates, lost];
        writeln!(out, "| {} |", names.join(" | "))?;
        writeln!(out, "|{}", "--:|".repeat(names.len()))?;
        writeln!(out, "| {} |\n", counts.map(|count| count.to_string()).join(" | "))?;
        self.write_failures(out, lang)?;
        self.write_rest(out, lang)?;
        writeln!(out, "{} `{}`", lang.pick("Replay:", "Chạy lại:"), self.replay.replace('`', "'"))
    }

    fn write_failures(&self, out: &mut String, lang: Lang) -> std::fmt::Result {
        for finding in self.findings.iter().filter(|finding| finding.is_failed()) {
            writeln!(out, "### ❌ {}: {}\n", cell(&finding.name), cell(lang.say(&finding.detail)))?;
            for example in &finding.examples {
                writeln!(out, "- {}", cell(lang.say(example)))?;
            }
            if let Some(cause) = &finding.cause {
                let heading = lang.pick("Likely cause", "Nguyên nhân có thể");
                writeln!(out, "\n**{heading}:** {}", cell(lang.say(cause)))?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    fn write_rest(&self, out: &mut String, lang: Lang) -> std::fmt::Result {
        let details = lang.pick("Checks, answers, cost", "Kiểm tra, câu trả lời, chi phí");
        writeln!(out, "<details><summary>{details}</summary>\n\n| | | |\n|---|---|---|")?;
        for finding in &self.findings {
            let mark = match finding.verdict {
                Verdict::Passed => "✅",
                Verdict::Failed => "❌",
                Verdict::NotRun => "➖",
            };
            writeln!(out, "| {mark} | {} | {} |", cell(&finding.name), cell(lang.say(&finding.detail)))?;
        }
        for edge in &self.edges {
            writeln!(out, "| {} | {} | {} |", edge.records, cell(&edge.name), lang.ends(edge.ends))?;
        }
        for query in &self.queries {
            let judged = match query.ok {
                Some(true) => "✅",
                Some(false) => "❌",
                None => "➖",
            };
            writeln!(out, "\n**{}** {judged}\n", cell(&query.name))?;
            let not_run = query.not_run.as_ref().map(|why| lang.say(why));
            if let Some(failure) = query.failure.as_deref().or(not_run) {
                writeln!(out, "{}\n", cell(failure))?;
                continue;
            }
            let row = |cells: &mut dyn Iterator<Item = String>| cells.collect::<Vec<_>>().join(" | ");
            writeln!(out, "| {} |", row(&mut query.columns.iter().map(|name| cell(name))))?;
            writeln!(out, "|{}", "---|".repeat(query.columns.len().max(1)))?;
            for values in query.rows.iter().take(ROWS_SHOWN_MAX) {
                let values = &mut values.iter().map(|value| cell(value.as_deref().unwrap_or("null")));
                writeln!(out, "| {} |", row(values))?;
            }
            let more = query.rows.len().saturating_sub(ROWS_SHOWN_MAX);
            if more > 0 {
                writeln!(out, "\n... {more} {}", lang.pick("more", "dòng nữa"))?;
            }
        }
        if self.cost.is_known() {
            let cost = lang.pick("On AWS about", "Trên AWS khoảng");
            writeln!(out, "\n{cost} ${:.4} ({})", self.cost.usd(), self.cost.as_of)?;
        }
        writeln!(out, "\n</details>\n")
    }
}

/// Text that stays one cell of a table, and is read as text.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Finding;
    use wavetank_types::Said;

    #[test]
    fn failures_come_first_and_in_full_and_nothing_breaks_a_table() {
        let mut report =
            Report { scenario: "s".into(), replay: "wavetank run s".into(), ..Report::default() };
        report.findings = vec![
            Finding::new("files", true, Said::new("1 | 2", "1 tệp")),
            Finding::new("conserved", false, Said::new("1 of 2", "1 trên 2"))
                .with_examples([Said::plain("a <b>\nrecord_1")])
                .with_cause(Said::plain("a job")),
        ];
        let text = report.to_markdown(Lang::En);
        let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("no `{part}` in {text}"));
        assert!(at("❌ a check failed") < at("### ❌ conserved: 1 of 2"));
        assert!(at("- a &lt;b> record\\_1") < at("**Likely cause:** a job"));
        assert!(at("**Likely cause:** a job") < at("| ✅ | files | 1 \\| 2 |"));
        assert!(report.to_markdown(Lang::Vi).contains("có kiểm tra không đạt"));
    }
}
