//! Places that hold records, read through the public API: objects, a table, a stream, a queue, a log group, a query's answer.

use std::sync::Arc;

use serde_json::{Map, Value};
use wavetank_types::names::split_s3_uri;
use wavetank_wire::{WireError, sqs};

use super::rows::{self, Row};
use super::{Tank, TankError};
use crate::check;
use crate::observe::{self, ObserveError};
use crate::places::objects::{unzipped, values};
use crate::places::stream;
use crate::send::url_of;
use crate::tables;

/// How long messages are hidden while a queue is read, in seconds.
const HIDDEN_S: i64 = 3_600;
const BATCH: i64 = 10;
/// Largest object once it is unpacked, in bytes.
const UNPACKED_BYTES_MAX: u64 = 1 << 30;
/// Examples that are kept of what is no record.
const STRANGE_MAX: usize = 10;

/// Where records can be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Objects under a prefix: JSON one after the other, CSV with a header, Parquet; gzip too.
    S3(String),
    /// A DynamoDB table's items.
    Table(String),
    /// A Kinesis data stream, as far back as it keeps its records.
    Stream(String),
    /// A queue's messages, of JSON. They stay in the queue, but for a FIFO queue, which is emptied.
    Queue(String),
    /// A log group's lines of JSON.
    Logs(String),
    /// The rows of an Athena query.
    Query(String),
}

/// What a place holds.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Rows that have an identity, with what holds each.
    pub(super) rows: Vec<(Row, Arc<str>)>,
    /// The first examples of what has none, and how many there are.
    pub(super) strange: Vec<String>,
    pub(super) strange_count: u64,
}

impl Found {
    /// Takes every record within a value; a value without one is strange.
    fn take(&mut self, value: &Value, id: &[String], holder: &Arc<str>) {
        let mut within = Vec::new();
        rows::within(value, id, &mut within);
        if within.is_empty() {
            self.strange(&value.to_string(), holder);
        }
        self.rows.extend(within.into_iter().map(|row| (row, Arc::clone(holder))));
    }

    fn strange(&mut self, text: &str, holder: &str) {
        self.strange_count += 1;
        if self.strange.len() < STRANGE_MAX {
            let text: String = text.chars().take(200).collect();
            self.strange.push(format!("{text} in {holder}"));
        }
    }
}

impl Place {
    pub(super) fn parse(text: &str) -> Result<Self, TankError> {
        if split_s3_uri(text).is_some() {
            return Ok(Self::S3(text.to_owned()));
        }
        let first = text.split_whitespace().next().unwrap_or_default();
        if ["select", "with"].iter().any(|word| first.eq_ignore_ascii_case(word)) {
            return Ok(Self::Query(text.to_owned()));
        }
        match text.split_once(':').filter(|(_, name)| !name.is_empty()) {
            Some(("dynamodb", name)) => Ok(Self::Table(name.to_owned())),
            Some(("kinesis", name)) => Ok(Self::Stream(name.to_owned())),
            Some(("sqs", name)) => Ok(Self::Queue(name.to_owned())),
            Some(("logs", name)) => Ok(Self::Logs(name.to_owned())),
            Some(("function", name)) => Ok(Self::Logs(format!("/aws/lambda/{name}"))),
            _ => Err(TankError::Place(text.to_owned())),
        }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::S3(uri) => uri.clone(),
            Self::Table(name) => format!("dynamodb:{name}"),
            Self::Stream(name) => format!("kinesis:{name}"),
            Self::Queue(name) => format!("sqs:{name}"),
            Self::Logs(name) => format!("logs:{name}"),
            Self::Query(sql) => sql.clone(),
        }
    }

    /// Everything that it holds, by these members' identities.
    pub(super) async fn read(&self, tank: &Tank, id: &[String]) -> Result<Found, TankError> {
        let mut found = Found::default();
        let holder: Arc<str> = self.name().into();
        let refused = || TankError::refused(format!("reading {holder}"));
        match self {
            Self::S3(uri) => objects(tank, uri, id, &mut found).await?,
            Self::Table(name) => {
                for item in tables::scan(tank.aws(), name).await.map_err(refused())? {
                    let row: Row = item.into_iter().map(|(name, text)| (name, text.into())).collect();
                    found.take(&row.into(), id, &holder);
                }
            }
            Self::Stream(name) => {
                let held = stream::read(tank.aws(), name).await?;
                for record in held.records {
                    let row: Row =
                        record.members.into_iter().map(|(name, text)| (name, text.into())).collect();
                    found.take(&row.into(), id, &holder);
                }
                held.unreadable.iter().for_each(|what| found.strange(what, &holder));
            }
            Self::Queue(name) => {
                for body in messages(tank, name).await.map_err(refused())? {
                    // A text that is no JSON is strange.
                    let value = serde_json::from_str(&body).unwrap_or(Value::String(body));
                    match stream::given_up(tank.aws(), &value).await.map_err(refused())? {
                        Some(records) => records.iter().for_each(|record| found.take(record, id, &holder)),
                        None => found.take(&value, id, &holder),
                    }
                }
            }
            Self::Logs(group) => {
                let lines = lines(tank, group).await.map_err(refused())?;
                // A log has other lines too: only those with an identity are looked at.
                let mut within = Vec::new();
                for value in lines.iter().filter_map(|line| serde_json::from_str(line).ok()) {
                    rows::within(&value, id, &mut within);
                }
                found.rows.extend(within.into_iter().map(|row| (row, Arc::clone(&holder))));
            }
            Self::Query(sql) => {
                for row in tank.athena(sql.as_str()).await?.objects() {
                    found.take(&row.into(), id, &holder);
                }
            }
        }
        Ok(found)
    }
}

async fn objects(tank: &Tank, uri: &str, id: &[String], found: &mut Found) -> Result<(), TankError> {
    for object in observe::list(tank.aws(), uri).await? {
        let holder: Arc<str> = object.uri().into();
        let fail = |cause: String| ObserveError::Content { uri: object.uri(), cause };
        let body = unzipped(observe::get(tank.aws(), &object).await?, UNPACKED_BYTES_MAX).map_err(fail)?;
        if body.starts_with(b"PAR1") {
            for row in check::rows::named::<Vec<_>>(body).map_err(fail)? {
                let row: Row = row.into_iter().map(|(name, value)| (name, value.into())).collect();
                found.take(&row.into(), id, &holder);
            }
        } else if object.key.trim_end_matches(".gz").ends_with(".csv") {
            csv_rows(&body).map_err(fail)?.iter().for_each(|row| found.take(row, id, &holder));
        } else {
            json_values(&body, id, &holder, found);
        }
    }
    Ok(())
}

/// A line that is no JSON is strange.
fn json_values(body: &[u8], id: &[String], holder: &Arc<str>, found: &mut Found) {
    values(body, |value| match value {
        Ok(value) => found.take(&value, id, holder),
        Err(line) => found.strange(String::from_utf8_lossy(line).trim(), holder),
    });
}

fn csv_rows(body: &[u8]) -> Result<Vec<Value>, String> {
    let mut reader = csv::Reader::from_reader(body);
    let rows = reader.deserialize::<std::collections::BTreeMap<String, String>>();
    let object = |row: std::collections::BTreeMap<String, String>| {
        Value::Object(row.into_iter().map(|(name, text)| (name, text.into())).collect::<Map<_, _>>())
    };
    rows.map(|row| row.map(object).map_err(|why| why.to_string())).collect()
}

/// The bodies of a queue's messages. Each is received, which counts, and shown again at the end.
async fn messages(tank: &Tank, queue: &str) -> Result<Vec<String>, WireError> {
    let aws = tank.aws();
    let url = url_of(aws, queue).await?;
    let (mut bodies, mut handles) = (Vec::new(), Vec::new());
    loop {
        let input = sqs::ReceiveMessageInput {
            queue_url: url.clone(),
            max_number_of_messages: Some(BATCH),
            visibility_timeout: Some(HIDDEN_S),
            ..sqs::ReceiveMessageInput::default()
        };
        let batch = aws.call::<sqs::ReceiveMessage>(input).await?.messages.unwrap_or_default();
        if batch.is_empty() {
            break;
        }
        for message in batch {
            let receipt_handle = message.receipt_handle.unwrap_or_default();
            // A group's next messages come only after its first have gone.
            if queue.ends_with(".fifo") {
                let queue_url = url.clone();
                aws.call::<sqs::DeleteMessage>(sqs::DeleteMessageInput { queue_url, receipt_handle }).await?;
            } else {
                handles.push(receipt_handle);
            }
            bodies.push(message.body.unwrap_or_default());
        }
    }
    for receipt_handle in handles {
        let (queue_url, visibility_timeout) = (url.clone(), 0);
        let input = sqs::ChangeMessageVisibilityInput { queue_url, receipt_handle, visibility_timeout };
        aws.call::<sqs::ChangeMessageVisibility>(input).await?;
    }
    Ok(bodies)
}

/// The lines of a log group, in order.
async fn lines(tank: &Tank, group: &str) -> Result<Vec<String>, WireError> {
    let events = observe::log_events(tank.aws(), group, None).await?.into_iter();
    Ok(events.map(|event| event.message.unwrap_or_default().trim_end().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written() {
        let check = |text: &str, place: Option<Place>| {
            assert_eq!(Place::parse(text).ok(), place, "{text}");
        };
        check("s3://lake/orders/", Some(Place::S3("s3://lake/orders/".to_owned())));
        check("dynamodb:orders", Some(Place::Table("orders".to_owned())));
        check("function:clean", Some(Place::Logs("/aws/lambda/clean".to_owned())));
        check("logs:/aws/x", Some(Place::Logs("/aws/x".to_owned())));
        check("SELECT 1", Some(Place::Query("SELECT 1".to_owned())));
        check("kinesis:orders", Some(Place::Stream("orders".to_owned())));
        check("firehose:orders", None);
        check("sqs:", None);
    }

    #[test]
    fn values_of_json_need_no_lines_and_a_broken_line_costs_itself_alone() {
        let id = ["id".to_owned()];
        let check = |body: &str, records: usize, strange: u64| {
            let mut found = Found::default();
            json_values(body.as_bytes(), &id, &"s3://b/k".into(), &mut found);
            assert_eq!((found.rows.len(), found.strange_count), (records, strange), "{body}");
        };
        check("{\"id\":1}{\"id\":2}", 2, 0);
        check("{\"id\":1}\n{\"id\":2}\n", 2, 0);
        check("{\"id\":1}\nnonsense\n{\"id\":2}\n", 2, 1);
        check("{\"id\":1}\n{\"n\":2}\n", 1, 1);
        check("{\"id\":1}\n{\"id\":", 1, 1);
        check("[{\"id\":1},{\"id\":2}]", 2, 0);
        check("", 0, 0);
    }

    #[test]
    fn csv_is_read_by_its_header() {
        let rows = csv_rows(b"id,name\n1,\"a,b\"\n2,c\n").expect("rows");
        assert_eq!((rows.len(), &rows[0]["name"]), (2, &Value::from("a,b")));
    }
}
