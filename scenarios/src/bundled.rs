//! The bundled scenarios, compiled in, so that the binary needs no folder beside it.

use std::collections::BTreeMap;

/// Names of the bundled scenarios.
pub const NAMES: [&str; 5] = ["event-revenue", "data-lake-iot", "trades", "table-design", "fashion-store"];

macro_rules! folder {
    ($name:literal: $($file:literal),+ $(,)?) => {
        BTreeMap::from([$(($file.to_owned(), include_str!(concat!("../catalog/", $name, "/", $file)).to_owned())),+])
    };
}

/// The files of a bundled scenario, by their path in its folder.
pub fn bundled(name: &str) -> Option<BTreeMap<String, String>> {
    match name {
        "event-revenue" => Some(folder!("event-revenue":
            "scenario.toml",
            "template.yaml",
            "jobs/clean_event_revenue.py",
            "queries/revenue-by-currency.sql",
            "queries/revenue-by-type.sql",
            "queries/events-by-city.sql",
            "queries/revenue-by-month.sql",
            "queries/events-by-channel.sql",
            "queries/status.sql",
            "queries/top-events.sql",
        )),
        "data-lake-iot" => Some(folder!("data-lake-iot":
            "scenario.toml",
            "template.yaml",
            "device-event.template",
            "data/tracks_list.json",
            "jobs/join_tracks.py",
            "queries/events-by-activity.sql",
            "queries/events-by-artist.sql",
            "queries/dropped-by-the-join.sql",
            "queries/warmest-devices.sql",
        )),
        "trades" => Some(folder!("trades":
            "scenario.toml",
            "template.yaml",
            "functions/state.py",
            "functions/map.py",
            "functions/reduce.py",
            "queries/by-desk.partiql",
            "queries/by-region.partiql",
            "queries/by-risk-type.partiql",
        )),
        "table-design" => Some(folder!("table-design":
            "scenario.toml",
            "template.yaml",
            "queries/big-orders-of-a-day.partiql",
            "queries/customer-with-orders.query.json",
            "queries/goods-in-vietnam.query.json",
            "queries/items-of-an-order.query.json",
            "queries/latest-orders-of-a-customer.query.json",
            "queries/open-orders-everywhere.scan.json",
            "queries/open-orders-of-a-place.query.json",
            "queries/orders-of-a-customer-in-a-week.query.json",
            "queries/orders-of-a-day.query.json",
            "queries/product-everywhere.partiql",
        )),
        "fashion-store" => Some(folder!("fashion-store":
            "scenario.toml",
            "template.yaml",
            "functions/recommend.py",
            "functions/export.py",
            "dags/fashion_store_clicks.py",
            "dags/fashion_store_daily.py",
            "jobs/clean.py",
            "queries/interest-by-product.sql",
            "queries/interest-by-sub-category.sql",
            "queries/funnel.sql",
            "queries/revenue-by-category-and-day.sql",
            "queries/repeat-buyers.sql",
            "queries/clicks-by-hour.sql",
            "queries/recommendations.partiql",
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files_below(folder: &std::path::Path, prefix: &str, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().unwrap().is_dir() {
                files_below(&entry.path(), &format!("{path}/"), found);
            } else {
                found.push(path);
            }
        }
    }

    #[test]
    fn every_file_of_the_catalogue_is_compiled_in() {
        let catalog = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog");
        for name in NAMES {
            let mut on_disk = Vec::new();
            files_below(&catalog.join(name), "", &mut on_disk);
            on_disk.sort();
            assert_eq!(bundled(name).unwrap().into_keys().collect::<Vec<_>>(), on_disk, "{name}");
        }
    }
}
