//! The report as text: readable without colour, the same bytes for the same seed.

use std::fmt::Write as _;

use super::words::Lang;
use super::{QueryReport, Report};
use crate::cost;

/// Rows shown of an answer; JSON has them all.
const ROWS_SHOWN_MAX: usize = 12;

impl Report {
    /// The whole report. Wall time is not in it: it is not the same twice.
    pub fn to_text(&self, lang: Lang) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut out, lang);
        out
    }

    fn write(&self, out: &mut String, lang: Lang) -> std::fmt::Result {
        write!(out, "{}", self.scenario)?;
        if let Some(variant) = &self.variant {
            write!(out, " ({variant})")?;
        }
        let rows = lang.pick("rows", "dòng");
        writeln!(out, "   seed {}   {} {rows}   {}\n", self.seed, self.rows, self.target)?;
        for note in &self.notes {
            writeln!(out, "{}\n", lang.say(note))?;
        }
        self.write_ledger(out, lang)?;
        self.write_edges(out, lang)?;
        self.write_findings(out, lang)?;
        if !self.queries.is_empty() {
            writeln!(out, "\n{} {}", lang.pick("Answers of", "Câu trả lời của"), self.answered_by)?;
        }
        for query in &self.queries {
            write_query(out, query, lang)?;
        }
        if self.cost.is_known() {
            self.write_cost(out, lang)?;
        }
        let tank_time = lang.pick("tank time", "thời gian trong tank");
        writeln!(out, "{tank_time} {}", span(self.tank_ms, lang))?;
        // A simulated run's has no command of its own (`sim/`).
        if !self.replay.is_empty() {
            writeln!(out, "{}: {}", lang.pick("replay", "chạy lại"), self.replay)?;
        }
        let result = if self.is_ok() {
            lang.pick("all checks hold", "mọi kiểm tra đều đạt")
        } else {
            lang.pick("a check FAILED", "có kiểm tra KHÔNG đạt")
        };
        writeln!(out, "{result}")
    }

    fn write_cost(&self, out: &mut String, lang: Lang) -> std::fmt::Result {
        let cost_on_aws = lang.pick("on AWS about", "trên AWS khoảng");
        let prices_of = lang.pick("prices of", "giá ngày");
        writeln!(out, "\n{cost_on_aws} ${:.4} ({prices_of} {})", self.cost.usd(), self.cost.as_of)?;
        for item in self.cost.items.iter().filter(|item| item.usd >= 0.00005) {
            writeln!(out, "  {:<22} {:>12.6}  ${:.4}", item.name, item.quantity, item.usd)?;
        }
        let without = lang.pick(cost::WITHOUT.0, cost::WITHOUT.1);
        let unpriced = self.cost.unpriced.iter().map(|name| format!(", {name}")).collect::<String>();
        writeln!(out, "  {}: {without}{unpriced}", lang.pick("not in it", "không gồm"))
    }

    fn write_ledger(&self, out: &mut String, lang: Lang) -> std::fmt::Result {
        let ledger = &self.ledger;
        let rejected: u64 = ledger.rejected.values().sum();
        let lines = [
            (lang.pick("sent", "đã gửi"), ledger.generated),
            (lang.pick("delivered", "đã đến nơi"), ledger.delivered),
            (lang.pick("rejected", "bị từ chối"), rejected),
            (lang.pick("dead-letter queue", "hàng đợi lỗi (DLQ)"), ledger.dlq),
            (lang.pick("expired", "hết hạn"), ledger.expired),
            (lang.pick("in flight", "đang trên đường"), ledger.in_flight),
            (lang.pick("duplicates", "trùng lặp"), ledger.duplicates),
        ];
        writeln!(out, "{}", lang.pick("What became of the rows", "Số phận của các dòng"))?;
        for (name, count) in lines {
            writeln!(out, "  {} {count:>9}", padded(name, 20))?;
        }
        for (reason, count) in &ledger.rejected {
            writeln!(out, "    {} {count:>7}  {}", padded(reason, 20), lang.reason(reason))?;
        }
        for (anomaly, examples) in &ledger.anomalies {
            writeln!(
                out,
                "  ! {} {:>7}  {}",
                padded(&anomaly.to_string(), 20),
                examples.count,
                lang.anomaly(*anomaly)
            )?;
        }
        Ok(())
    }

    /// What each place of a pipeline of one's own holds.
    fn write_edges(&self, out: &mut String, lang: Lang) -> std::fmt::Result {
        if self.edges.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{}", lang.pick("Where they were seen", "Được thấy ở đâu"))?;
        for edge in &self.edges {
            let distinct = lang.pick("different", "khác nhau");
            let (name, ends, records) =
                (padded(&edge.name, 20), padded(lang.ends(edge.ends), 18), edge.records);
            write!(out, "  {name} {ends} {records:>9}  {} {distinct}", edge.distinct)?;
            match edge.unreadable {
                0 => writeln!(out)?,
                count => writeln!(out, ", {count} {}", lang.pick("cannot be read", "không đọc được"))?,
            }
        }
        Ok(())
    }

    fn write_findings(&self, out: &mut String, lang: Lang) -> std::fmt::Result {
        writeln!(out, "\n{}", lang.pick("Checks", "Kiểm tra"))?;
        for finding in &self.findings {
            let verdict = padded(lang.verdict(finding.verdict), 4);
            writeln!(out, "  {verdict}  {} {}", padded(&finding.name, 10), lang.say(&finding.detail))?;
            if finding.is_failed() {
                writeln!(out, "        {}", lang.check(&finding.name))?;
            }
            for example in &finding.examples {
                writeln!(out, "        - {}", lang.say(example))?;
            }
            if let Some(cause) = &finding.cause {
                let heading = lang.pick("likely cause", "nguyên nhân có thể");
                writeln!(out, "        {heading}: {}", lang.say(cause))?;
            }
        }
        Ok(())
    }
}

fn write_query(out: &mut String, query: &QueryReport, lang: Lang) -> std::fmt::Result {
    let judged = match query.ok {
        Some(true) => lang.pick("right", "đúng"),
        Some(false) => lang.pick("WRONG", "SAI"),
        None if query.not_run.is_some() => lang.pick("not run", "không chạy"),
        None => lang.pick("not compared", "không so sánh"),
    };
    writeln!(out, "  {} ({judged})", query.name)?;
    if let Some(why) = &query.not_run {
        return writeln!(out, "    {}", lang.say(why));
    }
    if let Some(failure) = &query.failure {
        return writeln!(out, "    {failure}");
    }
    let shown = &query.rows[..query.rows.len().min(ROWS_SHOWN_MAX)];
    let cell = |row: &[Option<String>], at: usize| {
        row.get(at).cloned().flatten().unwrap_or_else(|| "null".to_owned())
    };
    let width = |at: usize| {
        let cells = shown.iter().map(|row| cell(row, at).chars().count());
        cells.chain([query.columns[at].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..query.columns.len()).map(width).collect();
    let line = |cells: Vec<String>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| padded(cell, *width));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    writeln!(out, "    {}", line(query.columns.clone()))?;
    for row in shown {
        writeln!(out, "    {}", line((0..widths.len()).map(|at| cell(row, at)).collect()))?;
    }
    match query.rows.len().saturating_sub(ROWS_SHOWN_MAX) {
        0 => Ok(()),
        more => writeln!(out, "    ... {more} {}", lang.pick("more", "dòng nữa")),
    }
}

/// Such as `1 d 17 h 10 min 29.1 s`, from the first unit that counts.
fn span(millis: u128, lang: Lang) -> String {
    let seconds = (millis % 60_000) as f64 / 1_000.0;
    let minutes = millis / 60_000;
    let units = [
        (minutes / 1_440, lang.pick("d", "ngày")),
        (minutes / 60 % 24, lang.pick("h", "giờ")),
        (minutes % 60, lang.pick("min", "phút")),
    ];
    let counted = units.iter().skip_while(|(count, _)| *count == 0);
    let mut text: String = counted.map(|(count, unit)| format!("{count} {unit} ")).collect();
    text.push_str(&format!("{seconds:.1} {}", lang.pick("s", "giây")));
    text
}

/// Pads by characters, not bytes: Vietnamese letters are wider in UTF-8 than on the screen.
fn padded(text: &str, width: usize) -> String {
    let gap = width.saturating_sub(text.chars().count());
    format!("{text}{}", " ".repeat(gap))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Finding;
    use expect_test::expect;
    use wavetank_types::Said;

    #[test]
    fn a_span_begins_with_the_first_unit_that_counts() {
        let check = |millis: u128, en: &str, vi: &str| {
            assert_eq!((span(millis, Lang::En).as_str(), span(millis, Lang::Vi).as_str()), (en, vi));
        };
        check(0, "0.0 s", "0.0 giây");
        check(28_000, "28.0 s", "28.0 giây");
        check(148_229_100, "1 d 17 h 10 min 29.1 s", "1 ngày 17 giờ 10 phút 29.1 giây");
        check(3_600_000, "1 h 0 min 0.0 s", "1 giờ 0 phút 0.0 giây");
    }

    #[test]
    fn a_failing_report_says_what_where_why_and_how_to_replay() {
        let mut report =
            Report { scenario: "s".into(), target: "embedded".into(), rows: 2, ..Report::default() };
        report.replay = "wavetank run s --seed 0".to_owned();
        report.ledger.generated = 2;
        report.cost.as_of = "2026-11-20".to_owned();
        report.findings = vec![
            Finding::new("conserved", false, Said::new("1 of 2", "1 trên 2"))
                .with_examples([Said::plain("record 1: lost")])
                .with_cause(Said::plain("a job")),
            Finding::not_run("oracle", Said::plain("no truth")),
        ];
        let row = vec![Some("VND".to_owned()), None];
        report.queries = vec![QueryReport {
            name: "q".into(),
            columns: vec!["currency".into(), "n".into()],
            rows: vec![row],
            ok: Some(false),
            failure: None,
            not_run: None,
        }];
        expect![[r#"
            s   seed 0   2 rows   embedded

            What became of the rows
              sent                         2
              delivered                    0
              rejected                     0
              dead-letter queue            0
              expired                      0
              in flight                    0
              duplicates                   0

            Checks
              FAIL  conserved  1 of 2
                    every row accounted for once
                    - record 1: lost
                    likely cause: a job
              ----  oracle     no truth

            Answers of Athena
              q (WRONG)
                currency  n
                VND       null

            on AWS about $0.0000 (prices of 2026-11-20)
              not in it: storage in S3, data transfer, metrics and alarms, secrets, requests that services make of each other
            tank time 0.0 s
            replay: wavetank run s --seed 0
            a check FAILED
        "#]]
        .assert_eq(&report.to_text(Lang::En));
        let vietnamese = report.to_text(Lang::Vi);
        assert!(vietnamese.contains("có kiểm tra KHÔNG đạt") && vietnamese.contains("1 trên 2"));
    }
}
