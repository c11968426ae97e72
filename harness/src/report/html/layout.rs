//! Where nodes, labels and lines of a graph lie: layers by the longest way, order by barycentres, places by least squares.
//!
//! Each edge passes a layer of its own between two layers of nodes, where its label has a place that nothing else takes. The same
//! code lays out from top to bottom and from left to right: sizes are `across` the flow and `along` it. Everything is decided by
//! the order of the input, so that the same graph is the same picture.

use std::collections::BTreeMap;

/// Between neighbours of a layer.
const GAP_ACROSS: f64 = 18.0;
/// Between layers.
const GAP_ALONG: f64 = 13.0;
/// Sweeps for the order of layers. More changes nothing in graphs of tens of nodes.
const SWEEPS: usize = 12;
/// Sweeps for places: a chain of twenty layers takes some hundreds to become straight.
const PLACE_SWEEPS: usize = 200;

/// A size, across the flow and along it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Size {
    pub(super) across: f64,
    pub(super) along: f64,
}

/// An edge to be laid out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Of its label.
    pub(super) label: Size,
}

/// A place: the middle of what lies there, across and along.
pub(super) type Point = (f64, f64);

/// A graph that has been laid out.
#[derive(Debug, Default)]
pub(super) struct Picture {
    pub(super) size: Size,
    pub(super) nodes: Vec<Point>,
    /// Of each edge, its label's place.
    pub(super) labels: Vec<Point>,
    /// Of each edge, the points that it passes, from where it begins to where it ends.
    pub(super) ways: Vec<Vec<Point>>,
}

/// What lies in a layer: a node, or the place where an edge passes.
#[derive(Clone, Debug)]
struct Item {
    layer: usize,
    size: Size,
    across: f64,
    before: Vec<usize>,
    after: Vec<usize>,
}

/// Lays a graph out. An edge from a node to itself has no place.
pub(super) fn lay_out(sizes: &[Size], lines: &[Line]) -> Picture {
    let turned = turned(sizes.len(), lines);
    let layers = layers(sizes.len(), lines, &turned);
    let mut items: Vec<Item> = sizes
        .iter()
        .zip(&layers)
        .map(|(size, layer)| Item {
            layer: *layer,
            size: *size,
            across: 0.0,
            before: Vec::new(),
            after: Vec::new(),
        })
        .collect();
    let chains: Vec<Vec<usize>> =
        lines.iter().zip(&turned).map(|(line, turned)| chain(&mut items, &layers, line, *turned)).collect();
    let mut rows: Vec<Vec<usize>> =
        vec![Vec::new(); items.iter().map(|item| item.layer + 1).max().unwrap_or(0)];
    for (at, item) in items.iter().enumerate() {
        rows[item.layer].push(at);
    }
    order(&mut rows, &items);
    place(&rows, &mut items);
    finish(sizes, lines, &turned, &chains, &rows, &items)
}

/// Which edges go against the flow: those that close a circle on a walk from the first node on.
fn turned(nodes: usize, lines: &[Line]) -> Vec<bool> {
    let mut turned = vec![false; lines.len()];
    let mut state = vec![0u8; nodes];
    fn walk(at: usize, lines: &[Line], state: &mut [u8], turned: &mut [bool]) {
        state[at] = 1;
        for (number, line) in lines.iter().enumerate().filter(|(_, line)| line.from == at && line.to != at) {
            match state[line.to] {
                0 => walk(line.to, lines, state, turned),
                1 => turned[number] = true,
                _ => {}
            }
        }
        state[at] = 2;
    }
    // What nothing leads to comes first.
    let is_first = |node: &usize| !lines.iter().any(|line| line.to == *node && line.from != *node);
    let (first, rest): (Vec<usize>, Vec<usize>) = (0..nodes).partition(is_first);
    for node in first.into_iter().chain(rest) {
        if state[node] == 0 {
            walk(node, lines, &mut state, &mut turned);
        }
    }
    turned
}

/// The layer of each node: the longest way that leads to it, doubled. What nothing leads to stands right before what it leads to.
fn layers(nodes: usize, lines: &[Line], turned: &[bool]) -> Vec<usize> {
    let mut layers = vec![0; nodes];
    let ways = || {
        let straight = lines.iter().zip(turned).filter(|(line, _)| line.from != line.to);
        straight.map(|(line, turned)| if *turned { (line.to, line.from) } else { (line.from, line.to) })
    };
    for _ in 0..nodes {
        for (from, to) in ways() {
            layers[to] = layers[to].max(layers[from] + 2);
        }
    }
    for node in 0..nodes {
        let has_before = ways().any(|(_, to)| to == node);
        let next = ways().filter(|(from, _)| *from == node).map(|(_, to)| layers[to]).min();
        if let Some(next) = next.filter(|_| !has_before) {
            layers[node] = next - 2;
        }
    }
    layers
}

/// Puts an edge's places into all layers between its ends, and answers them from begin to end. The label's is in the middle.
fn chain(items: &mut Vec<Item>, layers: &[usize], line: &Line, turned: bool) -> Vec<usize> {
    let (from, to) = if turned { (line.to, line.from) } else { (line.from, line.to) };
    let mut chain = vec![from];
    if from == to {
        return chain;
    }
    // Odd layers are those of labels.
    let labelled = ((layers[from] + layers[to]) / 2) | 1;
    for layer in layers[from] + 1..layers[to] {
        let size = if layer == labelled { line.label } else { Size { across: 8.0, along: 0.0 } };
        chain.push(items.len());
        items.push(Item { layer, size, across: 0.0, before: Vec::new(), after: Vec::new() });
    }
    chain.push(to);
    for pair in chain.windows(2) {
        items[pair[0]].after.push(pair[1]);
        items[pair[1]].before.push(pair[0]);
    }
    chain
}

/// Orders each layer so that few edges cross: again and again by the mean of the neighbours' places, keeping the best.
fn order(rows: &mut [Vec<usize>], items: &[Item]) {
    let mut best = (crossings(rows, items), rows.to_vec());
    for sweep in 0..SWEEPS {
        let down = sweep % 2 == 0;
        let layers: Vec<usize> =
            if down { (0..rows.len()).collect() } else { (0..rows.len()).rev().collect() };
        for layer in layers {
            let place: BTreeMap<usize, usize> = rows
                .iter()
                .flat_map(|row| row.iter().copied().enumerate().map(|(at, item)| (item, at)))
                .collect();
            let mean = |item: usize| {
                let around = if down { &items[item].before } else { &items[item].after };
                match around.len() {
                    0 => place[&item] as f64,
                    count => around.iter().map(|other| place[other] as f64).sum::<f64>() / count as f64,
                }
            };
            rows[layer].sort_by(|a, b| mean(*a).total_cmp(&mean(*b)));
        }
        let now = crossings(rows, items);
        if now < best.0 {
            best = (now, rows.to_vec());
        }
    }
    rows.clone_from_slice(&best.1);
}

/// How many pairs of edges cross between neighbouring layers.
fn crossings(rows: &[Vec<usize>], items: &[Item]) -> usize {
    let place: BTreeMap<usize, usize> =
        rows.iter().flat_map(|row| row.iter().copied().enumerate().map(|(at, item)| (item, at))).collect();
    let mut count = 0;
    for row in rows {
        let edges: Vec<(usize, usize)> = row
            .iter()
            .flat_map(|item| items[*item].after.iter().map(|to| (place[item], place[to])))
            .collect();
        for (number, a) in edges.iter().enumerate() {
            let crosses = |b: &&(usize, usize)| (a.0 < b.0 && a.1 > b.1) || (a.0 > b.0 && a.1 < b.1);
            count += edges[number + 1..].iter().filter(crosses).count();
        }
    }
    count
}

/// Moves everything as near to the middle of its neighbours as those beside it allow.
fn place(rows: &[Vec<usize>], items: &mut [Item]) {
    for row in rows {
        let mut at = 0.0;
        for item in row {
            items[*item].across = at + items[*item].size.across / 2.0;
            at += items[*item].size.across + GAP_ACROSS;
        }
    }
    for sweep in 0..PLACE_SWEEPS {
        let layers: Vec<usize> =
            if sweep % 2 == 0 { (0..rows.len()).collect() } else { (0..rows.len()).rev().collect() };
        for layer in layers {
            move_row(&rows[layer], items, wanted);
        }
    }
    // What is left of a slope is taken out of chains.
    for row in rows {
        move_row(row, items, |items, item| match items[item].before[..] {
            [before] if items[before].after.len() == 1 => items[before].across,
            _ => items[item].across,
        });
    }
}

fn move_row(row: &[usize], items: &mut [Item], wanted: impl Fn(&[Item], usize) -> f64) {
    let wanted: Vec<f64> = row.iter().map(|item| wanted(items, *item)).collect();
    let sizes: Vec<f64> = row.iter().map(|item| items[*item].size.across).collect();
    for (item, across) in row.iter().zip(apart(&wanted, &sizes)) {
        items[*item].across = across;
    }
}

/// The mean of all neighbours' places.
fn wanted(items: &[Item], item: usize) -> f64 {
    let around = items[item].before.iter().chain(&items[item].after);
    let (sum, count) = around.fold((0.0, 0), |(sum, count), other| (sum + items[*other].across, count + 1));
    if count == 0 { items[item].across } else { sum / f64::from(count) }
}

/// The places nearest to those wanted, in order and without touching: pools of neighbours share the mean of what they want.
fn apart(wanted: &[f64], sizes: &[f64]) -> Vec<f64> {
    let mut offsets = vec![0.0];
    for pair in sizes.windows(2) {
        let last = offsets[offsets.len() - 1];
        offsets.push(last + (pair[0] + pair[1]) / 2.0 + GAP_ACROSS);
    }
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (want, offset) in wanted.iter().zip(&offsets) {
        pools.push((want - offset, 1));
        while let [.., (a, count_a), (b, count_b)] = pools[..] {
            if a <= b {
                break;
            }
            let count = count_a + count_b;
            let mean = (a * count_a as f64 + b * count_b as f64) / count as f64;
            pools.truncate(pools.len() - 2);
            pools.push((mean, count));
        }
    }
    let shared = pools.iter().flat_map(|(mean, count)| std::iter::repeat_n(*mean, *count));
    shared.zip(&offsets).map(|(mean, offset)| mean + offset).collect()
}

fn finish(
    sizes: &[Size],
    lines: &[Line],
    turned: &[bool],
    chains: &[Vec<usize>],
    rows: &[Vec<usize>],
    items: &[Item],
) -> Picture {
    let first = items.iter().map(|item| item.across - item.size.across / 2.0).fold(f64::INFINITY, f64::min);
    let last =
        items.iter().map(|item| item.across + item.size.across / 2.0).fold(f64::NEG_INFINITY, f64::max);
    let (first, last) = if first < last { (first, last) } else { (0.0, 0.0) };
    let mut bands = Vec::new();
    let mut along = 0.0;
    for row in rows {
        let thick = row.iter().map(|item| items[*item].size.along).fold(0.0, f64::max);
        bands.push((along, along + thick));
        along += thick + GAP_ALONG;
    }
    let middle = |item: usize| {
        let (begin, end) = bands[items[item].layer];
        (items[item].across - first, (begin + end) / 2.0)
    };
    let way = |(chain, turned): (&Vec<usize>, &bool)| {
        let mut way = Vec::new();
        for (number, item) in chain.iter().enumerate() {
            let (across, centre) = middle(*item);
            let (begin, end) = bands[items[*item].layer];
            let half = items[*item].size.along / 2.0;
            // A line leaves and meets a node at its edge, bends at labels, and passes nodes straight.
            match number {
                0 => way.push((across, centre + half)),
                _ if number + 1 == chain.len() => way.push((across, centre - half)),
                _ if items[*item].layer % 2 == 1 => way.push((across, centre)),
                _ => way.extend([(across, begin), (across, end)]),
            }
        }
        if *turned {
            way.reverse();
        }
        way
    };
    let label = |(line, chain): (&Line, &Vec<usize>)| {
        let at = chain.iter().skip(1).find(|item| **item >= sizes.len() && items[**item].size == line.label);
        at.map_or((0.0, 0.0), |item| middle(*item))
    };
    Picture {
        size: Size { across: last - first, along: (along - GAP_ALONG).max(0.0) },
        nodes: (0..sizes.len()).map(middle).collect(),
        labels: lines.iter().zip(chains).map(label).collect(),
        ways: chains.iter().zip(turned).map(way).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(nodes: usize, lines: &[(usize, usize)]) -> Picture {
        let sizes = vec![Size { across: 100.0, along: 40.0 }; nodes];
        let label = Size { across: 60.0, along: 14.0 };
        let lines: Vec<Line> = lines.iter().map(|(from, to)| Line { from: *from, to: *to, label }).collect();
        lay_out(&sizes, &lines)
    }

    #[test]
    fn a_chain_is_straight_and_goes_on() {
        let found = picture(3, &[(0, 1), (1, 2)]);
        assert!(
            found.nodes.windows(2).all(|pair| pair[0].0 == pair[1].0 && pair[0].1 < pair[1].1),
            "{found:?}"
        );
        assert!(found.nodes[0].1 < found.labels[0].1 && found.labels[0].1 < found.nodes[1].1, "{found:?}");
        assert_eq!(found.ways[0].first().map(|point| point.1), Some(found.nodes[0].1 + 20.0));
        assert_eq!(found.ways[0].last().map(|point| point.1), Some(found.nodes[1].1 - 20.0));
    }

    #[test]
    fn nothing_touches_and_nothing_lies_outside() {
        // A fan, a short cut, a circle, and one of its own.
        let lines = [(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4), (0, 4), (4, 0), (5, 4)];
        let found = picture(7, &lines);
        let near = |a: &Point, b: &Point| (a.0 - b.0).abs() < 100.0 && (a.1 - b.1).abs() < 40.0;
        for (number, a) in found.nodes.iter().enumerate() {
            assert!(!found.nodes[number + 1..].iter().any(|b| near(a, b)), "{found:?}");
            assert!(a.0 >= 50.0 && a.0 <= found.size.across - 50.0, "{found:?}");
        }
        for (number, a) in found.labels.iter().enumerate() {
            let near = |b: &Point| (a.0 - b.0).abs() < 60.0 && (a.1 - b.1).abs() < 14.0;
            assert!(!found.labels[number + 1..].iter().any(near), "{found:?}");
        }
        // Wherever a circle is cut, each line goes from the edge of its first node to the edge of its second.
        for ((from, to), way) in lines.iter().zip(&found.ways) {
            let meets = |node: usize, point: &Point| {
                let (across, along) = found.nodes[node];
                across == point.0 && (along - point.1).abs() == 20.0
            };
            assert!(meets(*from, &way[0]) && meets(*to, way.last().expect("a way")), "{from} {to}: {way:?}");
        }
    }

    #[test]
    fn two_that_would_cross_change_places() {
        let found = picture(4, &[(0, 3), (1, 2)]);
        let side = |a: usize, b: usize| found.nodes[a].0 < found.nodes[b].0;
        assert_eq!(side(0, 1), side(3, 2), "{found:?}");
    }

    #[test]
    fn those_that_want_the_same_place_share_it() {
        assert_eq!(apart(&[50.0, 50.0], &[20.0, 20.0]), vec![31.0, 69.0]);
        assert_eq!(apart(&[0.0, 500.0], &[20.0, 20.0]), vec![0.0, 500.0]);
        assert!(lay_out(&[], &[]).nodes.is_empty());
    }
}
