//! Device events joined with a list of tracks: an inner join, so an event whose track is not in the list is dropped.
//!
//! Both sides are JSON, one object a line. The list has its track ids as text, the events theirs as numbers: they are
//! compared as numbers. Left out: reading and writing S3.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Builder, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use serde::{Deserialize, Deserializer};

/// What a device reports.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Event {
    /// Names the event.
    pub uuid: String,
    /// When, as the device writes it.
    pub device_ts: String,
    /// The device.
    pub device_id: i32,
    /// Its temperature in degrees Celsius.
    pub device_temp: i32,
    /// What it plays.
    #[serde(deserialize_with = "number_or_text")]
    pub track_id: i32,
    /// What its owner does.
    pub activity_type: String,
}

/// A track of the list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Track {
    /// Names the track.
    #[serde(deserialize_with = "number_or_text")]
    pub track_id: i32,
    /// Its title.
    pub track_name: String,
    /// Who plays it.
    pub artist_name: String,
}

/// A line that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {cause}")]
pub struct LineError {
    /// From 1.
    pub line: usize,
    /// What the parser says.
    pub cause: String,
}

fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum NumberOrText {
        Number(i32),
        Text(String),
    }
    match NumberOrText::deserialize(deserializer)? {
        NumberOrText::Number(number) => Ok(number),
        NumberOrText::Text(text) => text.trim().parse().map_err(serde::de::Error::custom),
    }
}

/// The objects of a file, one a line; empty lines do not count.
pub fn lines<'a, T: Deserialize<'a>>(file: &'a [u8]) -> Result<Vec<T>, LineError> {
    let parse = |(line, text): (usize, &'a [u8])| {
        serde_json::from_slice(text).map_err(|error| LineError { line, cause: error.to_string() })
    };
    let numbered = (1..).zip(file.split(|byte| *byte == b'\n'));
    numbered.filter(|(_, text)| !text.trim_ascii().is_empty()).map(parse).collect()
}

/// The list by track id. Of two tracks with one id the first counts.
pub fn tracks(list: Vec<Track>) -> BTreeMap<i32, Track> {
    let mut tracks = BTreeMap::new();
    for track in list {
        tracks.entry(track.track_id).or_insert(track);
    }
    tracks
}

/// The events whose track is in the list, in their order, with the track's columns; and how many were dropped.
pub fn join(events: &[Event], tracks: &BTreeMap<i32, Track>) -> (RecordBatch, u64) {
    let names = [
        "uuid",
        "device_ts",
        "device_id",
        "device_temp",
        "activity_type",
        "track_id",
        "track_name",
        "artist_name",
    ];
    let mut texts: [StringBuilder; 5] = Default::default();
    let mut numbers: [Int32Builder; 3] = Default::default();
    let mut dropped = 0;
    for event in events {
        let Some(track) = tracks.get(&event.track_id) else {
            dropped += 1;
            continue;
        };
        let text =
            [&event.uuid, &event.device_ts, &event.activity_type, &track.track_name, &track.artist_name];
        texts.iter_mut().zip(text).for_each(|(column, value)| column.append_value(value));
        let number = [event.device_id, event.device_temp, event.track_id];
        numbers.iter_mut().zip(number).for_each(|(column, value)| column.append_value(value));
    }
    let [uuid, device_ts, activity, track_name, artist] =
        texts.map(|mut column| Arc::new(column.finish()) as ArrayRef);
    let [device_id, device_temp, track_id] = numbers.map(|mut column| Arc::new(column.finish()) as ArrayRef);
    let columns = [uuid, device_ts, device_id, device_temp, activity, track_id, track_name, artist];
    let field = |(name, column): (&str, &ArrayRef)| Field::new(name, column.data_type().clone(), true);
    let fields: Vec<Field> = names.into_iter().zip(&columns).map(field).collect();
    debug_assert!(fields.iter().all(|field| matches!(field.data_type(), DataType::Utf8 | DataType::Int32)));
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.to_vec());
    (batch.expect("each column has a value for each event kept"), dropped)
}

/// The batch as one Parquet file.
pub fn parquet(batch: &RecordBatch) -> Result<Bytes, parquet::errors::ParquetError> {
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties))?;
    writer.write(batch)?;
    writer.close()?;
    Ok(Bytes::from(file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(number: usize, track_id: i32) -> Event {
        Event {
            uuid: number.to_string(),
            device_ts: "2026-01-05 00:00:00.000".to_owned(),
            device_id: 1,
            device_temp: 28,
            track_id,
            activity_type: "Running".to_owned(),
        }
    }

    #[test]
    fn track_ids_are_compared_as_numbers_and_mistakes_have_a_place() {
        let list = b"{\"track_id\": \"1\", \"track_name\": \"a\", \"artist_name\": \"x\"}\n\n{\"track_id\": 2, \"track_name\": \"b\", \"artist_name\": \"y\"}\n";
        let tracks = tracks(lines(list).expect("two tracks"));
        assert_eq!(tracks.keys().copied().collect::<Vec<_>>(), [1, 2]);
        let (batch, dropped) = join(&[event(0, 1), event(1, 3), event(2, 2)], &tracks);
        assert_eq!((batch.num_rows(), dropped), (2, 1));
        let error = lines::<Track>(b"{}\n").expect_err("no track");
        assert_eq!(error.line, 1);
        assert!(lines::<Event>(b"\n{\"uuid\"").is_err_and(|error| error.line == 2));
    }

    proptest! {
        /// Every event is kept with its track or dropped, and none comes from nowhere.
        #[test]
        fn the_join_keeps_exactly_the_events_whose_track_is_listed(ids: Vec<i8>, listed: Vec<i8>) {
            let track = |id: &i8| Track { track_id: i32::from(*id), track_name: "t".into(), artist_name: "a".into() };
            let tracks = tracks(listed.iter().map(track).collect());
            let events: Vec<Event> = ids.iter().enumerate().map(|(at, id)| event(at, i32::from(*id))).collect();
            let (batch, dropped) = join(&events, &tracks);
            let kept = ids.iter().filter(|id| listed.contains(id)).count();
            prop_assert_eq!((batch.num_rows(), dropped), (kept, (ids.len() - kept) as u64));
            let uuids = batch.column(0).as_any().downcast_ref::<arrow::array::StringArray>().expect("text");
            let expected: Vec<String> =
                ids.iter().enumerate().filter(|(_, id)| listed.contains(id)).map(|(at, _)| at.to_string()).collect();
            let found: Vec<String> = uuids.iter().flatten().map(str::to_owned).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
