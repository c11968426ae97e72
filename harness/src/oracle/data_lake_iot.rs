//! What the queries of `data-lake-iot` must answer, from the records as they were sent and the list of tracks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use wavetank_transforms::data_lake_iot::{Event, LineError, Track, lines};
use wavetank_types::Timestamp;

use super::{Row, number, text};
use crate::events::Events;

/// Devices that `warmest-devices` shows.
const TOP: usize = 10;

/// Every record that was sent, and the artist of each track.
#[derive(Clone, Debug)]
pub struct Truth {
    events: Vec<Event>,
    artists: BTreeMap<i32, String>,
}

impl Truth {
    /// Draws the records again and reads the list.
    ///
    /// Error: a template or a list of another form.
    pub fn of(events: &Events, start: Timestamp, list: &str) -> Result<Self, LineError> {
        let sent: String = events.iter(start).map(|event| event.line).collect();
        let tracks: Vec<Track> = lines(list.as_bytes())?;
        let artists = tracks.into_iter().map(|track| (track.track_id, track.artist_name)).collect();
        Ok(Self { events: lines(sent.as_bytes())?, artists })
    }

    /// Events whose track is in the list.
    fn kept(&self) -> impl Iterator<Item = (&Event, &String)> {
        self.events.iter().filter_map(|event| Some((event, self.artists.get(&event.track_id)?)))
    }

    /// The rows that a query must answer, in its order. `None` if no oracle has this name.
    pub fn expected(&self, query: &str) -> Option<Vec<Row>> {
        Some(match query {
            "events-by-activity" => self.by_activity(),
            "events-by-artist" => self.by_artist(),
            "dropped-by-the-join" => self.dropped(),
            "warmest-devices" => self.warmest(),
            _ => return None,
        })
    }

    fn by_activity(&self) -> Vec<Row> {
        let mut sums: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for (event, _) in self.kept() {
            let (events, degrees) = sums.entry(&event.activity_type).or_default();
            *events += 1;
            *degrees += u64::from(event.device_temp.unsigned_abs());
        }
        let row = |(activity, (events, degrees)): (&str, (u64, u64))| {
            vec![text(activity), number(events), number(degrees)]
        };
        sums.into_iter().map(row).collect()
    }

    fn by_artist(&self) -> Vec<Row> {
        let mut sums: BTreeMap<&str, (u64, BTreeSet<i32>)> = BTreeMap::new();
        for (event, artist) in self.kept() {
            let (events, tracks) = sums.entry(artist).or_default();
            *events += 1;
            tracks.insert(event.track_id);
        }
        let mut sums: Vec<_> = sums.into_iter().collect();
        sums.sort_by_key(|(artist, (events, _))| (Reverse(*events), *artist));
        let row = |(artist, (events, tracks)): (&str, (u64, BTreeSet<i32>))| {
            vec![text(artist), number(events), number(tracks.len() as u64)]
        };
        sums.into_iter().map(row).collect()
    }

    fn dropped(&self) -> Vec<Row> {
        let mut counts: BTreeMap<i32, u64> = BTreeMap::new();
        for event in self.events.iter().filter(|event| !self.artists.contains_key(&event.track_id)) {
            *counts.entry(event.track_id).or_default() += 1;
        }
        counts.into_iter().map(|(track, events)| vec![Some(track.to_string()), number(events)]).collect()
    }

    fn warmest(&self) -> Vec<Row> {
        let mut counts: BTreeMap<i32, u64> = BTreeMap::new();
        for event in self.events.iter().filter(|event| event.device_temp == 40) {
            *counts.entry(event.device_id).or_default() += 1;
        }
        let mut counts: Vec<(i32, u64)> = counts.into_iter().collect();
        counts.sort_by_key(|(device, reports)| (Reverse(*reports), *device));
        let row = |(device, reports): (i32, u64)| vec![Some(device.to_string()), number(reports)];
        counts.into_iter().take(TOP).map(row).collect()
    }
}
