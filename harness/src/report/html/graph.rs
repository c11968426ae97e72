//! The pipeline as a picture, and as a table with where each number comes from.

use std::collections::BTreeSet;

use super::layout::{Line, Picture, Point, Size, lay_out};
use super::words;
use super::write::{Html, raw, shortened};
use crate::flow::{Count, Edge, Flow, Kind, Node, Unit};
use crate::report::Lang;

/// The widest picture that stands from left to right, in pixels. A wider one goes from top to bottom.
const WIDE_MAX: f64 = 1_060.0;
/// The widest picture beside which there is room for more.
const BESIDE_MAX: f64 = 560.0;
const NAME_CHARS_MAX: usize = 27;
const NODE_WIDTH_MIN: f64 = 118.0;
/// Around a picture, for shadows and arrows.
const MARGIN: f64 = 6.0;
/// Pixels of the large and of the small letters.
const LARGE: f64 = 12.5;
const SMALL: f64 = 11.5;

/// What stands in a node or beside an edge: lines, each with its class.
type Lines = Vec<(String, &'static str)>;

/// Whether there is room for something beside the picture.
pub(super) fn is_slim(flow: &Flow, lang: Lang) -> bool {
    let down = picture(flow, lang, false);
    down.size.across <= BESIDE_MAX && picture(flow, lang, true).size.along > WIDE_MAX
}

/// The section's content.
pub(super) fn write(out: &mut Html, flow: &Flow, lang: Lang) {
    let wide = picture(flow, lang, true);
    let has_two = wide.size.along <= WIDE_MAX;
    if has_two {
        raw!(out, "<div class=\"graph from-left\">");
        draw(out, flow, lang, &wide, true);
        raw!(out, "</div>");
    }
    let class = if has_two { " slim-only" } else { "" };
    raw!(out, "<div class=\"graph{class}\" tabindex=\"0\" role=\"region\"");
    out.attribute("aria-label", lang.pick("The pipeline, scrollable", "Pipeline, cuộn được"));
    raw!(out, ">");
    draw(out, flow, lang, &picture(flow, lang, false), false);
    raw!(out, "</div>");
    legend(out, flow, lang);
    table(out, flow, &wide, lang);
}

fn picture(flow: &Flow, lang: Lang, is_from_left: bool) -> Picture {
    let turn = |width: f64, height: f64| match is_from_left {
        true => Size { across: height, along: width },
        false => Size { across: width, along: height },
    };
    let sizes: Vec<Size> = (0..flow.nodes.len())
        .map(|at| {
            let lines = node_lines(flow, at, lang);
            turn(width_of(&lines).max(NODE_WIDTH_MIN) + 28.0, 12.0 + 15.5 * lines.len() as f64)
        })
        .collect();
    let lines: Vec<Line> = flow
        .edges
        .iter()
        .map(|edge| {
            let lines = edge_lines(edge, lang);
            let label = match lines.len() {
                0 => Size { across: 10.0, along: 8.0 },
                count => turn(width_of(&lines) + 8.0, 14.0 * count as f64 + 2.0),
            };
            Line { from: edge.from, to: edge.to, label }
        })
        .collect();
    lay_out(&sizes, &lines)
}

/// How wide text will be, by its letters: a guess on the wide side, since nobody knows the reader's font.
fn width_of(lines: &Lines) -> f64 {
    let width = |(text, class): &(String, &str)| {
        let (pixels, usual) = if matches!(*class, "name" | "first") { (LARGE, 0.68) } else { (SMALL, 0.61) };
        let of = |c: char| match c {
            'i' | 'l' | 'j' | '.' | ',' | ':' | ' ' | '/' | '\'' | '|' | 'I' => 0.36,
            'f' | 't' | 'r' | '-' | '(' | ')' => 0.44,
            'm' | 'w' | 'M' | 'W' => 0.98,
            c if c.is_uppercase() || c == '…' => usual + 0.12,
            _ => usual,
        };
        text.chars().map(of).sum::<f64>() * pixels
    };
    lines.iter().map(width).fold(0.0, f64::max)
}

/// A name without the account that it ends with, or without what CloudFormation has added to make it the only one of its kind: the
/// whole name is in the node's title.
fn plain_name(name: &str) -> &str {
    let is_added = |tail: &str| {
        (12..=13).contains(&tail.len())
            && tail.bytes().any(|byte| byte.is_ascii_digit())
            && (tail.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
                || tail.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()))
    };
    match name.rsplit_once('-') {
        Some((head, tail)) if is_added(tail) => head,
        _ => name,
    }
}

/// What a node is, its name, and what was counted of it that no edge says.
fn node_lines(flow: &Flow, at: usize, lang: Lang) -> Lines {
    let node = &flow.nodes[at];
    let mut lines = Vec::new();
    match node.kind {
        Kind::Objects => {
            lines.push((format!("S3 · {}", shortened(plain_name(&node.name), NAME_CHARS_MAX)), "kind"));
            lines.push((shortened(&prefixes(node), NAME_CHARS_MAX), "name"));
        }
        Kind::Answers => lines.push((words::kind(lang, node.kind).to_owned(), "name")),
        kind => {
            lines.push((words::kind(lang, kind).to_owned(), "kind"));
            lines.push((shortened(plain_name(&node.name), NAME_CHARS_MAX), "name"));
        }
    }
    let is_told = |count: &&Count| {
        let around = flow.edges.iter().filter(|edge| edge.to == at || (edge.from == at && is_sender(node)));
        around
            .flat_map(|edge| &edge.counts)
            .any(|told| told.number == count.number && told.unit == count.unit)
    };
    let told: Vec<String> = node
        .counts
        .iter()
        .filter(|count| !is_told(count) && count.unit != Unit::Errors)
        .take(2)
        .map(|count| words::count(lang, count))
        .collect();
    if !told.is_empty() {
        lines.push((told.join(" · "), "count"));
    }
    for count in node.counts.iter().filter(|count| count.unit == Unit::Errors) {
        lines.push((words::count(lang, count), "bad"));
    }
    for failed in &node.failed {
        lines.push((format!("✕ {failed}"), "bad"));
    }
    lines
}

fn is_sender(node: &Node) -> bool {
    node.kind == Kind::Producer
}

fn prefixes(node: &Node) -> String {
    let shown = |prefix: &String| if prefix.is_empty() { "/".to_owned() } else { prefix.clone() };
    node.prefixes.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// The counts of an edge: the first on a line of its own, two more below it, and the checks that fail.
fn edge_lines(edge: &Edge, lang: Lang) -> Lines {
    let mut lines = Vec::new();
    let mut counts: Vec<&Count> = Vec::new();
    for count in &edge.counts {
        // The same number of the same thing, once.
        let is_same = |known: &&Count| {
            known.number == count.number
                && (known.unit == count.unit || matches!(count.unit, Unit::Records | Unit::Passed))
        };
        if !counts.iter().any(is_same) {
            counts.push(count);
        }
    }
    if let Some((first, rest)) = counts.split_first() {
        lines.push((words::count(lang, first), "first"));
        let rest: Vec<String> = rest.iter().take(2).map(|count| words::count(lang, count)).collect();
        if !rest.is_empty() {
            lines.push((rest.join(" · "), "rest"));
        }
    }
    for failed in &edge.failed {
        lines.push((format!("✕ {failed}"), "bad"));
    }
    lines
}

fn draw(out: &mut Html, flow: &Flow, lang: Lang, picture: &Picture, is_from_left: bool) {
    let turned = |(across, along): Point| if is_from_left { (along, across) } else { (across, along) };
    let (width, height) = turned((picture.size.across, picture.size.along));
    let (width, height) = (width + 2.0 * MARGIN, height + 2.0 * MARGIN);
    let id = if is_from_left { "wide" } else { "tall" };
    raw!(
        out,
        "<svg width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"{:.0} {:.0} {width:.0} {height:.0}\"",
        -MARGIN,
        -MARGIN
    );
    raw!(
        out,
        " style=\"--natural:{width:.0}px\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\"><title id=\"{id}-title\">"
    );
    out.text(lang.pick("The pipeline with counts on its edges", "Pipeline với số lượng trên từng cạnh"));
    raw!(out, "</title><desc id=\"{id}-desc\">");
    for edge in in_order(flow, picture) {
        let told: Vec<String> = edge_lines(edge, lang).into_iter().map(|(text, _)| text).collect();
        out.text(&format!(
            "{} → {}: {}. ",
            called(&flow.nodes[edge.from]),
            called(&flow.nodes[edge.to]),
            told.join(", ")
        ));
    }
    raw!(out, "</desc><defs>");
    for class in ["plain", "bad"] {
        raw!(
            out,
            "<marker id=\"{id}-{class}\" class=\"{class}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 .5 8 4 0 7.5z\"/></marker>"
        );
    }
    raw!(out, "</defs>");
    for (edge, way) in flow.edges.iter().zip(&picture.ways) {
        let way: Vec<Point> = way.iter().map(|point| turned(*point)).collect();
        line(out, edge, &way, id, is_from_left);
    }
    for (edge, at) in flow.edges.iter().zip(&picture.labels) {
        label(out, &edge_lines(edge, lang), turned(*at));
    }
    for (at, node) in flow.nodes.iter().enumerate() {
        let lines = node_lines(flow, at, lang);
        let wide = width_of(&lines).max(NODE_WIDTH_MIN) + 28.0;
        box_of(out, node, &lines, turned(picture.nodes[at]), wide);
    }
    raw!(out, "</svg>");
}

/// A node by its name alone.
fn called(node: &Node) -> String {
    match node.kind {
        Kind::Objects => format!("{}/{}", node.name, node.prefixes.join(", ")),
        _ => node.name.clone(),
    }
}

fn line(out: &mut Html, edge: &Edge, way: &[Point], id: &str, is_from_left: bool) {
    let Some(first) = way.first() else { return };
    let class = match edge.failed.is_empty() {
        false => "bad",
        true if edge.is_seen => "plain",
        true => "plain unknown",
    };
    let marker = if edge.failed.is_empty() { "plain" } else { "bad" };
    let most = edge.counts.first().map_or(0, |count| count.number);
    // A hundred times as much is one pixel more.
    let thick = 1.2 + (most.max(1) as f64).log10() * 0.45;
    raw!(
        out,
        "<path class=\"way {class}\" stroke-width=\"{thick:.1}\" marker-end=\"url(#{id}-{marker})\" d=\"M{:.1} {:.1}",
        first.0,
        first.1
    );
    for pair in way.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        if (x0 - x1).abs() < 0.05 || (y0 - y1).abs() < 0.05 {
            raw!(out, "L{x1:.1} {y1:.1}");
        } else if is_from_left {
            let middle = (x0 + x1) / 2.0;
            raw!(out, "C{middle:.1} {y0:.1} {middle:.1} {y1:.1} {x1:.1} {y1:.1}");
        } else {
            let middle = (y0 + y1) / 2.0;
            raw!(out, "C{x0:.1} {middle:.1} {x1:.1} {middle:.1} {x1:.1} {y1:.1}");
        }
    }
    raw!(out, "\"/>");
}

fn label(out: &mut Html, lines: &Lines, (x, y): Point) {
    if lines.is_empty() {
        return;
    }
    let (width, height) = (width_of(lines) + 6.0, 14.0 * lines.len() as f64 + 2.0);
    raw!(
        out,
        "<rect class=\"behind\" x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"3\"/>",
        x - width / 2.0,
        y - height / 2.0
    );
    for (number, (text, class)) in lines.iter().enumerate() {
        let at = y - height / 2.0 + 12.0 + 14.0 * number as f64;
        raw!(out, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{at:.1}\" text-anchor=\"middle\">").text(text);
        raw!(out, "</text>");
    }
}

fn box_of(out: &mut Html, node: &Node, lines: &Lines, (x, y): Point, width: f64) {
    let height = 12.0 + 15.5 * lines.len() as f64;
    let (left, top) = (x - width / 2.0, y - height / 2.0);
    let class = if node.failed.is_empty() { "" } else { " bad" };
    raw!(out, "<g class=\"node {}{class}\"><title>", colour(node.kind));
    out.text(&called(node));
    raw!(
        out,
        "</title><rect class=\"body\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"7\"/>"
    );
    raw!(out, "<path class=\"side\" d=\"M{:.1} {:.1}v{:.1}\"/>", left + 9.0, top + 9.0, height - 18.0);
    for (number, (text, class)) in lines.iter().enumerate() {
        raw!(
            out,
            "<text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\">",
            left + 18.0,
            top + 17.5 + 15.5 * number as f64
        );
        out.text(text);
        raw!(out, "</text>");
    }
    raw!(out, "</g>");
}

/// What a kind's colour says: where data rests, where it moves, where it is worked on, who starts things.
fn colour(kind: Kind) -> &'static str {
    match kind {
        Kind::Objects | Kind::Table | Kind::Database | Kind::Log | Kind::Catalog => "rests",
        Kind::Stream | Kind::Delivery | Kind::Queue | Kind::Topic => "moves",
        Kind::Function | Kind::Job | Kind::Crawler | Kind::Athena => "works",
        Kind::Schedule | Kind::Rule | Kind::Trigger | Kind::Airflow => "starts",
        Kind::Producer | Kind::Answers => "ends",
    }
}

fn legend(out: &mut Html, flow: &Flow, lang: Lang) {
    let kinds: BTreeSet<Kind> = flow.nodes.iter().map(|node| node.kind).collect();
    let groups = [
        ("rests", lang.pick("data rests", "nơi lưu dữ liệu")),
        ("moves", lang.pick("data moves", "nơi truyền dữ liệu")),
        ("works", lang.pick("work is done", "xử lý")),
        ("starts", lang.pick("starts work", "khởi động")),
    ];
    raw!(out, "<ul class=\"legend\">");
    for (class, said) in
        groups.into_iter().filter(|(class, _)| kinds.iter().any(|kind| colour(*kind) == *class))
    {
        raw!(out, "<li><i class=\"key {class}\"></i>").text(said);
        raw!(out, "</li>");
    }
    if flow.edges.iter().any(|edge| !edge.is_seen) {
        raw!(out, "<li><i class=\"key dashed\"></i>");
        out.text(lang.pick("configured; nobody saw it used", "có cấu hình; chưa thấy được dùng"));
        raw!(out, "</li>");
    }
    if flow.edges.iter().any(|edge| !edge.failed.is_empty())
        || flow.nodes.iter().any(|node| !node.failed.is_empty())
    {
        raw!(out, "<li><i class=\"key failed\"></i>").text(lang.pick("a failed check", "kiểm tra không đạt"));
        raw!(out, "</li>");
    }
    raw!(out, "</ul><p class=\"glosses\">");
    let glosses = kinds.iter().filter_map(|kind| {
        let (en, vi) = words::gloss(*kind)?;
        Some(format!("{}: {}", words::kind(lang, *kind), lang.pick(en, vi)))
    });
    out.text(&glosses.collect::<Vec<_>>().join(". "));
    raw!(out, ".</p>");
}

/// The edges in the order of the flow.
fn in_order<'f>(flow: &'f Flow, picture: &Picture) -> Vec<&'f Edge> {
    let along = |node: usize| picture.nodes[node].1;
    let mut edges: Vec<&Edge> = flow.edges.iter().collect();
    edges.sort_by(|a, b| along(a.from).total_cmp(&along(b.from)).then(along(a.to).total_cmp(&along(b.to))));
    edges
}

fn table(out: &mut Html, flow: &Flow, picture: &Picture, lang: Lang) {
    let heads = [
        lang.pick("From", "Từ"),
        lang.pick("To", "Đến"),
        lang.pick("How much", "Số lượng"),
        lang.pick("Who counted", "Ai đếm"),
    ];
    raw!(out, "<details><summary>");
    out.text(lang.pick(
        "The same as a table, with the source of each number",
        "Dưới dạng bảng, kèm nguồn của từng con số",
    ));
    raw!(out, "</summary><div class=\"scroll\"><table><thead><tr>");
    for head in heads {
        raw!(out, "<th scope=\"col\">").text(head);
        raw!(out, "</th>");
    }
    raw!(out, "</tr></thead><tbody>");
    for edge in in_order(flow, picture) {
        let ends = [&flow.nodes[edge.from], &flow.nodes[edge.to]];
        let begin = |out: &mut Html, count: Option<&Count>, name: &str| {
            raw!(out, "<tr");
            if let Some(count) = count {
                raw!(out, " data-unit=\"{:?}\" data-number=\"{}\"", count.unit, count.number);
            }
            raw!(out, ">");
            for node in ends {
                raw!(out, "<td><small>").text(words::kind(lang, node.kind));
                raw!(out, "</small><br>").text(&called(node));
                raw!(out, "</td>");
            }
            out.element("td", "", name);
        };
        if edge.counts.is_empty() {
            begin(out, None, lang.pick("not counted", "không được đếm"));
            raw!(out, "<td></td></tr>");
        }
        for count in &edge.counts {
            begin(out, Some(count), &words::count(lang, count));
            out.element("td", "", &count.source);
            raw!(out, "</tr>");
        }
    }
    raw!(out, "</tbody></table></div></details>");
    if !flow.apart.is_empty() {
        let said =
            lang.pick("Deployed, and nothing leads to them", "Đã triển khai nhưng không có gì dẫn đến");
        raw!(out, "<p class=\"note\">").text(&format!("{said}: {}", flow.apart.join(", ")));
        raw!(out, "</p>");
    }
    for unknown in flow.unknown.iter().take(super::UNKNOWN_MAX) {
        let said = lang.pick("This target does not tell", "Target này không cho biết");
        raw!(out, "<p class=\"note\">").text(&format!("{said}: {}", shortened(unknown, 300)));
        raw!(out, "</p>");
    }
    super::more(out, flow.unknown.len().saturating_sub(super::UNKNOWN_MAX) as u64, lang);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_a_name_the_only_one_is_left_out() {
        let check = |name: &str, expected: &str| assert_eq!(plain_name(name), expected);
        check("lake-000000000000", "lake");
        check("pipeline-Function-P093U6R0MGKB", "pipeline-Function");
        check("pipeline-lake-7xeoujzom3m0", "pipeline-lake");
        check("event-revenue-recommendation", "event-revenue-recommendation");
        check("trades", "trades");
    }
}
