//! What the night's export reads from the orders' database, through the RDS Data API, a page at a time.
//!
//! Everything is asked for as text, so that the files have the same cells as those that the database was loaded from.
//! Documented: an answer has 1 MiB at most
//! (docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.limitations.html, read 2026-11-29).

use bytes::Bytes;
use serde_json::{Value, json};
use wavetank_emulator::executors::{FunctionError, NativeContext};
use wavetank_transforms::fashion_store::export::{Source, csv_of};
use wavetank_transforms::fashion_store::{DETAIL_COLUMNS, ORDER_COLUMNS, PRODUCT_COLUMNS, USER_COLUMNS};

use super::raised;

/// Rows of one answer: the widest have 300 bytes.
const PAGE_ROWS: usize = 1_000;

/// A table, as the export reads it.
struct Read {
    header: &'static [&'static str],
    /// What is selected, in the header's order, from where, and under which condition.
    select: &'static str,
    from: &'static str,
    /// What rows are ordered by: whole numbers, and the header's first columns.
    key: &'static [&'static str],
    is_of_day: bool,
}

const USERS: Read = Read {
    header: &USER_COLUMNS,
    select: "t.id::text, username, first_name, last_name, email, phone, address, sex, birthdate::text",
    from: "users t",
    key: &["t.id"],
    is_of_day: false,
};

const PRODUCTS: Read = Read {
    header: &PRODUCT_COLUMNS,
    select: "t.id::text, gender, master_category, sub_category, article_type, base_colour, season, year, usage, \
             product_display_name, price::text",
    from: "products t",
    key: &["t.id"],
    is_of_day: false,
};

const ORDERS: Read = Read {
    header: &ORDER_COLUMNS,
    select: "o.id::text, o.user_id::text, to_char(o.order_date, 'YYYY-MM-DD HH24:MI:SS'), o.total_price::text",
    from: "orders o",
    key: &["o.id"],
    is_of_day: true,
};

const ORDER_DETAILS: Read = Read {
    header: &DETAIL_COLUMNS,
    select: "d.order_id::text, d.product_id::text, d.quantity::text, d.unit_price::text",
    from: "order_details d JOIN orders o ON o.id = d.order_id",
    key: &["d.order_id", "d.product_id"],
    is_of_day: true,
};

impl Read {
    /// The statement for the rows behind `:key0`, `:key1`.
    fn page(&self) -> String {
        let Self { select, from, key, .. } = self;
        let names: Vec<String> = (0..key.len()).map(|at| format!(":key{at}")).collect();
        let (columns, names) = (key.join(", "), names.join(", "));
        let of_day = match self.is_of_day {
            true => " AND o.order_date >= CAST(:day AS date) AND o.order_date < CAST(:day AS date) + 1",
            false => "",
        };
        format!(
            "SELECT {select} FROM {from} WHERE ({columns}) > ({names}){of_day} ORDER BY {columns} LIMIT {PAGE_ROWS}"
        )
    }
}

/// A database that is reached through the RDS Data API.
pub(super) struct Database<'a> {
    pub(super) context: &'a NativeContext,
    /// The ARN of the instance.
    pub(super) resource: &'a str,
    /// The ARN of the secret with its user and password.
    pub(super) secret: &'a str,
}

impl Database<'_> {
    /// Users and products, and a day's orders.
    pub(super) fn read(&self, day: &str) -> Result<Source, FunctionError> {
        Ok(Source {
            users: self.table(&USERS, day)?,
            products: self.table(&PRODUCTS, day)?,
            orders: vec![self.table(&ORDERS, day)?],
            order_details: vec![self.table(&ORDER_DETAILS, day)?],
        })
    }

    fn table(&self, read: &Read, day: &str) -> Result<Bytes, FunctionError> {
        let sql = read.page();
        let mut rows: Vec<Vec<Option<String>>> = Vec::new();
        let mut after = vec![0i64; read.key.len()];
        loop {
            let page = self.select(&sql, &after, read.is_of_day.then_some(day))?;
            let is_last = page.len() < PAGE_ROWS;
            rows.extend(page);
            if is_last {
                return Ok(csv_of(read.header, &rows));
            }
            let last = rows.last().into_iter().flatten();
            after = last.take(read.key.len()).map(number).collect::<Result<_, _>>()?;
        }
    }

    fn select(
        &self,
        sql: &str,
        after: &[i64],
        day: Option<&str>,
    ) -> Result<Vec<Vec<Option<String>>>, FunctionError> {
        let key = |(at, value): (usize, &i64)| json!({ "name": format!("key{at}"), "value": { "longValue": value } });
        let mut parameters: Vec<Value> = after.iter().enumerate().map(key).collect();
        parameters.extend(day.map(|day| json!({ "name": "day", "value": { "stringValue": day } })));
        let request = json!({
            "resourceArn": self.resource, "secretArn": self.secret, "sql": sql, "parameters": parameters,
        });
        let answer = self.context.call("rds-data", "ExecuteStatement", &request)?;
        let cell = |cell: &Value| cell["stringValue"].as_str().map(str::to_owned);
        let row = |row: &Value| row.as_array().into_iter().flatten().map(cell).collect();
        Ok(answer["records"].as_array().into_iter().flatten().map(row).collect())
    }
}

fn number(cell: &Option<String>) -> Result<i64, FunctionError> {
    let text = cell.as_deref().unwrap_or_default();
    text.parse().map_err(|error| raised("ValueError", &format!("`{text}` is no key: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_begins_behind_the_last_key_and_keeps_to_its_day() {
        assert_eq!(
            ORDER_DETAILS.page(),
            "SELECT d.order_id::text, d.product_id::text, d.quantity::text, d.unit_price::text FROM order_details d JOIN \
             orders o ON o.id = d.order_id WHERE (d.order_id, d.product_id) > (:key0, :key1) AND o.order_date >= CAST(:day AS \
             date) AND o.order_date < CAST(:day AS date) + 1 ORDER BY d.order_id, d.product_id LIMIT 1000"
        );
        for read in [USERS, PRODUCTS, ORDERS, ORDER_DETAILS] {
            let selected = read.select.split(", ").filter(|column| !column.starts_with("'YYYY")).count();
            assert_eq!(selected, read.header.len(), "{:?}", read.header);
        }
    }
}
