//! What goes into a pipeline of one's own: rows of a profile, records of a template, or a file, kept with the instants of their sending.
//!
//! Everything is kept, since the ledger compares it with what comes out: a record is some hundreds of bytes.
//! Start with [`Lines::prepare`].

use bytes::Bytes;
use wavetank_generators::kdg::{Rate, Template};
use wavetank_generators::write::write_rows;
use wavetank_generators::{Format, Profile};
use wavetank_scenarios::{Change, Scenario, ScenarioError};
use wavetank_types::{Seed, Timestamp};

use crate::client::Aws;
use crate::drive;
use crate::events::by_clock;
use crate::input::threads;
use crate::places::{Members, document, rows_of};
use crate::progress::{Progress, Stage};
use crate::run::{RunError, RunOptions};
use crate::send::{Outgoing, Sink, any_key};
use crate::sim::swarm::Swarm;
use crate::ticks::ticks;

/// Records of a call, or of an object, where batches are to be small.
const SMALL_BATCH: usize = 7;

/// One record.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// As it is sent, without a line's end.
    pub(crate) data: Bytes,
    /// What it says.
    pub(crate) members: Members,
    /// When it went out. The run's begin, before that.
    pub(crate) at: Timestamp,
}

/// Records with the way in which they go.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    /// In the order of their numbers, from 0.
    pub(crate) lines: Vec<Line>,
    /// The first line of a CSV file.
    header: Option<Bytes>,
    /// A file as it was given, if all of it goes.
    file: Option<Bytes>,
    template: Option<Template>,
    rate: Option<Rate>,
    key: Option<String>,
    seed: Seed,
    count: u64,
    change: Option<Change>,
    /// How far the clock by which a template's records are dated is ahead, in milliseconds; behind if negative.
    ahead_ms: i64,
    /// Whether a record says something else by that clock than by the true one.
    is_askew: bool,
}

impl Lines {
    /// Makes them ready. Records of a template are drawn when they go, since they may say when that was.
    pub(crate) fn prepare(scenario: &Scenario, options: &RunOptions) -> Result<Self, RunError> {
        let input = &scenario.input;
        let rows = options.rows.unwrap_or(input.rows);
        let mut lines = Self {
            rate: input.rate,
            key: input.key.clone(),
            count: rows,
            change: options.change,
            ahead_ms: options.swarm.as_ref().map_or(0, Swarm::askew_ms),
            ..Self::none(Seed(options.seed))
        };
        if let Some(file) = &input.template {
            let named =
                |cause: String| ScenarioError::File { file: format!("{}/{file}", scenario.name), cause };
            let template = Template::parse(scenario.file(file)).map_err(|error| named(error.to_string()))?;
            lines.template = Some(template);
            return Ok(lines);
        }
        let is_csv = input.to.ends_with(".csv");
        let (body, name) = match (&options.brought, &input.file) {
            (Some(brought), _) => (brought.body.clone(), brought.name.clone()),
            (None, Some(file)) => (Bytes::from(scenario.file(file).to_owned()), file.clone()),
            (None, None) => (generated(scenario, options, rows, is_csv)?, input.to.clone()),
        };
        let named = |cause: String| RunError::Scenario(ScenarioError::File { file: name.clone(), cause });
        (lines.header, lines.lines) = read(&body).map_err(named)?;
        lines.file = Some(body);
        // A profile has made as many as were asked for, and those that its defects add.
        let is_file = options.brought.is_some() || input.file.is_some();
        if let Some(rows) = options.rows.filter(|rows| is_file && *rows < lines.lines.len() as u64) {
            lines.lines.truncate(usize::try_from(rows).unwrap_or(usize::MAX));
            lines.file = None;
        }
        lines.count = lines.lines.len() as u64;
        Ok(lines)
    }

    /// How many records a scenario's own file has. What cannot be read, the run says.
    pub(crate) fn count_of_file(scenario: &Scenario) -> Option<u64> {
        let file = scenario.input.file.as_ref()?;
        let (_, lines) = read(&Bytes::from(scenario.file(file).to_owned())).ok()?;
        Some(lines.len() as u64)
    }

    fn none(seed: Seed) -> Self {
        Self {
            lines: Vec::new(),
            header: None,
            file: None,
            template: None,
            rate: None,
            key: None,
            seed,
            count: 0,
            change: None,
            ahead_ms: 0,
            is_askew: false,
        }
    }

    /// Records of these lines of JSON, sent a second apart.
    #[cfg(test)]
    pub(crate) fn of_json(text: &'static str) -> Self {
        let mut lines = Self::none(Seed(0));
        (_, lines.lines) = read(&Bytes::from_static(text.as_bytes())).expect("lines of JSON");
        for (second, line) in (0..).zip(&mut lines.lines) {
            line.at = Timestamp::TANK_EPOCH + std::time::Duration::from_secs(second);
        }
        lines.count = lines.lines.len() as u64;
        lines
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u64 {
        self.count
    }

    /// Whether a clock that is ahead or behind has changed a record. Known when they have been sent.
    pub(crate) fn is_askew(&self) -> bool {
        self.is_askew
    }

    /// Sends all of them: as one object, or over time, those of a second together at its end.
    pub(crate) async fn send(
        &mut self,
        aws: Aws<'_>,
        to: &str,
        progress: &dyn Progress,
    ) -> Result<(), RunError> {
        let start = aws.target().now();
        let instants = self.instants(start);
        self.draw(&instants);
        for (line, at) in self.lines.iter_mut().zip(&instants) {
            line.at = *at;
        }
        let order = self.order();
        if to.starts_with("s3:") {
            progress.begin(Stage::Upload, None);
            return self.put(aws, to, &order).await;
        }
        progress.begin(Stage::Send, Some(self.count));
        let sink: Sink = to.parse()?;
        let mut sent = 0;
        // The instants are those of the places in the order, whatever record goes there. A rate may never reach them all.
        while let Some(at) = instants.get(sent).copied() {
            aws.target().pause(at.since(aws.target().now())).await;
            let end = sent + instants[sent..].iter().take_while(|other| **other == at).count();
            let outgoing: Vec<Outgoing> =
                order[sent..end].iter().map(|number| self.outgoing(*number)).collect();
            for index in &order[sent..end] {
                self.lines[*index].at = at;
            }
            aws.target().intend(at, outgoing.len() as u64);
            let batch_max = if self.change == Some(Change::Rebatch) { SMALL_BATCH } else { usize::MAX };
            for batch in outgoing.chunks(batch_max.min(outgoing.len().max(1))) {
                sink.send(aws, batch).await?;
            }
            sent = end;
            progress.at(sent as u64);
        }
        Ok(())
    }

    /// Stores all of them: as one object, or as small ones beside it, if batches are to be small.
    async fn put(&self, aws: Aws<'_>, to: &str, order: &[usize]) -> Result<(), RunError> {
        if self.change != Some(Change::Rebatch) {
            let file = self.file.clone().filter(|_| self.change != Some(Change::Shuffle));
            return Ok(drive::put(aws, to, file.unwrap_or_else(|| self.object(order))).await?);
        }
        for (number, batch) in (1..).zip(order.chunks(SMALL_BATCH)) {
            drive::put(aws, &part_of(to, number), self.object(batch)).await?;
        }
        Ok(())
    }

    /// When each place of the order goes out.
    fn instants(&self, start: Timestamp) -> Vec<Timestamp> {
        let count = usize::try_from(self.count).unwrap_or(usize::MAX);
        let Some(rate) = self.rate else { return vec![start; count] };
        ticks(rate, self.count).flat_map(|(after, range)| range.map(move |_| start + after)).collect()
    }

    fn draw(&mut self, instants: &[Timestamp]) {
        let Some(template) = &self.template else { return };
        let mut is_askew = false;
        let drawn = (0..).zip(instants).map(|(number, at)| {
            let text = template.record(self.seed, number, by_clock(*at, self.ahead_ms));
            is_askew = is_askew || (self.ahead_ms != 0 && text != template.record(self.seed, number, *at));
            let data = Bytes::from(text.trim_end_matches('\n').to_owned());
            Line { members: document(&data).unwrap_or_default(), data, at: *at }
        });
        let lines: Vec<Line> = drawn.collect();
        (self.lines, self.is_askew) = (lines, is_askew);
    }

    /// The order in which records go: that of their numbers, but for a run that tries another.
    fn order(&self) -> Vec<usize> {
        let count = self.lines.len();
        if self.change != Some(Change::Shuffle) {
            return (0..count).collect();
        }
        let shuffle = wavetank_types::Permutation::new(self.seed, "metamorphic/shuffle", count as u64);
        let place = |index: usize| usize::try_from(shuffle.apply(index as u64)).unwrap_or(index);
        (0..count).map(place).collect()
    }

    fn object(&self, order: &[usize]) -> Bytes {
        let mut body = Vec::new();
        let lines = order.iter().map(|number| &self.lines[*number].data);
        for line in self.header.iter().chain(lines) {
            body.extend_from_slice(line);
            body.push(b'\n');
        }
        body.into()
    }

    fn outgoing(&self, number: usize) -> Outgoing {
        let line = &self.lines[number];
        let key = match &self.key {
            Some(key) => line.members.get(key).cloned().flatten().unwrap_or_default(),
            None => any_key(self.seed, "lines/key", number as u64),
        };
        let mut data = line.data.to_vec();
        data.push(b'\n');
        Outgoing { key, data: data.into() }
    }
}

/// A file's records and the first line of a CSV file: a line of JSON each, or rows of CSV.
fn read(body: &Bytes) -> Result<(Option<Bytes>, Vec<Line>), String> {
    let line = |data: Bytes, members: Members| Line { data, members, at: Timestamp::TANK_EPOCH };
    let mut lines = Vec::new();
    let is_json = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if is_json {
        for (number, text) in (1..).zip(body.split(|byte| *byte == b'\n')) {
            let text = text.trim_ascii();
            if text.is_empty() {
                continue;
            }
            let members = document(text).ok_or_else(|| format!("line {number} is no object of JSON"))?;
            lines.push(line(body.slice_ref(text), members));
        }
        return Ok((None, lines));
    }
    let header = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let header = body.slice_ref(header.trim_ascii_end());
    let (rows, unreadable) = rows_of(body.clone())?;
    if let Some(why) = unreadable.first() {
        return Err(format!("{} rows cannot be read; the first: {why}", unreadable.len()));
    }
    let names: Vec<String> = header_names(body);
    lines.extend(rows.into_iter().map(|members| line(Bytes::from(csv_line(&names, &members)), members)));
    Ok((Some(header), lines))
}

/// The address of a part of an object: before the name's ending, so that what starts on `.csv` starts on each.
fn part_of(uri: &str, number: usize) -> String {
    let name = uri.rfind('/').map_or(0, |slash| slash + 1);
    let dot = uri[name..].find('.').map_or(uri.len(), |dot| name + dot);
    format!("{}-{number:04}{}", &uri[..dot], &uri[dot..])
}

fn generated(scenario: &Scenario, options: &RunOptions, rows: u64, is_csv: bool) -> Result<Bytes, RunError> {
    let name = scenario.input.profile.as_deref().unwrap_or_default();
    let profile = Profile::open(name, Some(rows), Seed(options.seed), options.defects.defects)?;
    let tables = profile.tables();
    let wanted = scenario.input.table.as_deref();
    let table = tables.iter().find(|(name, _)| wanted.is_none_or(|wanted| wanted == *name));
    let Some((_, table)) = table else {
        let names = tables.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let cause =
            format!("profile {name} has no table `{}`; there are {names}", wanted.unwrap_or_default());
        let file = format!("{}/scenario.toml", scenario.name);
        return Err(ScenarioError::File { file, cause }.into());
    };
    let mut body = Vec::new();
    write_rows(table, if is_csv { Format::Csv } else { Format::Ndjson }, threads(), &mut body)?;
    Ok(body.into())
}

fn header_names(body: &[u8]) -> Vec<String> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut reader = csv::Reader::from_reader(body);
    reader.headers().map(|header| header.iter().map(str::to_owned).collect()).unwrap_or_default()
}

fn csv_line(names: &[String], members: &Members) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let value = |name: &String| members.get(name).cloned().flatten().unwrap_or_default();
    // Writing to memory cannot fail.
    drop(writer.write_record(names.iter().map(value)));
    let mut line = writer.into_inner().unwrap_or_default();
    line.pop();
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIPELINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/pipeline");

    #[test]
    fn the_first_rows_of_a_file_go_if_fewer_are_asked_for() {
        let scenario = Scenario::open(PIPELINE).expect("the example");
        let check = |rows: Option<u64>, count: u64, is_whole: bool| {
            let options = RunOptions { rows, ..RunOptions::default() };
            let lines = Lines::prepare(&scenario, &options).expect("its file");
            assert_eq!((lines.len(), lines.lines.len() as u64), (count, count), "{rows:?}");
            assert_eq!(lines.file.is_some(), is_whole, "{rows:?}");
            assert_eq!(lines.lines[0].members["order_id"].as_deref(), Some("o-0001"));
        };
        check(None, 120, true);
        check(Some(20), 20, false);
        check(Some(120), 120, true);
        check(Some(500), 120, true);
        assert_eq!(Lines::count_of_file(&scenario), Some(120));
        let trades = Scenario::open("trades").expect("a bundled one");
        assert_eq!(Lines::count_of_file(&trades), None);
    }

    #[test]
    fn a_clock_that_is_ahead_dates_a_template_s_records_and_tells_whether_it_changed_one() {
        let check = |template: &str, ahead_ms: i64, first: &str, is_askew: bool| {
            let template = Some(Template::parse(template).expect("a template"));
            let mut lines = Lines { template, ahead_ms, ..Lines::none(Seed(1)) };
            lines.draw(&[Timestamp::TANK_EPOCH; 3]);
            assert_eq!((&lines.lines[0].data[..], lines.is_askew()), (first.as_bytes(), is_askew));
            assert_eq!(lines.lines[0].at, Timestamp::TANK_EPOCH, "it went when it went");
        };
        check("{{date.utc(\"ss\")}}", 0, "00", false);
        check("{{date.utc(\"ss\")}}", 2_000, "02", true);
        check("{{date.utc(\"mm:ss\")}}", -1_000, "59:59", true);
        check("{{date.utc(\"mm\")}}", 2_000, "00", false);
        check("no date", 2_000, "no date", false);
    }

    #[test]
    fn a_part_s_name_keeps_its_folder_and_its_ending() {
        let check = |uri: &str, part: &str| assert_eq!(part_of(uri, 3), part);
        check("s3://b/in/orders.csv", "s3://b/in/orders-0003.csv");
        check("s3://b/in.d/orders.json.gz", "s3://b/in.d/orders-0003.json.gz");
        check("s3://b/in.d/orders", "s3://b/in.d/orders-0003");
    }
}
