//! The fashion store: the recommender, the night's export and the clean job.
//!
//! `functions/` and `jobs/` of the scenario have the same in Python. The variable `MISTAKE` or the argument `--mistake` asks
//! for one of the workshop's own errors, by name.

mod database;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{Days, FixedOffset, NaiveDate};
use database::Database;
use serde::Deserialize;
use serde_json::{Value, json};
use wavetank_emulator::executors::{
    FunctionError, NativeContext, NativeFunction, NativeScript, Payload, ScriptError,
};
use wavetank_transforms::fashion_store::clean::clicks::CleanClicks;
use wavetank_transforms::fashion_store::clean::tables::CleanTable;
use wavetank_transforms::fashion_store::clean::{Clicks, Rejected, Table, clean, ndjson};
use wavetank_transforms::fashion_store::export::{Source, export};
use wavetank_transforms::fashion_store::{Catalogue, Mistake, folder};
use wavetank_types::Timestamp;
use wavetank_types::names::split_s3_uri;
use wavetank_wire::Val;
use wavetank_wire::dynamodb::{BatchWriteItem, BatchWriteItemInput, PutRequest, WriteRequest};

/// Items of one BatchWriteItem. Documented: docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
/// (read 2026-11-29).
const BATCH_ITEMS_MAX: usize = 25;
/// Where `N` and `L` stand among an attribute value's members.
const NUMBER: u16 = 1;
const LIST: u16 = 7;
/// Local time of the store less UTC, in seconds: Asia/Ho_Chi_Minh has had no other since 1975.
const ZONE_SECS: i32 = 7 * 3_600;

/// Recommends other products to whoever looks at one. The catalogue is kept between runs, as a warm function keeps it.
#[derive(Default)]
pub(super) struct Recommend {
    catalogue: Mutex<Option<(Bytes, Arc<Catalogue>)>>,
}

/// What the recommender reads of an event. Neither text has anything that JSON would have to escape.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "Records", default)]
    records: Vec<Record<'a>>,
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    kinesis: InKinesis<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InKinesis<'a> {
    sequence_number: &'a str,
    data: &'a str,
}

/// What the recommender reads of a click.
#[derive(Deserialize)]
struct Click {
    user_id: i64,
    product_id: Option<i64>,
}

impl NativeFunction for Recommend {
    fn invoke(&self, context: &NativeContext, event: Value) -> Result<Value, FunctionError> {
        self.invoke_payload(context, &Payload::from(Bytes::from(event.to_string())))
    }

    fn invoke_payload(&self, context: &NativeContext, event: &Payload) -> Result<Value, FunctionError> {
        match event.kinesis_records() {
            Some(records) => {
                self.recommend(context, records.map(|it| (it.sequence_number, click_of(it.data))))
            }
            None => {
                // Looked at once as a whole: member by member it would take as long as all else that is read.
                let json = event.json();
                let json = std::str::from_utf8(&json).map_err(|why| raised("UnicodeDecodeError", &why))?;
                let event: Event<'_> = serde_json::from_str(json).map_err(|why| raised("KeyError", &why))?;
                let decoded = |data: &str| STANDARD.decode(data).ok().and_then(|data| click_of(&data));
                let records = event.records.iter().map(|record| &record.kinesis);
                self.recommend(context, records.map(|it| (it.sequence_number, decoded(it.data))))
            }
        }
    }
}

impl Recommend {
    /// Puts what is recommended after these clicks, each with its record's number. Records may hold none.
    fn recommend<'a>(
        &self,
        context: &NativeContext,
        clicks: impl Iterator<Item = (&'a str, Option<Click>)>,
    ) -> Result<Value, FunctionError> {
        let mistake = Mistake::asked(context.environment.get("MISTAKE").map(String::as_str));
        let naive = mistake.map_err(|why| raised("ValueError", &why))? == Some(Mistake::ModuloFive);
        let catalogue = self.catalogue(context)?;
        let mut found: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for (sequence_number, click) in clicks {
            let Some(click) = click else {
                context.log(format!("no click at \"{sequence_number}\""));
                continue;
            };
            let Some(product) = click.product_id else { continue };
            if naive {
                catalogue
                    .recommend_naively(click.user_id, product)
                    .map_err(|why| raised("ZeroDivisionError", &why))?;
            }
            let ids = catalogue.recommend(click.user_id, product);
            if !ids.is_empty() {
                found.insert(click.user_id, ids);
            }
        }
        // Of a batch only the last look that leads to anything counts, as if each were put: however clicks are batched.
        let (table, users) = (context.environment.get("TABLE").cloned().unwrap_or_default(), found.len());
        let mut puts = found.into_iter().map(put_of).peekable();
        while puts.peek().is_some() {
            let batch = puts.by_ref().take(BATCH_ITEMS_MAX).collect();
            let mut request_items = BTreeMap::from([(table.clone(), batch)]);
            while !request_items.is_empty() {
                let input = BatchWriteItemInput { request_items, ..Default::default() };
                let answer = context.request::<BatchWriteItem>(input)?;
                request_items = answer.unprocessed_items.unwrap_or_default();
            }
        }
        Ok(json!({ "users": users }))
    }

    fn catalogue(&self, context: &NativeContext) -> Result<Arc<Catalogue>, FunctionError> {
        let (bucket, key) = s3_variable(context, "CATALOGUE")?;
        let file = context.get_object(&bucket, &key)?;
        let mut kept = self.catalogue.lock().expect("nothing panics while it holds this");
        match &*kept {
            // The same memory is the same file, without a look at it.
            Some((body, catalogue))
                if (body.as_ptr(), body.len()) == (file.as_ptr(), file.len()) || *body == file =>
            {
                Ok(Arc::clone(catalogue))
            }
            _ => {
                let catalogue = Catalogue::read(&file).map_err(|why| raised("ValueError", &why))?;
                let catalogue = Arc::new(catalogue);
                *kept = Some((file, Arc::clone(&catalogue)));
                Ok(catalogue)
            }
        }
    }
}

fn click_of(data: &[u8]) -> Option<Click> {
    serde_json::from_str(std::str::from_utf8(data).ok()?).ok()
}

fn put_of((user, ids): (i64, Vec<i64>)) -> WriteRequest {
    let number = |id: i64| Val::Struct(vec![(NUMBER, Val::Str(id.to_string()))]);
    let ids = Val::Struct(vec![(LIST, Val::List(ids.into_iter().map(number).collect()))]);
    let members = [("user_id", number(user)), ("recommended_products", ids)];
    let item = Val::Map(members.map(|(name, value)| (name.to_owned(), value)).into());
    WriteRequest { put_request: Some(PutRequest { item }), ..WriteRequest::default() }
}

/// Writes yesterday's orders and today's snapshots from the database to the landing zone, as CSV.
pub(super) fn export_day(context: &NativeContext, event: Value) -> Result<Value, FunctionError> {
    let day = day_of(event["day"].as_str(), context.now).map_err(|why| raised("ValueError", &why))?;
    let variable = |name: &str| context.environment.get(name).map_or("", String::as_str);
    let (resource, secret) = (variable("DATABASE"), variable("SECRET"));
    let source = match resource.starts_with("arn:") {
        true => Database { context, resource, secret }.read(&day.to_string())?,
        false => files_of(context, day)?,
    };
    let files = export(day, &source).map_err(|why| raised("ValueError", &why))?;
    let (landing, prefix) = s3_variable(context, "LANDING")?;
    let mut rows = serde_json::Map::new();
    for (table, file) in Table::ALL.iter().zip(files) {
        rows.insert(table.name().to_owned(), json!(file.rows));
        context.put_object(&landing, &format!("{prefix}{}", file.key), file.body, "text/csv");
    }
    context.log(format!("exported {day}: {}", Value::Object(rows.clone())));
    Ok(json!({ "day": day.to_string(), "rows": rows }))
}

/// What the database holds where it is files in a bucket.
fn files_of(context: &NativeContext, day: NaiveDate) -> Result<Source, FunctionError> {
    let (bucket, prefix) = s3_variable(context, "DATABASE")?;
    let read = |key: &str| context.get_object(&bucket, &format!("{prefix}{key}"));
    let parts = |table: &str| -> Result<Vec<Bytes>, FunctionError> {
        let keys = context.list_objects(&bucket, &format!("{prefix}{table}/{}", folder(day)))?;
        Ok(keys.iter().map(|key| context.get_object(&bucket, key)).collect::<Result<_, _>>()?)
    };
    Ok(Source {
        users: read("users/users.csv")?,
        products: read("products/products.csv")?,
        orders: parts("orders")?,
        order_details: parts("order_details")?,
    })
}

/// The day that is asked for, or the day before the run's own in local time.
fn day_of(asked: Option<&str>, now: Timestamp) -> Result<NaiveDate, String> {
    match asked {
        Some(text) => text.parse().map_err(|_| format!("`{text}` is not a day such as 2026-01-06")),
        None => Ok(local_day(now) - Days::new(1)),
    }
}

fn local_day(at: Timestamp) -> NaiveDate {
    let zone = FixedOffset::east_opt(ZONE_SECS).expect("seven hours are less than a day");
    at.utc().with_timezone(&zone).date_naive()
}

fn s3_variable(context: &NativeContext, name: &str) -> Result<(String, String), FunctionError> {
    let uri = context.environment.get(name).cloned().unwrap_or_default();
    let found = split_s3_uri(&uri).map(|(bucket, key)| (bucket.to_owned(), key.to_owned()));
    found.ok_or_else(|| raised("KeyError", &format!("{name}: `{uri}` is not an S3 path")))
}

fn raised(error_type: &str, why: &dyn std::fmt::Display) -> FunctionError {
    FunctionError { error_type: error_type.to_owned(), message: why.to_string() }
}

/// The clean job.
pub(super) struct Clean;

/// One run of it.
struct Run<'a> {
    context: &'a NativeContext,
    landing: (&'a str, &'a str),
    clean: (&'a str, &'a str),
    rejects: (&'a str, &'a str),
    day: NaiveDate,
    mistake: Option<Mistake>,
    written: BTreeSet<String>,
}

impl NativeScript for Clean {
    fn run(&self, context: &NativeContext, arguments: &BTreeMap<String, String>) -> Result<(), ScriptError> {
        let argument = |name: &str| arguments.get(name).map(String::as_str);
        let path = |name: &str| {
            let uri = argument(name).ok_or_else(|| ScriptError(format!("the argument {name} is missing")))?;
            split_s3_uri(uri).ok_or_else(|| ScriptError(format!("{name}: `{uri}` is not an S3 path")))
        };
        let mistake = Mistake::asked(argument("--mistake")).map_err(|why| failed(&why))?;
        let mut run = Run {
            context,
            landing: path("--landing_path")?,
            clean: path("--clean_path")?,
            rejects: path("--rejects_path")?,
            day: day_of(argument("--day"), context.now).map_err(ScriptError)?,
            mistake,
            written: BTreeSet::new(),
        };
        for table in Table::ALL {
            run.table(table)?;
        }
        run.clicks()
    }
}

impl Run<'_> {
    /// The day whose exports are read.
    fn export_day(&self) -> NaiveDate {
        match self.mistake {
            Some(Mistake::ExportYesterday) => local_day(self.context.now),
            _ => self.day,
        }
    }

    /// A file's name: the same for the same day, so that a second run replaces what the first wrote.
    fn file_name(&self) -> String {
        match self.mistake {
            Some(Mistake::Appends) => format!("part-{}.parquet", self.context.run_id),
            _ => format!("from-{}.parquet", self.day.format("%Y%m%d")),
        }
    }

    fn table(&mut self, table: Table) -> Result<(), ScriptError> {
        let (name, day) = (table.name(), self.export_day());
        let (bucket, prefix) = self.landing;
        let key = format!("{prefix}{name}/{}{name}.csv", folder(day));
        if self.context.list_objects(bucket, &key)?.is_empty() {
            self.context.log(format!("{name}: nothing at s3://{bucket}/{key}"));
            return Ok(());
        }
        let body = self.context.get_object(bucket, &key)?;
        let uri = format!("s3://{bucket}/{key}");
        let CleanTable { read, file, rejected } =
            clean(table, &uri, &body, self.mistake).map_err(|why| failed(&why))?;
        self.context.log(format!("{name}: {read} rows read, {} refused", rejected.len()));
        self.refuse(name, &rejected);
        let (folder, day_folder) = (format!("{}{name}/", self.clean.1), folder(day));
        let keeps_all = matches!(self.mistake, Some(Mistake::ProductsDoubled | Mistake::Appends));
        if !table.is_snapshot() || keeps_all {
            self.put(file, &format!("{folder}{day_folder}"));
            return Ok(());
        }
        // The newest snapshot replaces the others: whoever reads the table reads one.
        let others = self.context.list_objects(self.clean.0, &folder)?;
        let newest_first = format!("{folder}{day_folder}~");
        if others.iter().any(|key| *key > newest_first) {
            self.context.log(format!("{name}: a newer snapshot is there"));
            return Ok(());
        }
        self.put(file, &format!("{folder}{day_folder}"));
        let stale = others.iter().filter(|key| !self.written.contains(*key));
        stale.for_each(|key| self.context.delete_object(self.clean.0, key));
        Ok(())
    }

    fn clicks(&mut self) -> Result<(), ScriptError> {
        let (bucket, prefix) = self.landing;
        let mut clicks = Clicks::new(self.mistake);
        for hour in Clicks::hours(self.mistake) {
            let folder = format!("{prefix}clickstreams/{}{hour:02}/", folder(self.day));
            for key in self.context.list_objects(bucket, &folder)? {
                let body = self.context.get_object(bucket, &key)?;
                clicks.read(&format!("s3://{bucket}/{key}"), &body).map_err(|why| failed(&why))?;
            }
        }
        let CleanClicks { read, files, rejected } = clicks.end().map_err(|why| failed(&why))?;
        self.context.log(format!("clickstreams: {read} lines read, {} refused", rejected.len()));
        self.refuse("clickstreams", &rejected);
        for (day, file) in files {
            self.put(Some(file), &format!("{}clickstreams/{}", self.clean.1, folder(day)));
        }
        Ok(())
    }

    fn put(&mut self, file: Option<Bytes>, folder: &str) {
        let Some(file) = file else { return };
        let key = format!("{folder}{}", self.file_name());
        self.context.put_object(self.clean.0, &key, file, "application/vnd.apache.parquet");
        self.written.insert(key);
    }

    fn refuse(&self, table: &str, rejected: &[Rejected]) {
        let (bucket, prefix) = self.rejects;
        let key = format!("{prefix}{table}/{}from-{}.ndjson", folder(self.day), self.day.format("%Y%m%d"));
        match rejected {
            // An earlier run may have refused more.
            [] => self.context.delete_object(bucket, &key),
            _ => {
                let body = Bytes::from(ndjson(rejected));
                self.context.put_object(bucket, &key, body, "application/x-ndjson");
            }
        }
    }
}

fn failed(why: &dyn std::fmt::Display) -> ScriptError {
    ScriptError(why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recommendation_is_the_item_that_its_json_is() {
        let number = |id: &str| json!({ "N": id });
        let item = json!({
            "user_id": number("7"),
            "recommended_products": { "L": [number("12"), number("3")] },
        });
        let body = json!({ "RequestItems": { "t": [{ "PutRequest": { "Item": item } }] } }).to_string();
        let operation = wavetank_wire::dynamodb::SERVICE.operation("BatchWriteItem").expect("an operation");
        let read = wavetank_wire::codec::from_json(operation.input, body.as_bytes()).expect("a request");
        let request_items = BTreeMap::from([("t".to_owned(), vec![put_of((7, vec![12, 3]))])]);
        let made = BatchWriteItemInput { request_items, ..Default::default() };
        assert_eq!(wavetank_wire::ToVal::to_val(made), read);
    }

    #[test]
    fn without_a_day_it_is_yesterday_in_ha_noi() {
        let check = |asked: Option<&str>, secs: i64, expected: Option<&str>| {
            let found = day_of(asked, Timestamp::from_secs(secs)).ok().map(|day| day.to_string());
            assert_eq!(found.as_deref(), expected);
        };
        // 2026-01-05T17:01Z is 2026-01-06 00:01 in Ha Noi.
        check(None, 1_767_632_460, Some("2026-01-05"));
        check(None, 1_767_632_460 - 120, Some("2026-01-04"));
        check(Some("2026-01-06"), 0, Some("2026-01-06"));
        check(Some("yesterday"), 0, None);
    }
}
