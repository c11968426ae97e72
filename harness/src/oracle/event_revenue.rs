//! What the queries of `event-revenue` must answer. Money is exact.

use wavetank_generators::event_revenue::{Group, Oracle};

use super::{Row, number, text};

/// Most events that `top-events` shows of a currency.
const TOP: usize = 10;

/// The rows that a query must answer, in its order. `None` if no oracle has this name.
pub fn expected(query: &str, oracle: &Oracle) -> Option<Vec<Row>> {
    let rows = match query {
        "revenue-by-currency" => oracle
            .by_currency
            .iter()
            .map(|(currency, sums)| {
                vec![text(currency), number(sums.events), number(sums.with_revenue), revenue(sums)]
            })
            .collect(),
        "revenue-by-type" => oracle
            .by_type
            .iter()
            .map(|((kind, currency), sums)| {
                vec![text(kind), text(currency), number(sums.events), participants(sums), revenue(sums)]
            })
            .collect(),
        "events-by-city" => oracle
            .by_place
            .iter()
            .map(|((country, city, currency), sums)| {
                vec![text(country), text(city), text(currency), number(sums.events), revenue(sums)]
            })
            .collect(),
        "revenue-by-month" => oracle
            .by_month
            .iter()
            .map(|((month, currency), sums)| {
                vec![Some(month.to_string()), text(currency), number(sums.events), revenue(sums)]
            })
            .collect(),
        "events-by-channel" => without_currency(oracle.by_channel.iter())
            .into_iter()
            .map(|(channel, sums)| vec![text(channel), number(sums.events), participants(&sums)])
            .collect(),
        "status" => without_currency(oracle.by_status.iter())
            .into_iter()
            .map(|(status, sums)| vec![text(status), number(sums.events)])
            .collect(),
        "top-events" => top_events(oracle),
        _ => return None,
    };
    Some(rows)
}

fn top_events(oracle: &Oracle) -> Vec<Row> {
    let of_currency = |currency: &&'static str| {
        let top = oracle.top(currency).into_iter().take(TOP);
        (1..)
            .zip(top)
            .map(|(place, event)| {
                vec![
                    text(currency),
                    number(place),
                    Some(event.event_id.to_string()),
                    Some(event.revenue.to_string()),
                ]
            })
            .collect::<Vec<Row>>()
    };
    oracle.by_currency.keys().flat_map(of_currency).collect()
}

/// Groups by key and currency, summed over currencies: for what is not money.
fn without_currency<'a>(
    groups: impl Iterator<Item = (&'a (&'static str, &'static str), &'a Group)>,
) -> std::collections::BTreeMap<&'static str, Group> {
    let mut merged = std::collections::BTreeMap::<&'static str, Group>::new();
    for ((key, _), sums) in groups {
        merged.entry(key).or_default().merge(sums);
    }
    merged
}

/// `sum` over nothing but nulls is null.
fn participants(sums: &Group) -> Option<String> {
    (sums.with_participants > 0).then(|| sums.participants.to_string())
}

fn revenue(sums: &Group) -> Option<String> {
    (sums.with_revenue > 0).then(|| sums.revenue.to_string())
}
