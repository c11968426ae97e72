//! Answers of queries, files by size, cost by what is charged: tables, each cut where a reader has seen enough.

use std::collections::BTreeMap;

use super::words;
use super::write::{Html, raw, shortened};
use crate::cost;
use crate::flow::Flow;
use crate::report::{Lang, QueryReport, Report};

/// Rows shown of an answer, and columns.
const ROWS_MAX: usize = 12;
const COLUMNS_MAX: usize = 14;
const CELL_CHARS_MAX: usize = 120;
/// Answers that are shown; the rest is named.
const QUERIES_MAX: usize = 40;
/// Bytes of all answers together.
const ANSWERS_BYTES_MAX: usize = 160_000;

/// Answers.
pub(super) fn answers(out: &mut Html, report: &Report, lang: Lang) {
    let begin = out.len();
    // What is wrong comes first and open.
    let mut queries: Vec<&QueryReport> = report.queries.iter().collect();
    queries.sort_by_key(|query| query.ok != Some(false));
    for (number, query) in queries.iter().enumerate() {
        if number >= QUERIES_MAX || out.len() - begin > ANSWERS_BYTES_MAX {
            return super::more(out, (queries.len() - number) as u64, lang);
        }
        answer(out, query, lang);
    }
}

fn answer(out: &mut Html, query: &QueryReport, lang: Lang) {
    let (class, judged) = match query.ok {
        Some(true) => ("pass", lang.pick("right", "đúng")),
        Some(false) => ("fail", lang.pick("WRONG", "SAI")),
        None if query.not_run.is_some() => ("skip", lang.pick("not run", "không chạy")),
        None => ("skip", lang.pick("not compared", "không so sánh")),
    };
    let is_open = if query.ok == Some(false) { " open" } else { "" };
    raw!(out, "<details class=\"answer\"{is_open}><summary><span class=\"tag {class}\">").text(judged);
    raw!(out, "</span> <b>").text(&query.name);
    raw!(out, "</b> <small>");
    let rows = words::number(lang, query.rows.len() as u64);
    out.text(&match lang {
        Lang::En if query.rows.len() == 1 => "1 row".to_owned(),
        Lang::En => format!("{rows} rows"),
        Lang::Vi => format!("{rows} dòng"),
    });
    raw!(out, "</small></summary>");
    let not_run = query.not_run.as_ref().map(|why| lang.say(why));
    if let Some(failure) = query.failure.as_deref().or(not_run) {
        out.element("p", "cause", failure);
    }
    if !query.columns.is_empty() {
        raw!(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\"")
            .attribute("aria-label", &query.name);
        raw!(out, "><table><thead><tr>");
        for column in query.columns.iter().take(COLUMNS_MAX) {
            raw!(out, "<th scope=\"col\">").text(column);
            raw!(out, "</th>");
        }
        raw!(out, "</tr></thead><tbody>");
        for row in query.rows.iter().take(ROWS_MAX) {
            raw!(out, "<tr>");
            row.iter().take(COLUMNS_MAX).for_each(|cell| write_cell(out, cell.as_deref()));
            raw!(out, "</tr>");
        }
        raw!(out, "</tbody></table></div>");
    }
    super::more(out, query.rows.len().saturating_sub(ROWS_MAX) as u64, lang);
    raw!(out, "</details>");
}

fn write_cell(out: &mut Html, cell: Option<&str>) {
    match cell {
        None => out.element("td", "none", "null"),
        Some(text) => {
            let class = if text.parse::<f64>().is_ok() { "number" } else { "" };
            out.element("td", class, &shortened(text, CELL_CHARS_MAX))
        }
    };
}

/// Files of each place by size: each column is ten times the one before.
pub(super) fn files(out: &mut Html, flow: &Flow, lang: Lang) {
    const CLASSES: [(u64, &str); 8] = [
        (1_000, "< 1 kB"),
        (10_000, "< 10 kB"),
        (100_000, "< 100 kB"),
        (1_000_000, "< 1 MB"),
        (10_000_000, "< 10 MB"),
        (100_000_000, "< 100 MB"),
        (1_000_000_000, "< 1 GB"),
        (u64::MAX, "≥ 1 GB"),
    ];
    let class_of =
        |size: u64| CLASSES.iter().position(|(bound, _)| size < *bound).unwrap_or(CLASSES.len() - 1);
    let counted: Vec<BTreeMap<usize, u64>> = flow
        .files
        .iter()
        .map(|files| {
            let mut counts = BTreeMap::new();
            files.sizes.iter().for_each(|size| *counts.entry(class_of(*size)).or_default() += 1);
            counts
        })
        .collect();
    let used = |edge: fn(&BTreeMap<usize, u64>) -> Option<usize>| counted.iter().filter_map(edge);
    let first = used(|counts| counts.keys().next().copied()).min().unwrap_or(0);
    let last = used(|counts| counts.keys().next_back().copied()).max().unwrap_or(0);
    let most = counted.iter().flat_map(BTreeMap::values).copied().max().unwrap_or(1);
    raw!(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"files-h\">");
    raw!(out, "<table class=\"files\"><thead><tr><th scope=\"col\">");
    out.text(lang.pick("Place", "Vị trí"));
    raw!(out, "</th>");
    for head in
        [lang.pick("Files", "Số tệp"), lang.pick("Bytes", "Dung lượng"), lang.pick("Median", "Trung vị")]
    {
        raw!(out, "<th scope=\"col\" class=\"number\">").text(head);
        raw!(out, "</th>");
    }
    for (_, name) in &CLASSES[first..=last] {
        raw!(out, "<th scope=\"col\" class=\"class\">").text(name);
        raw!(out, "</th>");
    }
    raw!(out, "</tr></thead><tbody>");
    for (files, counts) in flow.files.iter().zip(&counted) {
        raw!(out, "<tr><th scope=\"row\">").text(&shortened(&files.place, 60));
        raw!(out, "</th>");
        let median = files.sizes.get(files.sizes.len() / 2).copied().unwrap_or(0);
        out.element("td", "number", &words::number(lang, files.sizes.len() as u64));
        out.element("td", "number", &words::bytes(lang, files.sizes.iter().sum()));
        out.element("td", "number", &words::bytes(lang, median));
        for class in first..=last {
            let count = counts.get(&class).copied().unwrap_or(0);
            raw!(out, "<td class=\"class\">");
            if count > 0 {
                let high = 4.0 + 18.0 * (count as f64 / most as f64).sqrt();
                raw!(out, "<i style=\"height:{high:.0}px\"></i>").text(&words::number(lang, count));
            }
            raw!(out, "</td>");
        }
        raw!(out, "</tr>");
    }
    raw!(out, "</tbody></table></div>");
}

/// Whose an item of the price list is, by the beginning of its name.
fn service_of(item: &str) -> &str {
    let known = [
        ("s3_", "S3"),
        ("lambda_", "Lambda"),
        ("glue_", "Glue"),
        ("crawler_", "Glue"),
        ("athena_", "Athena"),
        ("logs_", "CloudWatch Logs"),
        ("dynamodb_", "DynamoDB"),
        ("kinesis_", "Kinesis"),
        ("firehose_", "Firehose"),
        ("scheduler_", "EventBridge Scheduler"),
        ("events_", "EventBridge"),
        ("sqs_", "SQS"),
        ("sns_", "SNS"),
        ("rds_", "RDS"),
        ("mwaa_", "MWAA"),
    ];
    known.iter().find(|(begin, _)| item.starts_with(begin)).map_or(item, |(_, service)| service)
}

/// What it would have cost on AWS.
pub(super) fn cost(out: &mut Html, report: &Report, lang: Lang) {
    let cost = &report.cost;
    raw!(out, "<p class=\"lead\"><b>").text(&words::dollars(lang, cost.usd()));
    raw!(out, "</b> ");
    let as_of = &cost.as_of;
    out.text(&match lang {
        Lang::En => format!("on AWS, at the prices of {as_of}."),
        Lang::Vi => format!("trên AWS, theo giá ngày {as_of}."),
    });
    raw!(out, "</p><table class=\"cost\"><thead><tr>");
    for head in [lang.pick("Charged", "Khoản"), lang.pick("Quantity", "Số lượng"), "USD", ""] {
        raw!(out, "<th scope=\"col\">").text(head);
        raw!(out, "</th>");
    }
    raw!(out, "</tr></thead><tbody>");
    let mut services: BTreeMap<&str, Vec<&cost::Item>> = BTreeMap::new();
    for item in cost.items.iter().filter(|item| item.quantity > 0.0) {
        services.entry(service_of(&item.name)).or_default().push(item);
    }
    let sum = |items: &[&cost::Item]| items.iter().map(|item| item.usd).sum::<f64>();
    let most = services.values().map(|items| sum(items)).fold(1e-9, f64::max);
    let mut services: Vec<_> = services.into_iter().collect();
    services.sort_by(|a, b| sum(&b.1).total_cmp(&sum(&a.1)));
    for (service, mut items) in services {
        raw!(out, "<tr><th scope=\"rowgroup\"><b>").text(service);
        raw!(out, "</b></th><td></td><td class=\"number\"><b>").text(&words::dollars(lang, sum(&items)));
        raw!(
            out,
            "</b></td><td class=\"of\"><i style=\"width:{:.1}%\"></i></td></tr>",
            sum(&items) / most * 100.0
        );
        items.sort_by(|a, b| b.usd.total_cmp(&a.usd));
        for item in items {
            raw!(out, "<tr class=\"item\"><th scope=\"row\"><code>").text(&item.name);
            raw!(out, "</code></th>");
            let decimals = if item.quantity == item.quantity.round() { 0 } else { 6 };
            out.element("td", "number", &words::decimal(lang, item.quantity, decimals));
            out.element("td", "number", &words::dollars(lang, item.usd));
            raw!(out, "<td></td></tr>");
        }
    }
    raw!(out, "</tbody></table><p class=\"note\">");
    let unpriced: String = cost.unpriced.iter().map(|name| format!(", {name}")).collect();
    let without = lang.pick(cost::WITHOUT.0, cost::WITHOUT.1);
    out.text(&format!("{}: {without}{unpriced}", lang.pick("Not in it", "Không gồm")));
    raw!(out, "</p>");
}
